// Role retrieval: will serve semantic memory. It idles: there is no retrieval service yet.

import { adminServerComponent } from './components/admin-server.ts';
import { storeComponent } from './components/store.ts';
import { tracingComponent } from './components/tracing.ts';
import type { Role } from './role.ts';
import type { Runtime } from './runtime.ts';

/** Opens its store and answers probes. */
export function createRole(runtime: Runtime): Role {
  const admin = adminServerComponent(runtime);
  const tracing = tracingComponent(runtime);
  const store = storeComponent(runtime);
  return {
    components: [admin, tracing, store],
    addresses: (use) => ({ admin: use(admin) }),
  };
}
