// The objects of details within a usage: counts that have a name here, and beside them what the vendor says under its own.

import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';

/**
 * The vendor's own details and over them the counts that are known; undefined when nobody said anything. A count that nobody gave is
 * left out: 0 would say that somebody had counted.
 */
export function usageDetailsOf(
  vendors: JsonValue | undefined,
  counts: Readonly<Record<string, number | undefined>>,
): JsonObject | undefined {
  let details: JsonObject | undefined = isJsonObject(vendors) ? { ...vendors } : undefined;
  for (const [name, count] of Object.entries(counts)) {
    if (count === undefined) continue;
    details ??= {};
    details[name] = count;
  }
  return details;
}
