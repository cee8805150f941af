// Role edge: the public HTTP API in front of an inference service in another process.

import { adminServerComponent } from './components/admin-server.ts';
import { apiKeysComponent } from './components/api-keys.ts';
import { edgeServerComponent } from './components/edge-server.ts';
import { inferenceClientComponent } from './components/inference-client.ts';
import { responsesComponent } from './components/responses.ts';
import { storeComponent } from './components/store.ts';
import { tracingComponent } from './components/tracing.ts';
import type { Role } from './role.ts';
import type { Runtime } from './runtime.ts';

/** The edge alone: no model, provider or job code is loaded. */
export function createRole(runtime: Runtime): Role {
  const admin = adminServerComponent(runtime);
  const tracing = tracingComponent(runtime);
  const store = storeComponent(runtime);
  const apiKeys = apiKeysComponent(runtime, store);
  const inference = inferenceClientComponent(runtime);
  const responses = responsesComponent(runtime, store);
  const http = edgeServerComponent(runtime, inference, apiKeys, responses);
  return {
    components: [admin, tracing, store, apiKeys, inference, responses, http],
    addresses: (use) => ({ http: use(http), admin: use(admin) }),
    developmentKey: (use) => use(apiKeys).developmentKey,
  };
}
