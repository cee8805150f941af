import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { PredictResponse } from '../../core/predict.ts';
import { predictFromWire } from './from-wire.ts';

function fromWire(content: JsonValue, fields: JsonObject = {}, answerTool?: string): PredictResponse {
  return predictFromWire({ content, ...fields } as JsonObject, {
    request: chatRequest('alias'),
    target: 'p/m',
    model: 'm',
    requestId: 'req_1',
    nowMs: 1000,
    estimator: quarterEstimator,
    downgrades: [],
    answerTool,
  });
}

test('from wire: an answer with the least that there can be', () => {
  assert.deepEqual(fromWire([{ type: 'text', text: 'Hi' }]), {
    id: 'req_1',
    model: 'm',
    target: 'p/m',
    createdAtMs: 1000,
    attempts: 1,
    content: [{ type: 'text', text: 'Hi' }],
    finishReason: 'other',
    usage: { inputTokens: 0, outputTokens: 0, source: 'estimated' },
  });
});

test('from wire: parts that say nothing are left out, fields without a name are kept', () => {
  const { content } = fromWire([
    { type: 'text', text: '' },
    { type: 'thinking', thinking: '', signature: '' },
    { type: 'text', text: 'a', later: 1 },
    { type: 'thinking', thinking: 't', signature: 's', later: 2 },
  ]);
  assert.deepEqual(content, [
    { type: 'text', text: 'a', extra: { later: 1 } },
    { type: 'reasoning', text: 't', signature: 's', extra: { later: 2 } },
  ]);
});

test('from wire: the input of the answer’s tool is its text', () => {
  const call = { type: 'tool_use', id: 't', name: 'answer', input: { a: 1 } };
  const alone = fromWire([call], { stop_reason: 'tool_use' }, 'answer');
  assert.deepEqual([alone.content, alone.finishReason], [[{ type: 'text', text: '{"a":1}' }], 'stop']);
  const other = { ...call, name: 'other' };
  assert.equal(fromWire([call, other], { stop_reason: 'tool_use' }, 'answer').finishReason, 'tool-calls');
});

test('from wire: what is no message is malformed', () => {
  const bad: JsonValue[] = [
    'text',
    null,
    ['text'],
    [{ type: 'text' }],
    [{ type: 'thinking', thinking: 1 }],
    [{ type: 'redacted_thinking' }],
    [{ type: 'tool_use', id: 't', input: {} }],
  ];
  const isMalformed = (error: unknown): boolean =>
    error instanceof SluiceError && error.reason === 'upstream_malformed';
  for (const content of bad) assert.throws(() => fromWire(content), isMalformed, JSON.stringify(content));
});

test('from wire: counts of the cache are part of the input, as far as they are given', () => {
  const usage = (wire: JsonObject): PredictResponse['usage'] => fromWire([], { usage: wire }).usage;
  assert.deepEqual(usage({ input_tokens: 1, output_tokens: 2 }), {
    inputTokens: 1,
    outputTokens: 2,
    source: 'provider',
  });
  assert.deepEqual(
    usage({ input_tokens: 1, output_tokens: 2, cache_read_input_tokens: 10, cache_creation_input_tokens: null }),
    { inputTokens: 11, outputTokens: 2, cachedInputTokens: 10, source: 'provider' },
  );
});
