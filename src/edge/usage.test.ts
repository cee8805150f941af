import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sumUsage, type Usage } from '../core/usage.ts';
import { toAnthropicUsage } from './anthropic/usage.ts';
import { countedUsageOf } from './counted-usage.ts';
import { responseUsageOf } from './openai/responses/wire-words.ts';
import { chatUsageOf } from './openai/wire-words.ts';

const bare: Usage = { inputTokens: 10, outputTokens: 4, source: 'provider' };
const full: Usage = {
  ...bare,
  cachedInputTokens: 3,
  cacheWriteInputTokens: 2,
  audioInputTokens: 1,
  audioOutputTokens: 2,
  reasoningTokens: 1,
  acceptedPredictionTokens: 0,
  rejectedPredictionTokens: 1,
  extra: { cost: 0.5, prompt_tokens_details: { image_tokens: 6 }, prompt_tokens: 99 },
};

test('usage: a count that nobody gave is absent, or what the dialect requires in its place', () => {
  assert.deepEqual(chatUsageOf(bare), { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 });
  assert.deepEqual(responseUsageOf(bare), {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: 4,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 14,
  });
  assert.deepEqual(toAnthropicUsage(bare), {
    input_tokens: 10,
    output_tokens: 4,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: null,
    output_tokens_details: null,
    server_tool_use: null,
  });
  assert.deepEqual(countedUsageOf(bare), { prompt_tokens: 10, total_tokens: 14 });
});

test('usage: details have their place in each dialect, and the vendor’s own fields their names, never that of a count', () => {
  assert.deepEqual(chatUsageOf(full), {
    cost: 0.5,
    prompt_tokens: 10,
    completion_tokens: 4,
    total_tokens: 14,
    prompt_tokens_details: { image_tokens: 6, cached_tokens: 3, cache_write_tokens: 2, audio_tokens: 1 },
    completion_tokens_details: {
      reasoning_tokens: 1,
      audio_tokens: 2,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 1,
    },
  });
  const response = responseUsageOf(full);
  assert.deepEqual(response['input_tokens_details'], { cached_tokens: 3, cache_write_tokens: 2, audio_tokens: 1 });
  assert.deepEqual(response['output_tokens_details'], { reasoning_tokens: 1, audio_tokens: 2 });
  assert.equal(response['cost'], 0.5);
  const anthropic = toAnthropicUsage(full);
  assert.deepEqual([anthropic.input_tokens, anthropic['cost']], [5, 0.5]);
});

test('usage: Anthropic’s three parts add up to the input, whatever another vendor counts twice', () => {
  const twice = toAnthropicUsage({ ...bare, cachedInputTokens: 8, cacheWriteInputTokens: 8 });
  const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens } = twice;
  assert.deepEqual([input_tokens, cache_read_input_tokens, cache_creation_input_tokens], [0, 8, 2]);
});

test('usage: a sum has the details that anybody gave, and no field that is true of one answer only', () => {
  const sum = sumUsage([bare, full, { ...bare, vendorTotalTokens: 20 }]);
  const { extra: _, ...counts } = full;
  assert.deepEqual(sum, { ...counts, inputTokens: 30, outputTokens: 12, vendorTotalTokens: 48 });
  assert.deepEqual(sumUsage([full]), full);
});
