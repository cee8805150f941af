// Token usage in Anthropic's counting.

import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Usage } from '../../core/usage.ts';
import { completeUsageDetails } from './complete-fields.ts';
import type { AnswerUsage } from './response-body.ts';

/**
 * Anthropic counts tokens read from and written to a prompt cache beside `input_tokens`, we count them inside; so they are
 * taken off. A count that the vendor did not give is null.
 *
 * `details` is what a target of Anthropic's own says beside the counts (`service_tier`, `cache_creation`, `server_tool_use`, …):
 * it comes under its own names, and never in the place of a count.
 */
export function toAnthropicUsage(usage: Usage, details?: JsonValue): AnswerUsage {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteInputTokens, reasoningTokens } = usage;
  const counts: AnswerUsage = {
    input_tokens: Math.max(0, inputTokens - (cachedInputTokens ?? 0) - (cacheWriteInputTokens ?? 0)),
    output_tokens: outputTokens,
    cache_creation_input_tokens: cacheWriteInputTokens ?? null,
    cache_read_input_tokens: cachedInputTokens ?? null,
    output_tokens_details: reasoningTokens === undefined ? null : { thinking_tokens: reasoningTokens },
    server_tool_use: null,
    ...(usage.source === 'estimated' ? { estimated: true } : {}),
  };
  return isJsonObject(details) ? { ...counts, ...withoutCounts(completeUsageDetails(details), counts) } : counts;
}

function withoutCounts(details: JsonObject, counts: AnswerUsage): JsonObject {
  const entries = Object.entries(details).filter(([name]) => (counts[name] ?? null) === null);
  return Object.fromEntries(entries);
}
