// The JSON value types that cross every boundary of Sluice. Parsing and validation live where the bytes arrive.

/** Any value that `JSON.parse` can return, or `parseExactJson`: a number that a double cannot hold is none of these at run time. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** True for a number that `parseExactJson` (exact-json.ts) kept as it was written. */
export function isExactNumber(value: object): boolean {
  // The name is that of their only field: asked first, as it is quicker.
  return (value as Partial<JsonObject>)['rawJSON'] !== undefined && (JSON as unknown as RawNumbers).isRawJSON(value);
}

/** What ECMAScript 2026 adds to JSON, which the compiler's library has no types for yet. */
interface RawNumbers {
  isRawJSON(value: unknown): boolean;
}

/** A JSON object. Keys with the value `undefined` never occur: absent means absent. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** True for a plain JSON object: not null, not an array, not a number that `parseExactJson` kept as it was written. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}

/**
 * The entry of a table by a name that came from outside; undefined where the table has none. What every object inherits
 * (`constructor`, `toString`) is no entry, though `table[name]` finds it.
 */
export function entryOf<Entry>(table: Readonly<Record<string, Entry>>, name: string | undefined): Entry | undefined {
  return name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}
