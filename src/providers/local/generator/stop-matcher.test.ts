import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createStopMatcher } from './stop-matcher.ts';

function run(pieces: readonly string[], stops: readonly string[]): { text: string; matched?: string } {
  const matcher = createStopMatcher(stops);
  let text = '';
  for (const piece of pieces) {
    const outcome = matcher.add(piece);
    text += outcome.text;
    if (outcome.matched !== undefined) return { text, matched: outcome.matched };
  }
  return { text: text + matcher.rest() };
}

test('stop matcher: finds a sequence that is cut across pieces and shows nothing of it', () => {
  assert.deepEqual(run(['one EN', 'D two'], ['END']), { text: 'one ', matched: 'END' });
  assert.deepEqual(run(['one E', 'N', 'T'], ['END']), { text: 'one ENT' });
});

test('stop matcher: text that cannot begin a sequence is shown at once', () => {
  const matcher = createStopMatcher(['\n\n']);
  assert.equal(matcher.add('abc').text, 'abc');
  assert.equal(matcher.add('d\n').text, 'd');
  assert.equal(matcher.add('e').text, '\ne');
});

test('stop matcher: of sequences that end at the same place the longest wins, else the one that ends first', () => {
  assert.deepEqual(run(['xabc'], ['c', 'abc']), { text: 'x', matched: 'abc' });
  assert.deepEqual(run(['xabc'], ['abc', 'b']), { text: 'xa', matched: 'b' });
  assert.deepEqual(run(['abc'], ['']), { text: 'abc' });
});

test('stop matcher: the cuts between pieces never change the outcome', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 24 });
  const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 4 }), { maxLength: 3 });
  fc.assert(
    fc.property(letters, stops, fc.array(fc.nat(24), { maxLength: 6 }), (text, sequences, cuts) => {
      const places = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])].sort((a, b) => a - b);
      const pieces = places.slice(1).map((end, i) => text.slice(places[i], end));
      const outcome = run(pieces, sequences);
      assert.deepEqual(outcome, run([text], sequences));
      const naive = sequences.filter((stop) => stop !== '' && text.includes(stop));
      assert.equal(outcome.matched === undefined, naive.length === 0);
      if (outcome.matched === undefined) assert.equal(outcome.text, text);
      else assert.ok(text.startsWith(outcome.text + outcome.matched));
    }),
  );
});
