import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { loadTokenizer } from '../engine/text-tokenizer.ts';
import { createDetokenizer } from './detokenizer.ts';
import { createTokenSpelling } from './token-spelling.ts';

const tokenizer = await loadTokenizer(fileURLToPath(new URL('../weights/sluice-stories', import.meta.url)));

function pieces(text: string): string[] {
  const detokenizer = createDetokenizer(tokenizer.decode);
  return [...tokenizer.encodeBare(text).map((token) => detokenizer.add(token)), detokenizer.rest()];
}

test('detokenizer: shows whole characters only, and in the end the whole text', () => {
  const shown = pieces('A fox 🦊 and 日本語, “quoted” — naïve.');
  assert.ok(shown.every((piece) => !piece.includes('\ufffd')));
  assert.equal(shown.join(''), 'A fox 🦊 and 日本語, “quoted” — naïve.');
});

test('detokenizer: any text comes back from its tokens', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      // Control tokens are left out on purpose, and U+FFFD is what an incomplete character looks like.
      fc.pre(!text.includes('<|') && !text.includes('\ufffd'));
      assert.equal(pieces(text).join(''), text);
    }),
  );
});

test('detokenizer: a character that never becomes complete is shown as U+FFFD, not held for ever', () => {
  const half = tokenizer.encodeBare('🦊').slice(0, 2);
  const detokenizer = createDetokenizer(tokenizer.decode);
  assert.equal(half.map((token) => detokenizer.add(token)).join(''), '');
  assert.match(detokenizer.rest(), /^\ufffd+$/);
  const flood = createDetokenizer(tokenizer.decode);
  const shown = Array.from({ length: 40 }, () => flood.add(half[0]!)).filter((piece) => piece !== '');
  assert.ok(shown.length > 1);
});

test('detokenizer: word pieces that the decoder joins by spaces come out as in one go', () => {
  const words = ['Hello', 'big', '##ger', 'world'];
  const decode = (ids: readonly number[]) =>
    ids
      .map((id) => words[id])
      .join(' ')
      .replaceAll(' ##', '');
  const detokenizer = createDetokenizer(decode);
  assert.equal([0, 1, 2, 3].map((id) => detokenizer.add(id)).join('') + detokenizer.rest(), 'Hello bigger world');
});

test('token spelling: the bytes of the tokens are the bytes of the text', () => {
  const spelling = createTokenSpelling(tokenizer);
  const text = 'A fox 🦊 und Füchse.';
  const bytes = tokenizer.encodeBare(text).flatMap((token) => spelling(token).bytes ?? []);
  assert.equal(Buffer.from(bytes).toString('utf8'), text);
  assert.deepEqual(spelling(tokenizer.idOf('<|end|>')!).token, '<|end|>');
});
