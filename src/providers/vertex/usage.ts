// Token usage out of Google's `usageMetadata`.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import { knownDetails, type Usage } from '../../core/usage.ts';
import { countUpTo } from '../translation/usage.ts';
import { type ReadFields, usageExtraOf } from '../translation/usage-extra.ts';
import { countOf, listOf, objectOf } from '../translation/wire-values.ts';

/** What is left: tokens by modality, the results of Google's own tools, service tier, kind of traffic. */
const readFields: ReadFields = {
  promptTokenCount: true,
  candidatesTokenCount: true,
  totalTokenCount: true,
  cachedContentTokenCount: true,
  thoughtsTokenCount: true,
};

/**
 * The usage; undefined when the prompt was not counted, as in most chunks of a stream. Google counts the results of its own
 * tools apart from the prompt and thoughts apart from the answer; its total is the sum of the four, and so is ours.
 */
export function usageFromWire(wire: JsonObject | undefined): Usage | undefined {
  const prompt = countOf(wire?.['promptTokenCount']);
  if (wire === undefined || prompt === undefined) return undefined;
  const inputTokens = prompt + (countOf(wire['toolUsePromptTokenCount']) ?? 0);
  const thoughts = countOf(wire['thoughtsTokenCount']);
  // Absent means none: zeros are left out on this wire.
  const outputTokens = outputCountOf(wire);
  const extra = usageExtraOf(wire, readFields);
  return {
    inputTokens,
    outputTokens,
    ...knownDetails({
      cachedInputTokens: countUpTo(inputTokens, wire['cachedContentTokenCount']),
      audioInputTokens: soundIn(wire['promptTokensDetails']),
      audioOutputTokens: soundIn(wire['candidatesTokensDetails']),
      reasoningTokens: thoughts,
    }),
    source: 'provider',
    ...(extra === undefined ? {} : { extra }),
  };
}

/** Tokens that the model has written or thought so far; 0 where nobody says. */
export function outputCountOf(wire: JsonObject | undefined): number {
  return (countOf(wire?.['candidatesTokenCount']) ?? 0) + (countOf(wire?.['thoughtsTokenCount']) ?? 0);
}

/** True of `usageMetadata` that has counts; that of most chunks of a stream only names the kind of traffic. */
export function isCounted(wire: JsonObject): boolean {
  return countOf(wire['promptTokenCount']) !== undefined;
}

/** Tokens of the modality AUDIO in `[{modality, tokenCount}]`; undefined where none are listed. */
function soundIn(details: JsonValue | undefined): number | undefined {
  const sound = listOf(details).find((entry) => objectOf(entry)?.['modality'] === 'AUDIO');
  return countOf(objectOf(sound)?.['tokenCount']);
}
