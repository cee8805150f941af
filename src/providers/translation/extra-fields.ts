// Fields of an answer that have no name here, kept for its `extra`.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import { maxExtraFields } from './defaults.ts';
import { isPresent } from './wire-values.ts';

/** Keeps the fields that are not `known`, the last value of each, up to `maxExtraFields`. Null and empty values say nothing. */
export function keepFields(into: JsonObject, from: JsonObject, known: ReadonlySet<string>): void {
  for (const name in from) if (!known.has(name)) keepField(into, name, from[name]);
}

/** Keeps one of them. */
export function keepField(into: JsonObject, name: string, value: JsonValue | undefined): void {
  if (!isPresent(value)) return;
  if (Object.hasOwn(into, name) || Object.keys(into).length < maxExtraFields) into[name] = value;
}
