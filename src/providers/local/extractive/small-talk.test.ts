import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { evaluateArithmetic } from './arithmetic.ts';
import { smallTalk } from './small-talk.ts';

test('small talk: greets, explains itself, does sums', () => {
  assert.match(smallTalk('Hello!') ?? '', /^Hello/);
  assert.match(smallTalk('Hi there, who are you?') ?? '', /answerer/);
  assert.match(smallTalk('help') ?? '', /not a language model/);
  assert.equal(smallTalk('What is 3 * (4 + 5)?'), '3 * (4 + 5) = 27');
  assert.equal(smallTalk('what is 12 times 12'), '12 * 12 = 144');
  assert.equal(smallTalk('2^10 ='), '2^10 = 1024');
  assert.equal(smallTalk('0.1 + 0.2'), '0.1 + 0.2 = 0.3');
});

test('small talk: leaves every other question alone', () => {
  for (const text of [
    'What is the capital of France?',
    'Hello world is a program that does what?',
    'What is 2024-11-25?',
    'How do I say thanks in French?',
    'What is 5?',
    '1/0',
    'What are you charging for express delivery?',
  ]) {
    assert.equal(smallTalk(text), undefined, text);
  }
});

/** A written sum and its value, made side by side. */
type Sum = readonly [text: string, value: number];

const operations: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

test('arithmetic: agrees with the value of generated expressions', () => {
  const { sum } = fc.letrec<{ sum: Sum }>((tie) => ({
    sum: fc.oneof(
      { depthSize: 'small' },
      fc.nat(50).map((value): Sum => [String(value), value]),
      fc
        .tuple(tie('sum'), fc.constantFrom('+', '-', '*', '/'), tie('sum'))
        .map(([[a, x], operator, [b, y]]): Sum => [`(${a} ${operator} ${b})`, operations[operator]!(x, y)]),
      tie('sum').map(([text, value]): Sum => [`(-${text})`, -value]),
    ),
  }));
  fc.assert(
    fc.property(sum, ([text, expected]) => {
      fc.pre(text.length <= 200 && text.startsWith('('));
      const value = evaluateArithmetic(text);
      if (Number.isFinite(expected)) assert.equal(value, expected);
      else assert.equal(value, undefined);
    }),
  );
});

test('arithmetic: anything that is not a whole expression is none', () => {
  for (const text of ['', '1 +', '(1 + 2', '1 2', 'a + b', '1 + 2)', '* 3 4', '1..2 + 3']) {
    assert.equal(evaluateArithmetic(text), undefined, text);
  }
  assert.equal(evaluateArithmetic('2 ^ 3 ^ 2'), 512);
  assert.equal(evaluateArithmetic('-2 ^ 2'), -4);
  assert.equal(evaluateArithmetic(`${'1+'.repeat(200)}1`), undefined);
});
