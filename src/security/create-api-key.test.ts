import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/fixtures/fake-clock.ts';
import { createFakeIds } from '../../test/fixtures/fake-ids.ts';
import { SluiceError } from '../core/error.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../ports/api-keys.ts';
import { hashApiKey, looksLikeApiKey } from './api-key.ts';
import { type CreateApiKeyOptions, createApiKey } from './create-api-key.ts';

function setUp(): {
  added: ApiKeyRecord[];
  create: (fields: Partial<CreateApiKeyOptions>) => ReturnType<typeof createApiKey>;
} {
  const added: ApiKeyRecord[] = [];
  const store: ApiKeyStore = {
    add: async (record) => void added.push(record),
    list: async () => added,
    revoke: async () => assert.fail('not used'),
    version: async () => 0,
  };
  const clock = new FakeClock();
  const create = (fields: Partial<CreateApiKeyOptions>) =>
    createApiKey({ store, clock, ids: createFakeIds(), name: 'laptop', tenantId: 'team-a', ...fields });
  return { added, create };
}

test('create api key: stores the hash and a hint, never the key', async () => {
  const { added, create } = setUp();
  const { key, record } = await create({ name: '  Zoë’s laptop ', expiresAtMs: Date.UTC(2027, 0, 1) });
  assert.ok(looksLikeApiKey(key));
  assert.deepEqual(added, [
    {
      id: 'key_1',
      name: 'Zoë’s laptop',
      tenantId: 'team-a',
      hash: hashApiKey(key),
      hint: key.slice(0, 14),
      createdAtMs: Date.UTC(2026, 0, 1),
      expiresAtMs: Date.UTC(2027, 0, 1),
    },
  ]);
  assert.equal(record, added[0]);
  assert.ok(!JSON.stringify(added).includes(key));
});

test('create api key: a bad name, tenant or expiry is refused and nothing is stored', async () => {
  const { added, create } = setUp();
  const bad: Partial<CreateApiKeyOptions>[] = [
    { name: ' ' },
    { name: 'x'.repeat(101) },
    { name: 'a\u001b[31mb' },
    { tenantId: '' },
    { tenantId: 'a/b' },
    { expiresAtMs: Date.UTC(2025, 0, 1) },
    { expiresAtMs: Number.NaN },
  ];
  for (const fields of bad) {
    await assert.rejects(
      create(fields),
      (error: unknown) => error instanceof SluiceError && error.reason === 'invalid_request',
    );
  }
  assert.deepEqual(added, []);
});
