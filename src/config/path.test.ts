import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatPath, parsePath } from './path.ts';

test('config path: text and path are two forms of the same', () => {
  const step = fc.oneof(
    fc.nat(999_999),
    fc.string({ minLength: 0 }).filter((key) => key !== '__proto__'),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 1 }), (path) => {
      assert.deepEqual(parsePath(formatPath(path)), path);
    }),
  );
});

test('config path: what is no path is undefined', () => {
  for (const text of [
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'a[',
    'a[x]',
    'a["',
    'a b',
    '__proto__',
    'a.__proto__',
    'a["__proto__"]',
    'a["\\q"]',
  ]) {
    assert.equal(parsePath(text), undefined, text);
  }
});
