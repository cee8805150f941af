// Token usage in Anthropic's counting.

import type { Usage } from '../../core/usage.ts';
import type { AnswerUsage } from './response-body.ts';

/**
 * Anthropic counts tokens read from and written to a prompt cache beside `input_tokens`, we count them inside; so they are
 * taken off. A count that the vendor did not give is null.
 */
export function toAnthropicUsage(usage: Usage): AnswerUsage {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteInputTokens, reasoningTokens } = usage;
  return {
    input_tokens: Math.max(0, inputTokens - (cachedInputTokens ?? 0) - (cacheWriteInputTokens ?? 0)),
    output_tokens: outputTokens,
    cache_creation_input_tokens: cacheWriteInputTokens ?? null,
    cache_read_input_tokens: cachedInputTokens ?? null,
    output_tokens_details: reasoningTokens === undefined ? null : { thinking_tokens: reasoningTokens },
    server_tool_use: null,
    ...(usage.source === 'estimated' ? { estimated: true } : {}),
  };
}
