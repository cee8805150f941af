// Role all: everything in one process, on embedded defaults.

import { adminServerComponent } from './components/admin-server.ts';
import { apiKeysComponent } from './components/api-keys.ts';
import { edgeServerComponent } from './components/edge-server.ts';
import { inferenceServiceComponent } from './components/inference-service.ts';
import { providersComponent } from './components/providers.ts';
import { responsesComponent } from './components/responses.ts';
import { rpcServerComponent } from './components/rpc-server.ts';
import { storeComponent } from './components/store.ts';
import { tracingComponent } from './components/tracing.ts';
import { createTargetHealth } from './create-target-health.ts';
import type { Role } from './role.ts';
import type { Runtime } from './runtime.ts';

/** The whole of Sluice: the edge calls the inference service directly; gRPC is open beside it. */
export function createRole(runtime: Runtime): Role {
  const health = createTargetHealth(runtime);
  const admin = adminServerComponent(runtime, () => health.reports());
  const tracing = tracingComponent(runtime);
  const store = storeComponent(runtime);
  const apiKeys = apiKeysComponent(runtime, store);
  const providers = providersComponent(runtime);
  const inference = inferenceServiceComponent(runtime, providers, health);
  const grpc = rpcServerComponent(runtime, inference, apiKeys);
  const responses = responsesComponent(runtime, store);
  const http = edgeServerComponent(runtime, inference, apiKeys, responses);
  return {
    components: [admin, tracing, store, apiKeys, providers, inference, grpc, responses, http],
    addresses: (use) => ({ http: use(http), admin: use(admin), grpc: use(grpc) }),
    developmentKey: (use) => use(apiKeys).developmentKey,
  };
}
