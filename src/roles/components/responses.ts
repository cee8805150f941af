// Component: where answers of the Responses API are kept, on the store of this process.

import type { Database } from '../../adapters/sqlite/database.ts';
import { createSqliteResponseStore } from '../../adapters/sqlite/response-store.ts';
import type { ResponseStore } from '../../ports/response-store.ts';
import type { Component } from '../lifecycle.ts';
import type { Runtime } from '../runtime.ts';

const dayMs = 86_400_000;

/** The store of answers; undefined where the configuration wants none kept. */
export function responsesComponent(runtime: Runtime, store: Component<Database>): Component<ResponseStore | undefined> {
  return {
    name: 'responses',
    needs: [store],
    async start(use) {
      const { responses } = runtime.config.current();
      if (!responses.store) return { value: undefined, stop: async () => {} };
      const { clock, log } = runtime;
      const ttlMs = responses.retentionDays * dayMs;
      const value = createSqliteResponseStore({ database: use(store), clock, log, ttlMs });
      return { value, stop: async () => value.close() };
    },
  };
}
