// Token usage of the Responses API.

import type { JsonValue } from '../../../core/json.ts';
import { knownDetails, type Usage } from '../../../core/usage.ts';
import { countUpTo } from '../../translation/usage.ts';
import { type ReadFields, usageExtraOf } from '../../translation/usage-extra.ts';
import { countOf, objectOf } from '../../translation/wire-values.ts';

const readFields: ReadFields = {
  input_tokens: true,
  output_tokens: true,
  total_tokens: true,
  input_tokens_details: new Set(['audio_tokens', 'cached_tokens', 'cache_write_tokens']),
  output_tokens_details: new Set(['audio_tokens', 'reasoning_tokens']),
};

/** The usage that the vendor reports; undefined when it reports none. Details are cut down to their totals. */
export function usageFromWire(raw: JsonValue | undefined): Usage | undefined {
  const wire = objectOf(raw);
  const inputTokens = countOf(wire?.['input_tokens']);
  const outputTokens = countOf(wire?.['output_tokens']);
  if (wire === undefined || inputTokens === undefined || outputTokens === undefined) return undefined;
  const input = objectOf(wire['input_tokens_details']);
  const output = objectOf(wire['output_tokens_details']);
  const total = countOf(wire['total_tokens']) ?? 0;
  const extra = usageExtraOf(wire, readFields);
  return {
    inputTokens,
    outputTokens,
    ...(total > inputTokens + outputTokens ? { vendorTotalTokens: total } : {}),
    ...knownDetails({
      cachedInputTokens: countUpTo(inputTokens, input?.['cached_tokens']),
      cacheWriteInputTokens: countUpTo(inputTokens, input?.['cache_write_tokens']),
      audioInputTokens: countUpTo(inputTokens, input?.['audio_tokens']),
      audioOutputTokens: countUpTo(outputTokens, output?.['audio_tokens']),
      reasoningTokens: countUpTo(outputTokens, output?.['reasoning_tokens']),
    }),
    source: 'provider',
    ...(extra === undefined ? {} : { extra }),
  };
}
