import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usageFromWire as anthropicUsage } from '../anthropic/usage.ts';
import { usageFromWire as responsesUsage } from '../openai/responses/usage.ts';
import { usageFromWire as googleUsage } from '../vertex/usage.ts';
import { usageFromWire } from './usage.ts';

test('usage: details that have a name are counts, all others stay under their own names', () => {
  const wire = {
    prompt_tokens: 20,
    completion_tokens: 30,
    total_tokens: 50,
    prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 2, audio_tokens: 3, image_tokens: 5 },
    completion_tokens_details: {
      reasoning_tokens: 10,
      audio_tokens: 6,
      accepted_prediction_tokens: 1,
      rejected_prediction_tokens: 2,
      image_tokens: 0,
    },
    cost: 0.25,
    cost_details: { upstream_inference_cost: null },
    queue_time: 0.01,
  };
  assert.deepEqual(usageFromWire(wire), {
    inputTokens: 20,
    outputTokens: 30,
    cachedInputTokens: 4,
    cacheWriteInputTokens: 2,
    audioInputTokens: 3,
    audioOutputTokens: 6,
    reasoningTokens: 10,
    acceptedPredictionTokens: 1,
    rejectedPredictionTokens: 2,
    source: 'provider',
    extra: {
      prompt_tokens_details: { image_tokens: 5 },
      completion_tokens_details: { image_tokens: 0 },
      cost: 0.25,
      cost_details: { upstream_inference_cost: null },
      queue_time: 0.01,
    },
  });
});

test('usage: what a vendor does not say is absent, and no 0', () => {
  const counts = { inputTokens: 1, outputTokens: 2, source: 'provider' };
  assert.deepEqual(usageFromWire({ prompt_tokens: 1, completion_tokens: 2, prompt_tokens_details: null }), counts);
  assert.deepEqual(responsesUsage({ input_tokens: 1, output_tokens: 2, total_tokens: 3 }), counts);
  assert.deepEqual(anthropicUsage({ input_tokens: 1, output_tokens: 2, cache_read_input_tokens: null }), counts);
  assert.deepEqual(googleUsage({ promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3 }), counts);
});

test('usage: tokens that a vendor counts beside its figures are billed with them', () => {
  const totals = (wire: Record<string, number | object>): unknown[] => {
    const usage = usageFromWire(JSON.parse(JSON.stringify(wire)));
    return [usage?.inputTokens, usage?.outputTokens, usage?.vendorTotalTokens];
  };
  const xai = { prompt_tokens: 12, completion_tokens: 2, total_tokens: 354 };
  assert.deepEqual(totals({ ...xai, completion_tokens_details: { reasoning_tokens: 340 } }), [12, 342, undefined]);
  const mistral = { prompt_tokens: 9, completion_tokens: 248, total_tokens: 632 };
  assert.deepEqual(totals({ ...mistral, prompt_tokens_details: { audio_tokens: 375 } }), [384, 248, undefined]);
  assert.deepEqual(totals({ prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 }), [35, 12, 109]);
  assert.deepEqual(totals({ prompt_tokens: 35, completion_tokens: 12, total_tokens: 0 }), [35, 12, undefined]);
  assert.deepEqual(totals({ prompt_tokens: 5, total_tokens: 8 }), [5, 3, undefined], 'a legacy completion');
  assert.equal(usageFromWire({ prompt_tokens: 5 }), undefined);
});

test('usage: each vendor’s parts make the same whole', () => {
  const anthropic = anthropicUsage({
    input_tokens: 5,
    output_tokens: 7,
    cache_read_input_tokens: 100,
    cache_creation_input_tokens: 30,
    cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
    output_tokens_details: { thinking_tokens: 3, tool_tokens: 1 },
    server_tool_use: { web_search_requests: 2 },
    service_tier: 'priority',
  });
  assert.deepEqual(anthropic, {
    inputTokens: 135,
    outputTokens: 7,
    cachedInputTokens: 100,
    cacheWriteInputTokens: 30,
    reasoningTokens: 3,
    source: 'provider',
    extra: {
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      output_tokens_details: { tool_tokens: 1 },
      server_tool_use: { web_search_requests: 2 },
      service_tier: 'priority',
    },
  });
  const byModality = [
    { modality: 'TEXT', tokenCount: 4 },
    { modality: 'AUDIO', tokenCount: 6 },
  ];
  const google = googleUsage({
    promptTokenCount: 10,
    candidatesTokenCount: 5,
    thoughtsTokenCount: 7,
    toolUsePromptTokenCount: 3,
    cachedContentTokenCount: 4,
    totalTokenCount: 25,
    promptTokensDetails: byModality,
    trafficType: 'ON_DEMAND',
  });
  assert.deepEqual(google, {
    inputTokens: 13,
    outputTokens: 12,
    cachedInputTokens: 4,
    audioInputTokens: 6,
    reasoningTokens: 7,
    source: 'provider',
    extra: { toolUsePromptTokenCount: 3, promptTokensDetails: byModality, trafficType: 'ON_DEMAND' },
  });
});

test('usage: a vendor’s own fields are bounded in number, and none replaces a prototype', () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`field_${index}`, index]));
  const usage = usageFromWire({ prompt_tokens: 1, completion_tokens: 1, ...many });
  assert.equal(Object.keys(usage?.extra ?? {}).length, 64);
  const hostile = JSON.parse('{"prompt_tokens":1,"completion_tokens":1,"__proto__":{"polluted":true},"constructor":1}');
  const extra = usageFromWire(hostile)?.extra;
  assert.equal(Object.getPrototypeOf(extra), Object.prototype);
});
