// Component: the durable store, opened once per process.

import { dirname } from 'node:path';
import { type Database, openDatabase } from '../../adapters/sqlite/database.ts';
import type { Component } from '../lifecycle.ts';
import { makeFolder } from '../make-folder.ts';
import type { Runtime } from '../runtime.ts';

/** The database of the configuration; its folder is made when it is missing, readable by this user only. */
export function storeComponent(runtime: Runtime): Component<Database> {
  return {
    name: 'store',
    needs: [],
    check: () => makeFolder(dirname(runtime.config.current().store.path)),
    async start() {
      const { path } = runtime.config.current().store;
      const database = await openDatabase({ path, clock: runtime.clock, log: runtime.log });
      return { value: database, stop: () => database.close() };
    },
  };
}
