// Role worker: will run jobs. It joins the inference service and idles: there are no job kinds yet.

import { adminServerComponent } from './components/admin-server.ts';
import { inferenceClientComponent } from './components/inference-client.ts';
import { storeComponent } from './components/store.ts';
import { tracingComponent } from './components/tracing.ts';
import type { Role } from './role.ts';
import type { Runtime } from './runtime.ts';

/** A worker that is ready once the inference service answers. */
export function createRole(runtime: Runtime): Role {
  const admin = adminServerComponent(runtime);
  const tracing = tracingComponent(runtime);
  const store = storeComponent(runtime);
  const inference = inferenceClientComponent(runtime);
  return {
    components: [admin, tracing, store, inference],
    addresses: (use) => ({ admin: use(admin) }),
  };
}
