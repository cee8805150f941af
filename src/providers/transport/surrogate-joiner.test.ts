import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DeltaPart, PredictPart } from '../../core/predict.ts';
import { SurrogateJoiner } from './surrogate-joiner.ts';

function joined(...batches: PredictPart[][]): PredictPart[] {
  const joiner = new SurrogateJoiner();
  const parts: PredictPart[] = [];
  for (const batch of batches) {
    const from = parts.length;
    parts.push(...batch);
    joiner.join(parts, from);
  }
  return parts;
}

const text = (words: string): PredictPart => ({ type: 'text-delta', text: words });
const args = (index: number, words: string): PredictPart => ({
  type: 'tool-call-delta',
  index,
  argumentsDelta: words,
});
const usage = { inputTokens: 1, outputTokens: 1, source: 'provider' } as const;
const end: PredictPart = { type: 'end', finishReason: 'stop', usage };
const call = (index: number): PredictPart => ({ type: 'tool-call-start', index, id: `c${index}`, name: 'f' });
const ping: PredictPart = { type: 'opaque-delta', dialect: 'openai', value: { x: 1 } };

test('surrogate joiner: the halves of a character arrive as one, in one batch or in two', () => {
  assert.deepEqual(joined([text('a\ud83d'), text('\ude00b'), end]), [text('a'), text('😀b'), end]);
  assert.deepEqual(joined([text('\ud83d')], [text('\ude00')], [end]), [text('😀'), end]);
  assert.deepEqual(joined([text('\ud83d'), ping, text('\ude00\ud83d'), text('\ude01')]), [
    ping,
    text('😀'),
    text('😁'),
  ]);
});

test('surrogate joiner: what came with a half is kept', () => {
  const logprobs = [{ token: '?', logprob: -1, top: [] }];
  const parts = joined([{ type: 'text-delta', text: '\ud83d', logprobs }, text('\ude00'), end]);
  assert.deepEqual(parts, [{ type: 'text-delta', text: '', logprobs }, text('😀'), end]);
});

test('surrogate joiner: calls that are written side by side each keep their half', () => {
  const parts = joined([
    call(0),
    call(1),
    args(0, '"\ud83d'),
    args(1, '"\ud83c'),
    args(0, '\ude00"'),
    args(1, '\udf89"'),
  ]);
  assert.deepEqual(parts, [call(0), call(1), args(0, '"'), args(1, '"'), args(0, '😀"'), args(1, '🎉"')]);
});

test('surrogate joiner: choices that are written side by side each keep their halves', () => {
  const of = (choice: number, part: DeltaPart): PredictPart => ({ type: 'choice-part', choice, part });
  const other = (words: string): DeltaPart => ({ type: 'text-delta', text: words });
  const over: PredictPart = { type: 'choice-end', choice: 1, finishReason: 'stop' };
  assert.deepEqual(
    joined(
      [text('a\ud83d'), of(1, other('b\ud83c')), of(2, other('c'))],
      [of(1, other('\udf89')), text('\ude00'), over, end],
    ),
    [text('a'), of(1, other('b')), of(2, other('c')), of(1, other('🎉')), text('😀'), over, end],
  );
  const half = of(1, other('\ud83d'));
  assert.deepEqual(joined([half, text('a'), over], [end]), [text('a'), half, over, end]);
  assert.deepEqual(joined([half, of(1, { type: 'refusal-delta', text: 'x' }), over]), [
    half,
    of(1, { type: 'refusal-delta', text: 'x' }),
    over,
  ]);
});

test('surrogate joiner: a half that stays alone is sent as it came, before what shows that it is alone', () => {
  const half = text('\ud83d');
  assert.deepEqual(joined([half, end]), [half, end]);
  assert.deepEqual(joined([half, call(0)]), [half, call(0)]);
  const next: PredictPart = { type: 'text-delta', text: 'b', startsBlock: true };
  assert.deepEqual(joined([half, next]), [half, next]);
  assert.deepEqual(joined([half, text('b')]), [text('\ud83db')]);
  assert.deepEqual(joined([call(0), args(0, '\ud83d'), end]), [call(0), args(0, '\ud83d'), end]);
});

test('surrogate joiner: any text cut anywhere is whole again, and no delta but the last ends in a half', () => {
  const cuts = fc.tuple(fc.string({ unit: 'grapheme' }), fc.array(fc.nat(40)), fc.array(fc.nat(40)));
  fc.assert(
    fc.property(cuts, ([words, at, batchesAt]) => {
      const offsets = [...new Set([0, ...at.filter((offset) => offset < words.length)])].sort((a, b) => a - b);
      const deltas = offsets.map((from, index) => text(words.slice(from, offsets[index + 1] ?? words.length)));
      const batches: PredictPart[][] = [[]];
      deltas.forEach((delta, index) => {
        if (batchesAt.includes(index)) batches.push([]);
        batches.at(-1)?.push(delta);
      });
      const parts = joined(...batches, [end]);
      const texts = parts.flatMap((part) => (part.type === 'text-delta' ? [part.text] : []));
      assert.equal(texts.join(''), words);
      for (const piece of texts) assert.ok(piece.isWellFormed(), JSON.stringify(piece));
      assert.deepEqual(parts.at(-1), end);
    }),
  );
});
