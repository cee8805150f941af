// Role inference: the inference service on gRPC, with the providers behind it.

import { adminServerComponent } from './components/admin-server.ts';
import { apiKeysComponent } from './components/api-keys.ts';
import { inferenceServiceComponent } from './components/inference-service.ts';
import { providersComponent } from './components/providers.ts';
import { rpcServerComponent } from './components/rpc-server.ts';
import { storeComponent } from './components/store.ts';
import { tracingComponent } from './components/tracing.ts';
import { createTargetHealth } from './create-target-health.ts';
import type { Role } from './role.ts';
import type { Runtime } from './runtime.ts';

/** The service that edges and workers call. */
export function createRole(runtime: Runtime): Role {
  const health = createTargetHealth(runtime);
  const admin = adminServerComponent(runtime, () => health.reports());
  const tracing = tracingComponent(runtime);
  const store = storeComponent(runtime);
  const apiKeys = apiKeysComponent(runtime, store);
  const providers = providersComponent(runtime);
  const inference = inferenceServiceComponent(runtime, providers, health);
  const grpc = rpcServerComponent(runtime, inference, apiKeys);
  return {
    components: [admin, tracing, store, apiKeys, providers, inference, grpc],
    addresses: (use) => ({ admin: use(admin), grpc: use(grpc) }),
  };
}
