// What a vendor's usage says beside the counts that have a name here: nothing of it is dropped.

import { entryOf, type JsonObject, type JsonValue } from '../../core/json.ts';
import { maxExtraFields } from './defaults.ts';
import { isPresent, objectOf } from './wire-values.ts';

/** The fields of a vendor's usage that are read: wholly (`true`), or of an object these of its own. */
export type ReadFields = Readonly<Record<string, true | ReadonlySet<string>>>;

/** Everything else, under its own names; undefined when there is nothing else. Null and empty values say nothing. */
export function usageExtraOf(raw: JsonValue | undefined, read: ReadFields): JsonObject | undefined {
  const usage = objectOf(raw);
  if (usage === undefined) return undefined;
  const extra: [string, JsonValue][] = [];
  for (const [name, value] of Object.entries(usage)) {
    const known = entryOf(read, name);
    if (known === true || extra.length >= maxExtraFields) continue;
    const rest = known === undefined ? value : unreadOf(value, known);
    if (isPresent(rest)) extra.push([name, rest]);
  }
  return extra.length === 0 ? undefined : Object.fromEntries(extra);
}

function unreadOf(value: JsonValue, read: ReadonlySet<string>): JsonObject {
  const entries = Object.entries(objectOf(value) ?? {}).filter(([name, inner]) => !read.has(name) && isPresent(inner));
  return Object.fromEntries(entries.slice(0, maxExtraFields));
}
