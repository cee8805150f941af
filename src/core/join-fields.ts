// Fields of a chat completion's message that come in pieces, put together. The edge shows them so, and the provider sends them back so:
// what a caller was shown is what the vendor gets.

import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/**
 * Adds fields to those known, which must be an object that this function made or an empty one: texts and lists grow, objects are
 * joined, anything else is replaced. The time is that of the new pieces, however much is known; they themselves are not changed.
 */
export function joinFields(known: JsonObject, more: JsonObject): void {
  for (const [name, value] of Object.entries(more)) {
    const before = Object.hasOwn(known, name) ? known[name] : undefined;
    if (typeof before === 'string' && typeof value === 'string') put(known, name, before + value);
    else if (!hasGrown(before, value)) put(known, name, owned(value));
  }
}

/** Adds a list to a list, an object to an object. False where the two are no such pair. */
function hasGrown(before: JsonValue | undefined, value: JsonValue): boolean {
  if (Array.isArray(before) && Array.isArray(value)) for (const entry of value) before.push(entry);
  else if (isJsonObject(before) && isJsonObject(value)) joinFields(before, value);
  else return false;
  return true;
}

/**
 * Adds entries of `tool_calls` to a list that may be changed, without the number that they have in a stream. A piece, which has a number
 * and no id, goes to the call of its number, none of whose fields it replaces.
 */
export function joinCalls(calls: JsonObject[], pieces: JsonValue | undefined): void {
  if (!Array.isArray(pieces)) return;
  for (const piece of pieces) {
    if (!isJsonObject(piece)) continue;
    const { index, ...fields } = piece;
    const known = typeof index === 'number' && piece['id'] === undefined ? calls[index] : undefined;
    if (known !== undefined) calls[index as number] = { ...fields, ...known };
    else calls.push(fields);
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

/** Assigned, a field that a vendor has named `__proto__` would be the object's prototype. */
function put(into: JsonObject, name: string, value: JsonValue): void {
  if (name !== '__proto__') into[name] = value;
  else Object.defineProperty(into, name, { value, writable: true, enumerable: true, configurable: true });
}
