import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PredictResponse } from '../../core/predict.ts';
import { unknownUsage } from '../translation/usage.ts';
import { predictFromWire } from './from-wire.ts';

const context = {
  target: 'p/m',
  model: 'm',
  requestId: 'req_1',
  nowMs: 1_763_000_000_000,
  estimator: quarterEstimator,
};

function fromWire(body: JsonObject): PredictResponse {
  return predictFromWire(body, context);
}

function fixture(name: string): PredictResponse {
  return fromWire(JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', `${name}.json`), 'utf8')));
}

const answer = (message: JsonObject, rest: JsonObject = {}, choice: JsonObject = {}): JsonObject => ({
  choices: [{ index: 0, message, finish_reason: 'stop', ...choice }],
  ...rest,
});

test('from wire: more tool calls than the bound are refused by its name, and a null finish reason is no end', () => {
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
  const answer = (calls: number, finish: string | null): JsonObject => ({
    choices: [{ message: { tool_calls: Array.from({ length: calls }, () => call) }, finish_reason: finish }],
  });
  const context = { target: 'p/m', model: 'm', requestId: 'r', nowMs: 0, estimator: quarterEstimator };
  assert.equal(predictFromWire(answer(1024, 'tool_calls'), context).content.length, 1024);
  assert.throws(
    () => predictFromWire(answer(1025, 'tool_calls'), context),
    (error: unknown) => error instanceof SluiceError && /1024 tool calls/.test(error.detail ?? ''),
  );
  assert.throws(
    () => predictFromWire(answer(1, null), context),
    (error: unknown) => error instanceof SluiceError && error.reason === 'upstream_malformed',
  );
});

test('from wire: a broken field of what is known is malformed', () => {
  for (const broken of [
    { tool_calls: {} },
    { tool_calls: 5 },
    { function_call: 5 },
    { refusal: 5 },
    { reasoning: [] },
  ]) {
    assert.throws(() => fromWire(answer({ content: null, ...broken })), { reason: 'upstream_malformed' });
  }
});

test('from wire: an openai answer keeps its annotations, usage and unknown fields', () => {
  const { content, ...rest } = fixture('openai-text');
  assert.equal(content.length, 1);
  const [text] = content;
  assert.ok(text?.type === 'text' && text.text === 'Paris.' && text.annotations?.length === 1);
  assert.deepEqual(rest, {
    id: 'chatcmpl-CbQ8',
    model: 'gpt-5-mini-2025-08-07',
    target: 'p/m',
    createdAtMs: 1_763_712_400_000,
    attempts: 1,
    finishReason: 'stop',
    rawFinishReason: 'stop',
    usage: {
      inputTokens: 19,
      outputTokens: 12,
      cachedInputTokens: 16,
      audioInputTokens: 0,
      audioOutputTokens: 0,
      reasoningTokens: 4,
      acceptedPredictionTokens: 0,
      rejectedPredictionTokens: 0,
      source: 'provider',
    },
    systemFingerprint: 'fp_a1b2c3',
    extra: { service_tier: 'default' },
  });
});

test('from wire: calls without an id get one, arguments given as an object become text', () => {
  assert.deepEqual(fixture('openai-tools').content, [
    { type: 'tool-call', id: 'call_A', name: 'get_weather', arguments: '{"city":"Oslo"}' },
    {
      type: 'tool-call',
      id: 'call_chatcmpl-CbQ9_1',
      name: 'get_time',
      arguments: '{"zone":"CET"}',
      extra: { extra_content: { google: { thought_signature: 'c2ln' } } },
    },
  ]);
});

test('from wire: reasoning comes before the text, and the stop sequence is kept', () => {
  const response = fixture('vllm-reasoning');
  assert.deepEqual(response.content, [
    { type: 'reasoning', text: 'Think.' },
    { type: 'text', text: 'Answer.' },
  ]);
  assert.equal(response.stopSequence, 'END');
  assert.equal(response.extra, undefined);
});

test('from wire: reasoning tokens that xai counts beside the completion are added to it', () => {
  assert.deepEqual(fixture('xai-usage').usage, {
    inputTokens: 307,
    outputTokens: 253,
    cachedInputTokens: 306,
    reasoningTokens: 227,
    source: 'provider',
  });
});

test('from wire: an answer without anything optional is complete, its usage unknown', () => {
  assert.deepEqual(fixture('nothing-optional'), {
    id: 'req_1',
    model: 'm',
    target: 'p/m',
    createdAtMs: context.nowMs,
    attempts: 1,
    content: [{ type: 'text', text: 'Bare bones answer.' }],
    finishReason: 'other',
    usage: unknownUsage,
  });
});

test('from wire: refusals, legacy calls, custom calls and unknown message fields are kept', () => {
  const response = fromWire(
    answer({
      content: null,
      refusal: 'No.',
      audio: { id: 'a' },
      function_call: { name: 'old', arguments: '{}' },
      tool_calls: [{ id: 'k', type: 'custom', custom: { name: 'n', input: 'i' } }],
    }),
  );
  assert.deepEqual(response.content, [
    { type: 'refusal', text: 'No.' },
    { type: 'opaque', dialect: 'openai', value: { audio: { id: 'a' } } },
    {
      type: 'opaque',
      dialect: 'openai',
      value: { tool_calls: [{ id: 'k', type: 'custom', custom: { name: 'n', input: 'i' } }] },
    },
    { type: 'tool-call', id: 'call_req_1_1', name: 'old', arguments: '{}' },
  ]);
});

test('from wire: cached tokens never exceed the input, and a moment in milliseconds is one', () => {
  const usage = { prompt_tokens: 7, completion_tokens: 8, prompt_tokens_details: { cached_tokens: 161 } };
  const response = fromWire(answer({ content: 'x' }, { usage, created: 1_753_879_075_170 }));
  assert.equal(response.usage.cachedInputTokens, 7);
  const both = {
    prompt_tokens: 10,
    completion_tokens: 1,
    prompt_tokens_details: { cached_tokens: 8, cache_write_tokens: 8 },
  };
  const counted = fromWire(answer({ content: 'x' }, { usage: both })).usage;
  assert.deepEqual(
    [counted.cachedInputTokens, counted.cacheWriteInputTokens],
    [8, 8],
    'one may be read and written anew',
  );
  assert.equal(response.createdAtMs, 1_753_879_075_170);
});

test('from wire: finish reasons of near-compatible servers, and unknown ones by their own word', () => {
  const cases = { eos: 'stop', function_call: 'tool-calls', max_tokens: 'length', weird: 'other', toString: 'other' };
  for (const [raw, meaning] of Object.entries(cases)) {
    const response = fromWire(answer({ content: 'x' }, {}, { finish_reason: raw }));
    assert.deepEqual([response.finishReason, response.rawFinishReason], [meaning, raw]);
  }
});

test('from wire: what is not an answer, or not a whole one, is a failure', () => {
  const reasonOf = (body: JsonObject): string => {
    try {
      fromWire(body);
    } catch (error) {
      if (error instanceof SluiceError) return error.reason;
    }
    return 'none';
  };
  assert.equal(reasonOf({}), 'upstream_malformed');
  assert.equal(reasonOf({ choices: [] }), 'upstream_malformed');
  assert.equal(reasonOf({ choices: [{ delta: {} }] }), 'upstream_malformed');
  assert.equal(reasonOf(answer({ content: 7 })), 'upstream_malformed');
  assert.equal(reasonOf(answer({ tool_calls: [{ id: 'x' }] })), 'upstream_malformed');
  assert.equal(reasonOf(answer({ content: 'x' }, {}, { finish_reason: 'abort' })), 'upstream_truncated');
});
