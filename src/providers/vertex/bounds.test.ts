// What one answer may make this provider hold: each bound is met, and named where the answer fails by it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '../../core/json.ts';
import type { PredictPart } from '../../core/predict.ts';
import { CallStream } from './call-stream.ts';
import { maxArgumentsLength, maxToolCalls } from './defaults.ts';
import { PartialArguments } from './partial-arguments.ts';

test('bounds: an answer has a bounded number of function calls', () => {
  const stream = new CallStream();
  const out: PredictPart[] = [];
  const call = (): void => stream.read({ name: 'f', args: {} }, undefined, 'a', out);
  for (let number = 0; number < maxToolCalls; number += 1) call();
  assert.equal(stream.count, maxToolCalls);
  assert.throws(call, { reason: 'upstream_malformed', detail: `more than ${maxToolCalls} function calls` });
});

test('bounds: arguments in pieces are bounded in all, whatever the pieces are', () => {
  const detail = `arguments of more than ${maxArgumentsLength} characters`;
  const path = '$.a';
  const text = new PartialArguments();
  text.add([{ jsonPath: path, stringValue: 'x'.repeat(maxArgumentsLength - path.length) }]);
  assert.throws(() => text.add([{ jsonPath: path, stringValue: '' }]), { reason: 'upstream_malformed', detail });
  const numbers: JsonValue = Array.from({ length: maxArgumentsLength / 8 }, () => ({ jsonPath: path, numberValue: 1 }));
  assert.throws(() => new PartialArguments().add(numbers), { detail });
});
