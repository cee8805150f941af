// Token usage as it is metered and billed.

/** Where a usage figure came from. `estimated` figures are always shown as such. */
export type UsageSource = 'provider' | 'engine' | 'estimated';

/** Tokens of one call. Counts are whole numbers >= 0. The detail counts are parts of the totals, never additions to them. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Part of inputTokens that the vendor read from its prompt cache. */
  readonly cachedInputTokens?: number;
  /** Part of inputTokens that the vendor wrote to its prompt cache. */
  readonly cacheWriteInputTokens?: number;
  /** Part of outputTokens spent on reasoning. */
  readonly reasoningTokens?: number;
  readonly source: UsageSource;
}

/** No tokens at all, by our own count. */
export const zeroUsage: Usage = { inputTokens: 0, outputTokens: 0, source: 'engine' };

/** The sum of both totals, as OpenAI's `total_tokens`. */
export function totalTokens(usage: Usage): number {
  return usage.inputTokens + usage.outputTokens;
}
