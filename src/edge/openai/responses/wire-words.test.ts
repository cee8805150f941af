import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ending } from '../../../core/predict.ts';
import { outcomeOf, responseUsageOf } from './wire-words.ts';

const usage = { inputTokens: 5, outputTokens: 3, source: 'provider' } as const;

test('response words: an end that this API has no reason for is no clean stop', () => {
  const outcome = (ending: Omit<Ending, 'usage'>): unknown[] => {
    const { status, incompleteDetails } = outcomeOf({ usage, ...ending });
    return [status, incompleteDetails];
  };
  assert.deepEqual(outcome({ finishReason: 'stop' }), ['completed', null]);
  assert.deepEqual(outcome({ finishReason: 'tool-calls' }), ['completed', null]);
  // A server that forgets to say why it stopped has stopped all the same.
  assert.deepEqual(outcome({ finishReason: 'other' }), ['completed', null]);
  assert.deepEqual(outcome({ finishReason: 'other', rawFinishReason: 'pause_turn' }), [
    'incomplete',
    { provider_reason: 'pause_turn' },
  ]);
  const recited = { reason: 'content_filter', provider_reason: 'RECITATION' };
  assert.deepEqual(outcome({ finishReason: 'content-filter', rawFinishReason: 'RECITATION' }), ['incomplete', recited]);
  const cut = { reason: 'max_output_tokens' };
  assert.deepEqual(outcome({ finishReason: 'length', rawFinishReason: 'MAX_TOKENS' }), ['incomplete', cut]);
});

test('response words: usage has all of its parts, and estimates say so', () => {
  assert.deepEqual(
    responseUsageOf({
      ...usage,
      cachedInputTokens: 2,
      cacheWriteInputTokens: 1,
      reasoningTokens: 1,
      source: 'estimated',
    }),
    {
      input_tokens: 5,
      input_tokens_details: { cached_tokens: 2, cache_write_tokens: 1 },
      output_tokens: 3,
      output_tokens_details: { reasoning_tokens: 1 },
      total_tokens: 8,
      estimated: true,
    },
  );
});
