import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readReferenceVectors } from './reference-vectors.ts';
import { createUnigramTokenizer } from './unigram-tokenizer.ts';
import { readUseLiteVocabulary } from './weights.ts';

const vocabulary = await readUseLiteVocabulary();
const tokenizer = createUnigramTokenizer(vocabulary);

test('unigram tokenizer: gives the ids of the original implementation, unicode and long texts included', async () => {
  for (const { text, ids, tokens } of await readReferenceVectors()) {
    const encoded = tokenizer.encode(text);
    assert.equal(encoded.length, tokens, text);
    if (ids !== undefined) assert.deepEqual(encoded, ids, text);
  }
});

test('unigram tokenizer: any text becomes ids of the vocabulary that spell it, and never a control symbol', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const ids = tokenizer.encode(text);
      for (const id of ids) assert.ok(id === 0 || (id >= 6 && id < vocabulary.length));
      if (ids.includes(0)) return;
      const spelt = ids.map((id) => vocabulary[id]![0]).join('');
      assert.equal(spelt, text === '' ? '' : `\u2581${text.normalize('NFKC').replaceAll(' ', '\u2581')}`);
    }),
  );
});

test('unigram tokenizer: the more probable of two splits wins', () => {
  const small = createUnigramTokenizer([
    ...Array.from({ length: 6 }, () => ['', 0] as const),
    ['\u2581', -1],
    ['a', -2],
    ['b', -2],
    ['ab', -3],
    ['\u2581a', -2.5],
  ]);
  assert.deepEqual(small.encode('ab'), [6, 9], 'one piece of -3 beats -2.5 and -2');
  assert.deepEqual(small.encode('a'), [10]);
  assert.deepEqual(small.encode('a??b'), [10, 0, 8], 'a run of unknown characters is one piece');
});
