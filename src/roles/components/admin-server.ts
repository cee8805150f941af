// Component: the admin listener.

import { createAdminServer } from '../../edge/admin/admin-server.ts';
import { formatAddress } from '../addresses.ts';
import type { Component } from '../lifecycle.ts';
import { listenError } from '../listen-error.ts';
import type { Runtime } from '../runtime.ts';

/** Probes and metrics; its value is the bound address. It starts first and stops last, so probes see the whole life. */
export function adminServerComponent(runtime: Runtime, targets?: () => ReadonlyMap<string, object>): Component<string> {
  return {
    name: 'admin',
    needs: [],
    async start() {
      const address = runtime.config.current().listen.admin;
      const server = createAdminServer({ readiness: runtime.readiness, metrics: runtime.metrics, targets });
      const bound = await server.listen(address).catch((failure: unknown) => {
        throw listenError('admin', address, failure);
      });
      return { value: formatAddress(bound), stop: () => server.close() };
    },
  };
}
