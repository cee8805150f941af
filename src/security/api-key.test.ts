import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFakeIds } from '../../test/fixtures/fake-ids.ts';
import { generateApiKey, hashApiKey, hintOfApiKey, looksLikeApiKey } from './api-key.ts';

test('api key: a generated key has the format and is recognised', () => {
  const key = generateApiKey(createFakeIds());
  assert.match(key, /^sk-sluice-[0-9A-Za-z]{39}$/);
  assert.ok(looksLikeApiKey(key));
  assert.equal(hintOfApiKey(key), key.slice(0, 14));
});

test('api key: every single wrong, missing or swapped character is noticed', () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.nat(48), fc.constantFrom(...'aZ09_- '), (seed, at, char) => {
      const key = generateApiKey(createFakeIds(seed + 1));
      const mistyped = key.slice(0, at) + char + key.slice(at + 1);
      assert.equal(looksLikeApiKey(mistyped), mistyped === key);
      assert.ok(!looksLikeApiKey(key.slice(0, at) + key.slice(at + 1)));
      const swapped = key.slice(0, at) + (key[at + 1] ?? '') + (key[at] ?? '') + key.slice(at + 2);
      assert.equal(looksLikeApiKey(swapped), swapped === key);
    }),
  );
});

test('api key: bytes that would favour some characters are drawn again', () => {
  let call = 0;
  const ids = {
    ...createFakeIds(),
    randomBytes: (bytes: number) => new Uint8Array(bytes).fill(call++ === 0 ? 255 : 61),
  };
  assert.equal(generateApiKey(ids).slice(10, 43), 'z'.repeat(33));
  assert.equal(call, 2);
});

test('api key: other text is refused without an error', () => {
  for (const text of [
    '',
    'sk-',
    'sk-sluice-',
    'Bearer x',
    'sk-proj-0123',
    `sk-sluice-${'é'.repeat(39)}`,
    'x'.repeat(100_000),
  ]) {
    assert.ok(!looksLikeApiKey(text));
  }
});

test('api key: the hash is SHA-256 in hex', () => {
  assert.equal(hashApiKey('abc'), createHash('sha256').update('abc').digest('hex'));
});
