// Token usage in Anthropic's counting.

import type { Usage } from '../../core/usage.ts';
import { usageDetailsOf } from '../usage-details.ts';
import { completeUsageDetails } from './complete-fields.ts';
import type { AnswerUsage } from './response-body.ts';

/**
 * Anthropic counts tokens read from and written to a prompt cache beside `input_tokens`, we count them inside; so they are
 * taken off. A count that the vendor did not give is null, as Anthropic's own types want it.
 *
 * What the vendor says beside the counts (`service_tier`, `cache_creation`, `server_tool_use`, a price, …) comes under its own names, and
 * never in the place of a count.
 */
export function toAnthropicUsage(usage: Usage): AnswerUsage {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteInputTokens, reasoningTokens } = usage;
  const { output_tokens_details: outputDetails, ...extra } = usage.extra ?? {};
  const uncached = Math.max(0, inputTokens - (cachedInputTokens ?? 0));
  // Others count a token that was read and written anew as both; here the three must add up to the input.
  const written = cacheWriteInputTokens === undefined ? undefined : Math.min(cacheWriteInputTokens, uncached);
  return {
    server_tool_use: null,
    ...completeUsageDetails(extra),
    input_tokens: uncached - (written ?? 0),
    output_tokens: outputTokens,
    cache_creation_input_tokens: written ?? null,
    cache_read_input_tokens: cachedInputTokens ?? null,
    output_tokens_details: usageDetailsOf(outputDetails, { thinking_tokens: reasoningTokens }) ?? null,
    ...(usage.source === 'estimated' ? { estimated: true } : {}),
  };
}
