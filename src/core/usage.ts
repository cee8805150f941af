// Token usage as it is metered and billed.

import type { JsonObject } from './json.ts';

/** Where a usage figure came from. `estimated` figures are always shown as such. */
export type UsageSource = 'provider' | 'engine' | 'estimated';

/**
 * Counts of parts, each of them a part of `inputTokens` or of `outputTokens`, never an addition. Absent: nobody said, which is not
 * the same as 0.
 */
export interface UsageDetails {
  /** Part of inputTokens that the vendor read from its prompt cache. */
  readonly cachedInputTokens?: number;
  /** Part of inputTokens that the vendor wrote to its prompt cache. */
  readonly cacheWriteInputTokens?: number;
  /** Part of inputTokens that is sound. */
  readonly audioInputTokens?: number;
  /** Part of outputTokens that is sound. */
  readonly audioOutputTokens?: number;
  /** Part of outputTokens spent on reasoning. */
  readonly reasoningTokens?: number;
  /** Part of outputTokens that the caller's `prediction` foretold. */
  readonly acceptedPredictionTokens?: number;
  /** Part of outputTokens that the caller's `prediction` held and the answer did not: billed, though nobody reads them. */
  readonly rejectedPredictionTokens?: number;
}

/** Tokens of one call. Counts are whole numbers >= 0. */
export interface Usage extends UsageDetails {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The vendor's own total, where it counts tokens that it says neither of input nor of output. Absent: the sum of both. */
  readonly vendorTotalTokens?: number;
  readonly source: UsageSource;
  /** What the vendor's usage says beside these counts, under its own names: a price, tokens by kind, calls of its own tools. */
  readonly extra?: JsonObject;
}

/** Every detail: whoever handles them all goes by this list, so that a new one is forgotten nowhere. */
const usageDetailNames = Object.keys({
  cachedInputTokens: true,
  cacheWriteInputTokens: true,
  audioInputTokens: true,
  audioOutputTokens: true,
  reasoningTokens: true,
  acceptedPredictionTokens: true,
  rejectedPredictionTokens: true,
} satisfies Record<keyof UsageDetails, true>) as readonly (keyof UsageDetails)[];

/** No tokens at all, by our own count. */
export const zeroUsage: Usage = { inputTokens: 0, outputTokens: 0, source: 'engine' };

/** All tokens, as OpenAI's `total_tokens`: the vendor's own total, or the sum. */
export function totalTokens(usage: Usage): number {
  return usage.vendorTotalTokens ?? usage.inputTokens + usage.outputTokens;
}

/** The details that somebody said; those that are undefined are left out. */
export function knownDetails(details: { readonly [Name in keyof UsageDetails]: number | undefined }): UsageDetails {
  const known: Record<string, number> = {};
  for (const [name, count] of Object.entries(details)) if (count !== undefined) known[name] = count;
  return known;
}

/** All tokens. One estimate makes the sum an estimate. What vendors say beside their counts is true of one answer only, not of several. */
export function sumUsage(usages: readonly Usage[]): Usage {
  const [first = zeroUsage, ...others] = usages;
  return others.reduce(
    (sum, usage) => ({
      inputTokens: sum.inputTokens + usage.inputTokens,
      outputTokens: sum.outputTokens + usage.outputTokens,
      ...sumOfDetails(sum, usage),
      ...(sum.vendorTotalTokens === undefined && usage.vendorTotalTokens === undefined
        ? {}
        : { vendorTotalTokens: totalTokens(sum) + totalTokens(usage) }),
      source: usage.source === 'estimated' ? usage.source : sum.source,
    }),
    first,
  );
}

/** A detail that only some have said is a part of the sum all the same. */
function sumOfDetails(a: UsageDetails, b: UsageDetails): UsageDetails {
  const sum: Partial<Record<keyof UsageDetails, number>> = {};
  for (const name of usageDetailNames) {
    const [one, other] = [a[name], b[name]];
    if (one !== undefined || other !== undefined) sum[name] = (one ?? 0) + (other ?? 0);
  }
  return sum;
}
