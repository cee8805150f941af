// Token usage of the Responses API.

import type { JsonValue } from '../../../core/json.ts';
import type { Usage } from '../../../core/usage.ts';
import { countOf, objectOf } from '../../translation/wire-values.ts';

/** The usage that the vendor reports; undefined when it reports none. Details are cut down to their totals. */
export function usageFromWire(raw: JsonValue | undefined): Usage | undefined {
  const wire = objectOf(raw);
  const inputTokens = countOf(wire?.['input_tokens']);
  const outputTokens = countOf(wire?.['output_tokens']);
  if (wire === undefined || inputTokens === undefined || outputTokens === undefined) return undefined;
  const inputDetails = objectOf(wire['input_tokens_details']);
  const cached = countOf(inputDetails?.['cached_tokens']);
  const written = countOf(inputDetails?.['cache_write_tokens']);
  const reasoning = countOf(objectOf(wire['output_tokens_details'])?.['reasoning_tokens']);
  return {
    inputTokens,
    outputTokens,
    ...(cached === undefined ? {} : { cachedInputTokens: Math.min(cached, inputTokens) }),
    ...(written === undefined ? {} : { cacheWriteInputTokens: Math.min(written, inputTokens) }),
    ...(reasoning === undefined ? {} : { reasoningTokens: Math.min(reasoning, outputTokens) }),
    source: 'provider',
  };
}
