import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TextTokenizer } from '../engine/text-tokenizer.ts';
import { pairFrame, readStart, textFrame } from './frame.ts';

/** One token for each character, its code as id; `around` puts the control tokens. */
function tokenizer(
  around: (ids: readonly number[]) => number[],
  between: (first: readonly number[], second: readonly number[]) => readonly [id: number, segment: number][],
): TextTokenizer & { readonly read: number[] } {
  const read: number[] = [];
  const bare = (text: string): number[] => {
    read.push(text.length);
    return [...text].map((character) => character.charCodeAt(0));
  };
  return {
    read,
    encode: (text) => around(bare(text)),
    encodeBare: bare,
    encodePair(first, second) {
      const row = between(bare(first), bare(second));
      return { ids: row.map(([id]) => id), segments: row.map(([, segment]) => segment) };
    },
    decode: () => '',
    tokenOf: () => '',
    idOf: () => undefined,
    controlTokens: new Map(),
  };
}

const segment = (ids: readonly number[], of: number): [number, number][] => ids.map((id) => [id, of]);
const bert = tokenizer(
  (ids) => [1, ...ids, 2],
  (a, b) => [...segment([1, ...a, 2], 0), ...segment([...b, 2], 1)],
);
const roberta = tokenizer(
  (ids) => [0, ...ids, 2],
  (a, b) => segment([0, ...a, 2, 2, ...b, 2], 0),
);
const plain = tokenizer(
  (ids) => [...ids],
  (a, b) => segment([...a, ...b], 0),
);

test('frame: control tokens are found around one text', () => {
  assert.deepEqual(textFrame(bert).wrap([7, 8]).ids, [1, 7, 8, 2]);
  assert.equal(textFrame(bert).size, 2);
  assert.deepEqual(textFrame(plain).wrap([7]).ids, [7]);
});

test('frame: control tokens and segments are found around and between two texts', () => {
  assert.deepEqual(pairFrame(bert)?.wrap([7, 8], [9]), { ids: [1, 7, 8, 2, 9, 2], segments: [0, 0, 0, 0, 1, 1] });
  assert.deepEqual(pairFrame(bert)?.wrap([], []), { ids: [1, 2, 2], segments: [0, 0, 1] });
  assert.deepEqual(pairFrame(roberta)?.wrap([7], [9]).ids, [0, 7, 2, 2, 9, 2]);
  assert.deepEqual(pairFrame(plain)?.wrap([7], [9]).ids, [7, 9]);
});

test('frame: a tokenizer that drops the second text joins no pairs', () => {
  const single = tokenizer(
    (ids) => [1, ...ids, 2],
    (a) => segment([1, ...a, 2], 0),
  );
  assert.equal(pairFrame(single), undefined);
});

test('frame: of a text no more is tokenised than could be read', () => {
  assert.deepEqual(readStart(bert, 'abc', 3), { ids: [97, 98, 99], isCut: false });
  assert.deepEqual(readStart(bert, 'abcd', 3), { ids: [97, 98, 99], isCut: true });
  readStart(bert, 'x'.repeat(10_000_000), 8);
  assert.ok(bert.read.at(-1)! < 2_000, `${bert.read.at(-1)} characters were tokenised`);
});
