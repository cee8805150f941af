import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SluiceError } from '../core/error.ts';
import { parseJsonBody, surveyOf } from './parse-json.ts';

function reasonOf(bytes: Buffer, maxNesting = 64): string {
  try {
    parseJsonBody(bytes, maxNesting);
    return '';
  } catch (thrown) {
    assert.ok(thrown instanceof SluiceError);
    return thrown.reason;
  }
}

/** How deep a parsed value is nested. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test('json: the scan finds the depth that the parser would find, whatever strings hold', () => {
  // Strings of the characters that matter to the scan, short and long enough for both of its ways through a string.
  const nasty = fc.string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', 'é', 'x', '\u0000'), maxLength: 200 });
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 8 },
      nasty,
      fc.integer(),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(nasty, tie('tree'), { maxKeys: 3, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      const bytes = Buffer.from(JSON.stringify(value));
      const depth = depthOf(value);
      assert.notEqual(surveyOf(bytes, depth), 'too-deep');
      if (depth > 0) assert.equal(surveyOf(bytes, depth - 1), 'too-deep');
    }),
  );
});

test('json: any bytes are either parsed like JSON.parse does or refused with a reason', () => {
  const byte = fc.constantFrom(...Buffer.from('{}[]":,\\u0019truefalsnl \n\u00e9_p'));
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 30 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      let expected: unknown;
      try {
        expected = JSON.parse(buffer.toString());
      } catch {
        assert.notEqual(reasonOf(buffer), '');
        return;
      }
      if (reasonOf(buffer) === '') assert.deepEqual(parseJsonBody(buffer, 64), expected);
    }),
  );
});

test('json: 100,000 levels are refused before the parser sees them', () => {
  assert.equal(reasonOf(Buffer.from('['.repeat(100_000))), 'nesting_too_deep');
  assert.equal(reasonOf(Buffer.from('{"a":'.repeat(100_000))), 'nesting_too_deep');
  assert.equal(reasonOf(Buffer.from(`["${'['.repeat(100_000)}"]`)), '');
});

test('json: the limit itself is allowed, one more is not', () => {
  assert.equal(reasonOf(Buffer.from('['.repeat(64) + ']'.repeat(64))), '');
  assert.equal(reasonOf(Buffer.from('['.repeat(65) + ']'.repeat(65))), 'nesting_too_deep');
});

test('json: a string of a million escaped quotes is scanned in linear time', { timeout: 2_000 }, () => {
  assert.notEqual(surveyOf(Buffer.from(`["${'\\"'.repeat(1_000_000)}"]`), 1), 'too-deep');
  assert.notEqual(surveyOf(Buffer.from(`["${'\\\\'.repeat(1_000_000)}"]`), 1), 'too-deep');
});

test('json: keys that could replace a prototype are refused however they are spelled', () => {
  assert.equal(reasonOf(Buffer.from('{"a":[{"__proto__":1}]}')), 'invalid_request');
  assert.equal(reasonOf(Buffer.from('{"\\u005f_proto__":1}')), 'invalid_request');
  assert.equal(reasonOf(Buffer.from('{"__\\u0070roto__":1}')), 'invalid_request');
  assert.equal(reasonOf(Buffer.from('{"a":"__proto__"}')), '', 'as a value it is a word like any other');
});

test('json: the error names the place where the parser says it, and quotes nothing of the body', () => {
  const messageOf = (text: string): string => {
    try {
      parseJsonBody(Buffer.from(text), 64);
    } catch (thrown) {
      return thrown instanceof SluiceError ? thrown.message : '';
    }
    return '';
  };
  assert.match(messageOf('{"secret":1,}'), /position 12/);
  assert.equal(messageOf('{"secret": swordfish}'), 'The body is not valid JSON.');
});

test('json: numbers that a double cannot hold are looked for outside of strings only, and kept', () => {
  for (const text of ['{"a":[1,12345678901234567890]}', '[1e400]', '[-1.5E+999,2]', '[9007199254740993 ]']) {
    assert.equal(surveyOf(Buffer.from(text), 9), 'long-numbers');
    assert.equal(JSON.stringify(parseJsonBody(Buffer.from(text), 9)), text.replace(' ', ''));
  }
  for (const text of ['{"a":["12345678901234567890","1e400",123456789012345,true,1234.5]}', '[123456789,123456789]']) {
    assert.equal(surveyOf(Buffer.from(text), 9), 'plain');
  }
});
