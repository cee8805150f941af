import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { storedResponse } from '../../../test/conformance/response-store.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { SluiceError } from '../../core/error.ts';
import { type Database, openDatabase } from './database.ts';
import { expiredResponsesPerBatch, expirySweepIntervalMs, fullSweepPauseMs } from './defaults.ts';
import { createSqliteResponseStore } from './response-store.ts';

const ttlMs = 10 * expirySweepIntervalMs;

test('sqlite responses: a sweep removes expired rows in batches, with their items, and leaves the rest', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-sweep-'));
  const clock = new FakeClock();
  const log = createRecordingLog();
  const database = await openDatabase({ path: join(dir, 'sluice.db'), clock, log });
  const store = createSqliteResponseStore({ database, clock, log, ttlMs });
  const count = async (): Promise<unknown[]> => {
    // Writes are done in order: behind this one, a sweep that was begun is over.
    await database.write([{ sql: 'DELETE FROM responses WHERE false' }]);
    const [row] = await database.read(
      'SELECT (SELECT count(*) FROM responses) AS responses, (SELECT count(*) FROM response_items) AS items',
    );
    return [row?.['responses'], row?.['items']];
  };
  try {
    const old = Array.from({ length: expiredResponsesPerBatch + 3 }, (_, at) => `resp_${at}`);
    await Promise.all(old.map((id) => store.put(storedResponse(id, { itemIds: [`msg_${id}`] }))));
    clock.advance(ttlMs - 1);
    await store.put(storedResponse('resp_new', { itemIds: ['msg_new'] }));
    assert.deepEqual(await count(), [old.length + 1, old.length + 1]);
    clock.advance(expirySweepIntervalMs);
    assert.deepEqual(await count(), [4, 4]);
    // The batch was full: the next comes soon, not after a whole interval.
    clock.advance(fullSweepPauseMs);
    assert.deepEqual(await count(), [1, 1]);
    assert.deepEqual([...(await store.locateItems('t', ['msg_new']))], [['msg_new', 'resp_new']]);
  } finally {
    store.close();
    await database.close();
    rmSync(dir, { recursive: true, force: true });
  }
  assert.equal(clock.pendingTimers, 0);
});

test('sqlite responses: a sweep that fails is logged and tried again', async () => {
  const clock = new FakeClock();
  const log = createRecordingLog();
  let writes = 0;
  const database: Database = {
    async write() {
      writes += 1;
      if (writes === 1) throw new SluiceError('store_unavailable');
      return [{ changes: 0, rows: [] }];
    },
    read: async () => [],
    close: async () => {},
  };
  const store = createSqliteResponseStore({ database, clock, log, ttlMs });
  for (const expected of [1, 2]) {
    clock.advance(expirySweepIntervalMs);
    // The next sweep is set once the promise of this one has settled.
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(writes, expected);
  }
  assert.equal(log.lines.filter(({ level }) => level === 'warn').length, 1);
  store.close();
  clock.advance(10 * expirySweepIntervalMs);
  assert.equal(writes, 2);
});
