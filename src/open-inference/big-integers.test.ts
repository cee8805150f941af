import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseWithBigIntegers } from './big-integers.ts';

test('big integers: whole numbers keep their digits wherever they stand', () => {
  const cases: readonly [string, unknown][] = [
    ['9007199254740993', 9_007_199_254_740_993n],
    ['[1,9007199254740993]', [1, 9_007_199_254_740_993n]],
    ['{"a":-18446744073709551615 }', { a: -18_446_744_073_709_551_615n }],
    ['[9007199254740991]', [9_007_199_254_740_991]],
    ['[0.1234567890123456, 1e30]', [0.1234567890123456, 1e30]],
    ['["9007199254740993"]', ['9007199254740993']],
    ['[[9007199254740993],"x, 12345678901234567 ,"]', [[9_007_199_254_740_993n], 'x, 12345678901234567 ,']],
  ];
  for (const [text, value] of cases) assert.deepEqual(parseWithBigIntegers(text), value, text);
  assert.throws(() => parseWithBigIntegers('[9007199254740993'), SyntaxError);
});

test('big integers: anything without such numbers is what JSON.parse makes of it', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.deepEqual(
        JSON.stringify(parseWithBigIntegers(text), (_, value: unknown) =>
          typeof value === 'bigint' ? Number(value) : value,
        ),
        JSON.stringify(JSON.parse(text)),
      );
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }), (value) => {
      const [read] = parseWithBigIntegers(`[${value}]`) as [number | bigint];
      assert.equal(BigInt(read), value);
      assert.equal(typeof read === 'number', Number.isSafeInteger(Number(value)));
    }),
  );
});
