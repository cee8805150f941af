// The JSON value types that cross every boundary of Sluice. Parsing and validation live where the bytes arrive.

/** Any value that `JSON.parse` can return. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** A JSON object. Keys with the value `undefined` never occur: absent means absent. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** True for a plain JSON object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The entry of a table by a name that came from outside; undefined where the table has none. What every object inherits
 * (`constructor`, `toString`) is no entry, though `table[name]` finds it.
 */
export function entryOf<Entry>(table: Readonly<Record<string, Entry>>, name: string | undefined): Entry | undefined {
  return name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}
