// Runs the ResponseStore contract on every adapter.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { createSqliteResponseStore } from '../../src/adapters/sqlite/response-store.ts';
import { FakeClock } from '../fixtures/fake-clock.ts';
import { createMemoryResponseStore } from '../fixtures/memory-response-store.ts';
import { createRecordingLog } from '../fixtures/silent-telemetry.ts';
import { testResponseStore } from './response-store.ts';

testResponseStore('sqlite', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-responses-'));
  const clock = new FakeClock();
  const log = createRecordingLog();
  // Not a multiple of the sweep's interval: what is forgotten must not depend on a sweep.
  const ttlMs = 50_000;
  const databases = await Promise.all([1, 2].map(() => openDatabase({ path: join(dir, 'sluice.db'), clock, log })));
  const [store, other] = databases.map((database) => createSqliteResponseStore({ database, clock, log, ttlMs }));
  if (store === undefined || other === undefined) throw new Error('two stores are opened');
  return {
    store,
    other,
    ttlMs,
    advance: (byMs) => clock.advance(byMs),
    async close() {
      store.close();
      other.close();
      for (const database of databases) await database.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
});

testResponseStore('in-memory', async () => {
  const clock = new FakeClock();
  const ttlMs = 50_000;
  const store = createMemoryResponseStore(clock, ttlMs);
  return {
    store,
    other: store,
    ttlMs,
    advance: (byMs) => clock.advance(byMs),
    async close() {
      store.state = 'down';
    },
  };
});
