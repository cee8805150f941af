import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseExactEvent, parseExactJson } from './exact-json.ts';
import { isExactNumber, isJsonObject } from './json.ts';

test('exact JSON: numbers that a double cannot hold are written again as they came', () => {
  for (const number of [
    '9007199254740993',
    '-18446744073709551615',
    '12345678901234567.89',
    '1.2345678901234567890e19',
    '1e400',
    '-1E+309',
    '1e-400',
  ]) {
    for (const text of [number, `[1,${number}]`, `{"a":{"id":${number},"b":0.1}}`, `["x",[${number},null]]`]) {
      assert.equal(JSON.stringify(parseExactJson(text)), text);
    }
    const value = parseExactJson(number);
    assert.ok(typeof value === 'object' && value !== null && isExactNumber(value));
    assert.equal(isJsonObject(value), false);
  }
});

test('exact JSON: numbers that a double holds are numbers, and digits in texts are texts', () => {
  const texts = [
    '[9007199254740991,9007199254740992,1e30,100000000000000000000,0e999,-0]',
    '[0.12345678901234567890,1.00000000000000000000,12345678901234500000]',
    '{"a":"12345678901234567890","b":", 12345678901234567890 ,"}',
    '{"id":"8e400-1234567890123456"}',
  ];
  for (const text of texts) assert.deepEqual(parseExactJson(text), JSON.parse(text), text);
  fc.assert(fc.property(fc.json(), (text) => assert.deepEqual(parseExactJson(text), JSON.parse(text))));
});

test('exact JSON: a long number is found wherever it stands', () => {
  const number = '1234567890123456789';
  for (let before = 0; before < 40; before += 1) {
    const text = `{"${'a'.repeat(before)}":${number}}`;
    assert.equal(JSON.stringify(parseExactJson(text)), text);
  }
  assert.throws(() => parseExactJson(`[${number}`), SyntaxError);
});

test('exact JSON: an event of a stream keeps the digits of its numbers', () => {
  const text = '{"type":"x","id":12345678901234567890,"limit":1e400}';
  assert.equal(JSON.stringify(parseExactEvent(text)), text);
  assert.deepEqual(parseExactEvent('{"a":1}'), { a: 1 });
});
