import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClock } from '../../test/fixtures/fake-clock.ts';
import { createFakeIds } from '../../test/fixtures/fake-ids.ts';
import { createRecordingLog } from '../../test/fixtures/silent-telemetry.ts';
import { createSqliteApiKeyStore } from '../adapters/sqlite/api-key-store.ts';
import { openDatabase } from '../adapters/sqlite/database.ts';
import { SluiceError } from '../core/error.ts';
import type { ErrorReason } from '../core/error-catalogue.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../ports/api-keys.ts';
import { generateApiKey } from './api-key.ts';
import { type ApiKeyAuthenticator, createApiKeyAuthenticator } from './api-key-authenticator.ts';
import { createApiKey } from './create-api-key.ts';
import { maxUnknownKeys, maxWaitingCallers } from './defaults.ts';

/** A store in memory that counts reads and can be made to fail or to wait. */
function createMemoryStore(): ApiKeyStore & {
  records: ApiKeyRecord[];
  reads: string[];
  fail: boolean;
  gate?: Promise<void>;
} {
  let changes = 0;
  const store = {
    records: [] as ApiKeyRecord[],
    reads: [] as string[],
    fail: false,
    async add(record: ApiKeyRecord) {
      store.records.push(record);
      changes += 1;
    },
    async revoke(id: string, revokedAtMs: number) {
      const at = store.records.findIndex((record) => record.id === id);
      const revoked = { ...store.records[at]!, revokedAtMs };
      store.records[at] = revoked;
      changes += 1;
      return revoked;
    },
    async list() {
      store.reads.push('list');
      return [...store.records];
    },
    async version() {
      store.reads.push('version');
      const seen = changes;
      await (store as { gate?: Promise<void> }).gate;
      if (store.fail) throw new SluiceError('store_unavailable');
      return seen;
    },
  };
  return store;
}

function setUp(store: ApiKeyStore = createMemoryStore()) {
  const clock = new FakeClock();
  const log = createRecordingLog();
  const ids = createFakeIds();
  const authenticator = createApiKeyAuthenticator({ store, clock, log });
  const create = (fields: { expiresAtMs?: number } = {}) =>
    createApiKey({ store, ids, clock, name: 'n', tenantId: 'tenant-a', ...fields });
  return { clock, log, ids, authenticator, create };
}

async function outcome(authenticator: ApiKeyAuthenticator, key: string): Promise<ErrorReason | string> {
  try {
    return (await authenticator.authenticate(key)).tenantId;
  } catch (error) {
    assert.ok(error instanceof SluiceError);
    return error.reason;
  }
}

/** Lets promises that are already settled run on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('api key authenticator: a known key is checked synchronously and without the store', async () => {
  const store = createMemoryStore();
  const { authenticator, create } = setUp(store);
  const { key, record } = await create();
  await authenticator.start();
  store.reads.length = 0;
  const principal = authenticator.authenticate(key);
  assert.ok(!(principal instanceof Promise));
  assert.deepEqual(principal, { tenantId: 'tenant-a', keyId: record.id });
  assert.deepEqual(store.reads, []);
  await authenticator.close();
});

test('api key authenticator: what is not a key of ours is refused at once, without the store', async () => {
  const store = createMemoryStore();
  const { authenticator, ids } = setUp(store);
  await authenticator.start();
  store.reads.length = 0;
  const key = generateApiKey(ids);
  const mistyped = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
  for (const text of ['', 'x', 'sk-proj-abc', mistyped]) {
    assert.throws(
      () => authenticator.authenticate(text),
      (error: unknown) => error instanceof SluiceError && error.reason === 'invalid_api_key',
    );
  }
  assert.deepEqual(store.reads, []);
  await authenticator.close();
});

test('api key authenticator: a key made after the last poll works on its first use', async () => {
  const { authenticator, create, clock } = setUp();
  await authenticator.start();
  clock.advance(100);
  const { key } = await create();
  assert.equal(await outcome(authenticator, key), 'tenant-a');
  await authenticator.close();
});

test('api key authenticator: a key made while a refresh was already reading is not taken for unknown', async () => {
  const store = createMemoryStore();
  const { authenticator, create, clock } = setUp(store);
  await authenticator.start();
  const gate = Promise.withResolvers<void>();
  store.gate = gate.promise;
  clock.advance(500); // the poll reads the version now and waits
  const { key } = await create();
  const answer = outcome(authenticator, key);
  await settle();
  gate.resolve();
  await settle();
  clock.advance(100);
  assert.equal(await answer, 'tenant-a');
  await authenticator.close();
});

test('api key authenticator: unknown keys share refreshes, are remembered for a second, and then are asked for again', async () => {
  const store = createMemoryStore();
  const { authenticator, ids, clock } = setUp(store);
  await authenticator.start();
  clock.advance(100);
  store.reads.length = 0;
  const keys = Array.from({ length: 50 }, () => generateApiKey(ids));
  assert.deepEqual(
    new Set(await Promise.all(keys.map((key) => outcome(authenticator, key)))),
    new Set(['invalid_api_key']),
  );
  assert.deepEqual(store.reads, ['version']);
  await Promise.all(keys.map((key) => outcome(authenticator, key)));
  assert.deepEqual(store.reads, ['version']);
  await authenticator.close();
  clock.advance(1_000);
  await outcome(authenticator, keys[0]!);
  assert.deepEqual(store.reads, ['version', 'version']);
});

test('api key authenticator: a flood of invented keys costs ten reads a second, and waiting callers are bounded', async () => {
  const store = createMemoryStore();
  const { authenticator, ids, clock } = setUp(store);
  await authenticator.start();
  store.reads.length = 0;
  const answers = Array.from({ length: maxWaitingCallers + 5 }, () => outcome(authenticator, generateApiKey(ids)));
  await settle();
  assert.deepEqual(store.reads, []); // start() has just read
  clock.advance(100);
  const counts = Map.groupBy(await Promise.all(answers), (answer) => answer);
  assert.equal(counts.get('invalid_api_key')?.length, maxWaitingCallers);
  assert.equal(counts.get('overloaded')?.length, 5);
  assert.deepEqual(store.reads, ['version']);
  for (let round = 0; round < maxUnknownKeys / maxWaitingCallers + 2; round += 1) {
    const more = Array.from({ length: maxWaitingCallers }, () => outcome(authenticator, generateApiKey(ids)));
    await settle();
    clock.advance(100);
    await Promise.all(more);
  }
  await authenticator.close();
});

test('api key authenticator: revocation takes effect with the next poll, expiry at its moment', async () => {
  const { authenticator, create, clock } = setUp();
  const expiring = await create({ expiresAtMs: clock.now() + 300 });
  const store = createMemoryStore();
  const other = setUp(store);
  const revoked = await other.create();
  await authenticator.start();
  await other.authenticator.start();

  clock.advance(299);
  assert.equal(await outcome(authenticator, expiring.key), 'tenant-a');
  clock.advance(1);
  assert.throws(() => authenticator.authenticate(expiring.key), /expired/);

  await store.revoke(revoked.record.id, other.clock.now());
  assert.equal(await outcome(other.authenticator, revoked.key), 'tenant-a');
  other.clock.advance(500);
  await settle();
  assert.throws(() => other.authenticator.authenticate(revoked.key), /revoked/);
  await authenticator.close();
  await other.authenticator.close();
});

test('api key authenticator: without its store it serves known keys, says once that the store is gone, and recovers', async () => {
  const store = createMemoryStore();
  const { authenticator, create, clock, log, ids } = setUp(store);
  const { key } = await create();
  await authenticator.start();
  store.fail = true;
  for (let poll = 0; poll < 5; poll += 1) {
    clock.advance(500);
    await settle();
  }
  assert.equal(await outcome(authenticator, key), 'tenant-a');
  const unknown = outcome(authenticator, generateApiKey(ids));
  await settle();
  clock.advance(100);
  assert.equal(await unknown, 'store_unavailable');
  store.fail = false;
  clock.advance(500);
  await settle();
  assert.deepEqual(
    log.lines.map((line) => line.level),
    ['warn', 'info'],
  );
  await authenticator.close();
});

test('api key authenticator: start rejects without its store, and close leaves no timer and no caller behind', async () => {
  const store = createMemoryStore();
  const { authenticator, clock, ids } = setUp(store);
  store.fail = true;
  await assert.rejects(authenticator.start(), /durable store/);
  store.fail = false;
  await authenticator.start();
  const waiting = outcome(authenticator, generateApiKey(ids));
  await settle();
  await authenticator.close();
  assert.equal(await waiting, 'invalid_api_key');
  assert.equal(clock.pendingTimers, 0);
});

test('api key authenticator: on SQLite, another process makes and revokes a key and both take effect', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-auth-'));
  const options = { path: join(dir, 'sluice.db'), clock: new FakeClock(), log: createRecordingLog() };
  const [mine, theirs] = [await openDatabase(options), await openDatabase(options)];
  const { authenticator, clock } = setUp(createSqliteApiKeyStore(mine));
  try {
    const store = createSqliteApiKeyStore(theirs);
    await authenticator.start();
    clock.advance(100);
    const { key, record } = await createApiKey({
      store,
      ids: createFakeIds(),
      clock,
      name: 'ci',
      tenantId: 'tenant-b',
    });
    assert.equal(await outcome(authenticator, key), 'tenant-b');
    await store.revoke(record.id, clock.now());
    clock.advance(500);
    for (;;) {
      if ((await outcome(authenticator, key)) === 'invalid_api_key') break;
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    await authenticator.close();
    await mine.close();
    await theirs.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
