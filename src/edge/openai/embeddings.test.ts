import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEmbeddingsCall } from './embeddings.ts';

test('embeddings body: a string is a list of one, unknown fields are kept', () => {
  assert.deepEqual(
    parseEmbeddingsCall({ model: 'm', input: 'a', dimensions: 64, user: 'u', encoding_format: 'base64' }),
    {
      request: { model: 'm', input: ['a'], dimensions: 64, extra: { user: 'u' } },
      encoding: 'base64',
    },
  );
});

test('embeddings body: tokens are refused with the reason', () => {
  for (const input of [
    [1, 2, 3],
    [[1, 2], [3]],
  ]) {
    assert.throws(() => parseEmbeddingsCall({ model: 'm', input }), {
      reason: 'invalid_request',
      param: 'input[0]',
      message: /tokens/,
    });
  }
});

test('embeddings body: wrong types are named', () => {
  const wrong: readonly [object, string][] = [
    [{ input: 'a' }, 'model'],
    [{ model: 'm' }, 'input'],
    [{ model: 'm', input: [] }, 'input'],
    [{ model: 'm', input: ['a', null] }, 'input[1]'],
    [{ model: 'm', input: 'a', encoding_format: 'hex' }, 'encoding_format'],
    [{ model: 'm', input: 'a', dimensions: 0 }, 'dimensions'],
    [{ model: 'm', input: new Array(2049).fill('a') }, 'input'],
  ];
  for (const [body, param] of wrong)
    assert.throws(() => parseEmbeddingsCall(body), { reason: 'invalid_request', param });
});
