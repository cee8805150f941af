// Fields of a chat completion's message that come in pieces, put together.

import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';

/**
 * Adds fields to those known, which must be an object that this function made or an empty one: texts and lists grow, objects are
 * joined, anything else is replaced. The time is that of the new pieces, however much is known; they themselves are not changed.
 */
export function joinFields(known: JsonObject, more: JsonObject): void {
  for (const [name, value] of Object.entries(more)) {
    const before = known[name];
    if (typeof before === 'string' && typeof value === 'string') known[name] = before + value;
    else if (Array.isArray(before) && Array.isArray(value)) for (const entry of value) before.push(entry);
    else if (isJsonObject(before) && isJsonObject(value)) joinFields(before, value);
    else known[name] = owned(value);
  }
}

/** A value whose lists and objects may be changed. */
function owned(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return [...value];
  if (!isJsonObject(value)) return value;
  const copy: JsonObject = {};
  joinFields(copy, value);
  return copy;
}
