// Token usage of calls that have only an input: rankings, classifications, embeddings.

import type { JsonObject } from '../core/json.ts';
import { totalTokens, type Usage } from '../core/usage.ts';

/**
 * `usage` in the words that rerank servers and embeddings share. What the vendor says beside the count comes under its own names; figures that nobody counted carry `estimated: true`.
 */
export function countedUsageOf(usage: Usage): JsonObject {
  return {
    ...usage.extra,
    prompt_tokens: usage.inputTokens,
    total_tokens: totalTokens(usage),
    ...(usage.source === 'estimated' ? { estimated: true } : {}),
  };
}
