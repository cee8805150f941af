// Token usage out of Google's `usageMetadata`.

import type { JsonObject } from '../../core/json.ts';
import type { Usage } from '../../core/usage.ts';
import { countOf } from '../translation/wire-values.ts';

/**
 * The usage; undefined when the prompt was not counted, as in most chunks of a stream. Google counts the results of its own
 * tools apart from the prompt and thoughts apart from the answer; its total is the sum of the four, and so is ours.
 */
export function usageFromWire(wire: JsonObject | undefined): Usage | undefined {
  const prompt = countOf(wire?.['promptTokenCount']);
  if (wire === undefined || prompt === undefined) return undefined;
  const toolUse = countOf(wire['toolUsePromptTokenCount']) ?? 0;
  const cached = countOf(wire['cachedContentTokenCount']);
  const thoughts = countOf(wire['thoughtsTokenCount']);
  const inputTokens = prompt + toolUse;
  return {
    inputTokens,
    // Absent means none: zeros are left out on this wire.
    outputTokens: (countOf(wire['candidatesTokenCount']) ?? 0) + (thoughts ?? 0),
    ...(cached === undefined ? {} : { cachedInputTokens: Math.min(cached, inputTokens) }),
    ...(thoughts === undefined ? {} : { reasoningTokens: thoughts }),
    source: 'provider',
  };
}

/** What `usageMetadata` says beyond the counts that `usageFromWire` reads: modalities, service tier, kind of traffic. */
export function usageDetailsOf(wire: JsonObject): JsonObject {
  const details: JsonObject = {};
  for (const [name, value] of Object.entries(wire)) if (!counts.has(name)) details[name] = value;
  return details;
}

const counts: ReadonlySet<string> = new Set([
  'promptTokenCount',
  'candidatesTokenCount',
  'totalTokenCount',
  'toolUsePromptTokenCount',
  'cachedContentTokenCount',
  'thoughtsTokenCount',
]);
