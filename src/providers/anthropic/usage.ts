// Token usage out of Anthropic's `usage` object.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import { knownDetails, type Usage } from '../../core/usage.ts';
import { countUpTo } from '../translation/usage.ts';
import { type ReadFields, usageExtraOf } from '../translation/usage-extra.ts';
import { countOf, objectOf } from '../translation/wire-values.ts';

/** What is left is such as `service_tier`, `cache_creation` (by time to live), `server_tool_use`, `iterations`. */
const readFields: ReadFields = {
  input_tokens: true,
  output_tokens: true,
  cache_read_input_tokens: true,
  cache_creation_input_tokens: true,
  output_tokens_details: new Set(['thinking_tokens']),
};

/**
 * The usage; undefined when there is none. Anthropic counts tokens that were read from or written to its prompt cache beside
 * `input_tokens`; here the total has them inside (edge/anthropic/usage.ts takes them off again, so that a caller of that
 * dialect sees the vendor's own figures).
 */
export function usageFromWire(raw: JsonValue | undefined): Usage | undefined {
  const wire = objectOf(raw);
  const uncached = countOf(wire?.['input_tokens']);
  const outputTokens = countOf(wire?.['output_tokens']);
  if (wire === undefined || uncached === undefined || outputTokens === undefined) return undefined;
  const read = countOf(wire['cache_read_input_tokens']);
  const written = countOf(wire['cache_creation_input_tokens']);
  const extra = usageExtraOf(wire, readFields);
  return {
    inputTokens: uncached + (read ?? 0) + (written ?? 0),
    outputTokens,
    ...knownDetails({
      cachedInputTokens: read,
      cacheWriteInputTokens: written,
      reasoningTokens: countUpTo(outputTokens, objectOf(wire['output_tokens_details'])?.['thinking_tokens']),
    }),
    source: 'provider',
    ...(extra === undefined ? {} : { extra }),
  };
}

/** Usage of a later event over that of an earlier one: figures are cumulative, and null or absent ones stand as they were. */
export function laterUsage(before: JsonObject | undefined, later: JsonValue | undefined): JsonObject | undefined {
  const update = objectOf(later);
  if (update === undefined) return before;
  const merged = { ...before };
  for (const [name, value] of Object.entries(update)) if (value !== null) merged[name] = value;
  return merged;
}
