// Token usage out of Anthropic's `usage` object.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Usage } from '../../core/usage.ts';
import { countOf, isPresent, objectOf } from '../translation/wire-values.ts';

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
  const thinking = countOf(objectOf(wire['output_tokens_details'])?.['thinking_tokens']);
  return {
    inputTokens: uncached + (read ?? 0) + (written ?? 0),
    outputTokens,
    ...(read === undefined ? {} : { cachedInputTokens: read }),
    ...(written === undefined ? {} : { cacheWriteInputTokens: written }),
    ...(thinking === undefined ? {} : { reasoningTokens: Math.min(thinking, outputTokens) }),
    source: 'provider',
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

const counted: ReadonlySet<string> = new Set([
  'input_tokens',
  'output_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'output_tokens_details',
]);

/** What the usage says beside the counts, such as `service_tier`, `cache_creation`, `server_tool_use`, `iterations`. */
export function usageExtra(raw: JsonValue | undefined): JsonObject | undefined {
  const extra: JsonObject = {};
  for (const [name, value] of Object.entries(objectOf(raw) ?? {})) {
    if (!counted.has(name) && isPresent(value)) extra[name] = value;
  }
  return isPresent(extra) ? extra : undefined;
}
