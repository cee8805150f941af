// What one answer may make this provider hold: each bound is met, and named where the answer fails by it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { PredictPart } from '../../core/predict.ts';
import { maxExtraFields, maxToolCalls } from '../translation/defaults.ts';
import { AnswerExtra } from './answer-extra.ts';
import { CallStream } from './call-stream.ts';
import { maxArgumentsLength, maxListEntries, maxPathSteps } from './defaults.ts';
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

test('bounds: the path of a piece of arguments has a bounded number of steps', () => {
  const pathOf = (steps: number): JsonValue => [{ jsonPath: `$${'.a'.repeat(steps)}`, numberValue: 1 }];
  new PartialArguments().add(pathOf(maxPathSteps));
  assert.throws(() => new PartialArguments().add(pathOf(maxPathSteps + 1)), { reason: 'upstream_malformed' });
});

test('bounds: of citations that come in pieces a bounded number is kept', () => {
  const extra = new AnswerExtra();
  for (let piece = 0; piece < 3; piece += 1) {
    const citations = Array.from({ length: maxListEntries / 2 }, (_, at) => ({ uri: `${piece}/${at}` }));
    extra.set('citationMetadata', { citations });
  }
  const { citations } = (extra.fields?.['citationMetadata'] ?? {}) as JsonObject;
  assert.ok(Array.isArray(citations));
  assert.deepEqual([citations.length, citations[0]], [maxListEntries, { uri: '0/0' }]);
});

test('bounds: of the fields of an answer without a name a bounded number is kept', () => {
  const extra = new AnswerExtra();
  for (let number = 0; number < maxExtraFields + 10; number += 1) extra.set(`field_${number}`, number);
  extra.set('field_0', 'last');
  assert.deepEqual([Object.keys(extra.fields ?? {}).length, extra.fields?.['field_0']], [maxExtraFields, 'last']);
});
