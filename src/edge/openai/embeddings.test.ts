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

test('embeddings body: tokens stay tokens, one list or many', () => {
  const asked = (input: unknown) => parseEmbeddingsCall({ model: 'm', input }).request;
  assert.deepEqual(asked([1, 2, 3]), { model: 'm', input: [], tokens: [[1, 2, 3]] });
  assert.deepEqual(asked([[1, 2], [3]]), { model: 'm', input: [], tokens: [[1, 2], [3]] });
  // One input may have more tokens than a call may have inputs.
  assert.equal(asked(new Array(4000).fill(7)).tokens?.[0]?.length, 4000);
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
    [{ model: 'm', input: new Array(2049).fill([1]) }, 'input'],
    [{ model: 'm', input: [1, 'a'] }, 'input[1]'],
    [{ model: 'm', input: [1, -2] }, 'input[1]'],
    [{ model: 'm', input: ['a', 1] }, 'input[1]'],
    [{ model: 'm', input: ['a', [1]] }, 'input[1]'],
    [{ model: 'm', input: [[1], []] }, 'input[1]'],
    [{ model: 'm', input: [[1], 'a'] }, 'input[1]'],
    [{ model: 'm', input: [[1, 2 ** 32]] }, 'input[0][1]'],
    [{ model: 'm', input: [[1, 1.5]] }, 'input[0][1]'],
  ];
  for (const [body, param] of wrong)
    assert.throws(() => parseEmbeddingsCall(body), { reason: 'invalid_request', param });
});
