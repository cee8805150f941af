import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonProgress } from './json-progress.ts';

test('json progress: an object is complete at its last character and not before, however it is cut', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), (value, seed) => {
      const text = JSON.stringify(value);
      const cut = seed % text.length;
      const progress = new JsonProgress();
      progress.add(text.slice(0, cut));
      assert.equal(progress.isComplete, false);
      progress.add(text.slice(cut));
      assert.equal(progress.isComplete, true);
    }),
  );
});

test('json progress: nothing and blanks are not complete', () => {
  const progress = new JsonProgress();
  progress.add('');
  progress.add(' \n');
  assert.equal(progress.isComplete, false);
});
