// Runs the ApiKeyStore contract on every adapter.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSqliteApiKeyStore } from '../../src/adapters/sqlite/api-key-store.ts';
import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { FakeClock } from '../fixtures/fake-clock.ts';
import { createRecordingLog } from '../fixtures/silent-telemetry.ts';
import { testApiKeyStore } from './api-key-store.ts';

testApiKeyStore('sqlite', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-keys-'));
  const options = { path: join(dir, 'sluice.db'), clock: new FakeClock(), log: createRecordingLog() };
  const databases = [await openDatabase(options), await openDatabase(options)] as const;
  return {
    store: createSqliteApiKeyStore(databases[0]),
    other: createSqliteApiKeyStore(databases[1]),
    async close() {
      for (const database of databases) await database.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
});
