// Token usage out of the `usage` object of OpenAI's dialect.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import { knownDetails, type Usage, type UsageDetails } from '../../core/usage.ts';
import { countUpTo } from '../translation/usage.ts';
import { type ReadFields, usageExtraOf } from '../translation/usage-extra.ts';
import { countOf, objectOf } from '../translation/wire-values.ts';

/** Fields that become counts of ours. Other spellings of these are read too, and also kept as they came. */
const readFields: ReadFields = {
  prompt_tokens: true,
  completion_tokens: true,
  total_tokens: true,
  prompt_tokens_details: new Set(['audio_tokens', 'cached_tokens', 'cache_write_tokens']),
  completion_tokens_details: new Set([
    'accepted_prediction_tokens',
    'audio_tokens',
    'reasoning_tokens',
    'rejected_prediction_tokens',
  ]),
};

/**
 * The usage that the vendor reports; undefined when it reports none, or only halves of it. Details are cut down to the
 * totals that they are parts of: Azure has reported more cached tokens than input tokens.
 *
 * Some vendors count a kind of token beside the two figures instead of within them; only the total tells. xAI's reasoning and
 * Mistral's sound are known by it, and belong inside; for others (the thoughts of Google's endpoint) the total is kept.
 */
export function usageFromWire(raw: JsonValue | undefined): Usage | undefined {
  const wire = objectOf(raw);
  const prompt = countOf(wire?.['prompt_tokens']);
  const completion = completionOf(wire, prompt);
  if (wire === undefined || prompt === undefined || completion === undefined) return undefined;
  const input = objectOf(wire['prompt_tokens_details']);
  const output = objectOf(wire['completion_tokens_details']);
  const sound = countOf(input?.['audio_tokens']);
  const reasoning = countOf(output?.['reasoning_tokens']);
  const total = countOf(wire['total_tokens']) ?? 0;
  const beside = total - prompt - completion;
  const outputTokens = beside > 0 && beside === reasoning ? completion + beside : completion;
  const inputTokens = beside > 0 && outputTokens === completion && beside === sound ? prompt + beside : prompt;
  const extra = usageExtraOf(wire, readFields);
  return {
    inputTokens,
    outputTokens,
    ...(total > inputTokens + outputTokens ? { vendorTotalTokens: total } : {}),
    ...inputDetailsOf(wire, input, inputTokens),
    ...knownDetails({
      audioOutputTokens: countUpTo(outputTokens, output?.['audio_tokens']),
      reasoningTokens: countUpTo(outputTokens, output?.['reasoning_tokens']),
      acceptedPredictionTokens: countUpTo(outputTokens, output?.['accepted_prediction_tokens']),
      rejectedPredictionTokens: countUpTo(outputTokens, output?.['rejected_prediction_tokens']),
    }),
    source: 'provider',
    ...(extra === undefined ? {} : { extra }),
  };
}

/** True of usage that has both counts. */
export function isCounted(raw: JsonValue): raw is JsonObject {
  const wire = objectOf(raw);
  const prompt = countOf(wire?.['prompt_tokens']);
  return prompt !== undefined && completionOf(wire, prompt) !== undefined;
}

/** Tokens of the answer. The legacy completions leave the field out where there are none, or have a total only. */
function completionOf(wire: JsonObject | undefined, prompt: number | undefined): number | undefined {
  const completion = countOf(wire?.['completion_tokens']);
  const total = countOf(wire?.['total_tokens']);
  if (completion !== undefined || total === undefined || prompt === undefined || total < prompt) return completion;
  return total - prompt;
}

function inputDetailsOf(wire: JsonObject, details: JsonObject | undefined, inputTokens: number): UsageDetails {
  const cached =
    countUpTo(inputTokens, details?.['cached_tokens']) ??
    countUpTo(inputTokens, wire['prompt_cache_hit_tokens']) ?? // DeepSeek
    countUpTo(inputTokens, wire['num_cached_tokens']) ?? // Mistral
    countUpTo(inputTokens, wire['cached_tokens']);
  return knownDetails({
    cachedInputTokens: cached,
    cacheWriteInputTokens: countUpTo(inputTokens, details?.['cache_write_tokens']), // OpenRouter
    audioInputTokens: countUpTo(inputTokens, details?.['audio_tokens']),
  });
}
