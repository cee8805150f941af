// Token usage as the native routes show it.

import type { JsonObject } from '../../core/json.ts';
import { totalTokens, type Usage } from '../../core/usage.ts';

/** `usage` in the words that rerank servers share with OpenAI; figures that nobody counted carry `estimated: true`. */
export function nativeUsageOf(usage: Usage): JsonObject {
  return {
    prompt_tokens: usage.inputTokens,
    total_tokens: totalTokens(usage),
    ...(usage.source === 'estimated' ? { estimated: true } : {}),
  };
}
