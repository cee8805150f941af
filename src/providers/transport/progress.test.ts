import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PredictPart } from '../../core/predict.ts';
import { saysSomething } from './progress.ts';

test('progress: a start, an empty delta and a notice say nothing; content, calls and ends do', () => {
  const says = (part: unknown): boolean => saysSomething([part as PredictPart], 0);
  const value = { type: 'x' };
  for (const part of [
    { type: 'start' },
    { type: 'text-delta', text: '' },
    { type: 'tool-call-delta', index: 0, argumentsDelta: '' },
    { type: 'opaque-delta', dialect: 'openai-responses', value, isNotice: true },
    { type: 'choice-part', choice: 1, part: { type: 'text-delta', text: '' } },
  ]) {
    assert.ok(!says(part), part.type);
  }
  for (const part of [
    { type: 'text-delta', text: 'a' },
    { type: 'text-delta', text: '', logprobs: [] },
    { type: 'reasoning-delta', text: '', signature: 's' },
    { type: 'tool-call-start', index: 0, id: 'i', name: 'n' },
    { type: 'opaque-delta', dialect: 'openai', value },
    { type: 'choice-part', choice: 1, part: { type: 'text-delta', text: 'a' } },
    { type: 'choice-end', choice: 1 },
    { type: 'end' },
  ]) {
    assert.ok(says(part), part.type);
  }
  assert.ok(!saysSomething([{ type: 'text-delta', text: 'before' }], 1));
});
