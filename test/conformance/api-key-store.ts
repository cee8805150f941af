// The contract of the ApiKeyStore port as tests. Every adapter runs it: see api-key-store.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../../src/core/error.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../../src/ports/api-keys.ts';

/** A store and a second handle on the same data, as another process would hold it. */
export interface ApiKeyStoreUnderTest {
  readonly store: ApiKeyStore;
  readonly other: ApiKeyStore;
  close(): Promise<void>;
}

/** A record with the fields that a test does not care about filled in. */
function apiKeyRecord(id: string, fields: Partial<ApiKeyRecord> = {}): ApiKeyRecord {
  return { id, name: 'n', tenantId: 't', hash: `hash of ${id}`, hint: 'sk-sluice-AbCd', createdAtMs: 1_000, ...fields };
}

/** Registers the suite for one adapter. `open` makes an empty store. */
export function testApiKeyStore(adapter: string, open: () => Promise<ApiKeyStoreUnderTest>): void {
  const check = (sentence: string, run: (subject: ApiKeyStoreUnderTest) => Promise<void>): void => {
    test(`${adapter} api key store: ${sentence}`, async () => {
      const subject = await open();
      try {
        await run(subject);
      } finally {
        await subject.close();
      }
    });
  };

  check('keeps every field, and leaves out what was left out', async ({ store }) => {
    const bare = apiKeyRecord('key_1', { name: 'Zoë’s "laptop"', createdAtMs: 1_767_225_600_000 });
    const full = apiKeyRecord('key_2', { createdAtMs: 1_767_225_600_001, expiresAtMs: 2, revokedAtMs: 3 });
    await store.add(bare);
    await store.add(full);
    assert.deepEqual(await store.list(), [bare, full]);
  });

  check('lists oldest first, ties by id, however many there are', async ({ store }) => {
    const records = Array.from({ length: 2_500 }, (_, at) =>
      apiKeyRecord(`key_${String(at).padStart(5, '0')}`, { createdAtMs: Math.floor(at / 7) }),
    );
    await Promise.all(records.toReversed().map((record) => store.add(record)));
    assert.deepEqual(await store.list(), records);
  });

  check('refuses the same id or the same hash twice and keeps the first', async ({ store }) => {
    const first = apiKeyRecord('key_1');
    await store.add(first);
    const isTaken = (error: unknown): boolean => error instanceof SluiceError && error.reason === 'already_exists';
    await assert.rejects(store.add(apiKeyRecord('key_1', { hash: 'another' })), isTaken);
    await assert.rejects(store.add(apiKeyRecord('key_2', { hash: first.hash })), isTaken);
    assert.deepEqual(await store.list(), [first]);
  });

  check('revokes once: the second revocation changes nothing', async ({ store }) => {
    await store.add(apiKeyRecord('key_1'));
    assert.deepEqual(await store.revoke('key_1', 5_000), apiKeyRecord('key_1', { revokedAtMs: 5_000 }));
    const version = await store.version();
    assert.equal((await store.revoke('key_1', 9_000)).revokedAtMs, 5_000);
    assert.equal(await store.version(), version);
  });

  check('says not_found for an id that does not exist', async ({ store }) => {
    await assert.rejects(
      store.revoke('key_none', 1),
      (error: unknown) =>
        error instanceof SluiceError && error.reason === 'not_found' && /key_none/.test(error.message),
    );
  });

  check('version grows with every change, also by another process, and stays when nothing changes', async (subject) => {
    const seen = [await subject.store.version()];
    await subject.other.add(apiKeyRecord('key_1'));
    seen.push(await subject.store.version());
    await subject.store.add(apiKeyRecord('key_2'));
    seen.push(await subject.store.version());
    await subject.other.revoke('key_1', 1);
    seen.push(await subject.store.version());
    assert.deepEqual(
      seen,
      [...new Set(seen)].toSorted((a, b) => a - b),
    );
    assert.equal(await subject.other.version(), seen.at(-1));
    await subject.store.list();
    assert.equal(await subject.store.version(), seen.at(-1));
  });

  check('what another process wrote is listed', async ({ store, other }) => {
    await other.add(apiKeyRecord('key_1'));
    assert.deepEqual(await store.list(), [apiKeyRecord('key_1')]);
  });

  check('rejects with store_unavailable once it is closed', async ({ store, close }) => {
    await close();
    const isUnavailable = (error: unknown): boolean =>
      error instanceof SluiceError && error.reason === 'store_unavailable';
    await assert.rejects(store.list(), isUnavailable);
    await assert.rejects(store.add(apiKeyRecord('key_1')), isUnavailable);
    await assert.rejects(store.version(), isUnavailable);
  });
}
