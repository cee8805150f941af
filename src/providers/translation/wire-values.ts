// Reading fields of vendors' JSON without trusting their types.

import { SluiceError, upstreamMalformed } from '../../core/error.ts';
import { parseExactJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';

/** The value as an object, or undefined. */
export function objectOf(value: JsonValue | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

/** The value as a list, or an empty one. */
export function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** The value as an object, undefined for null. Throws `upstream_malformed` for anything else: it would be lost. */
export function strictObjectOf(value: JsonValue | undefined, what: string): JsonObject | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw upstreamMalformed(`${what} is not an object`);
  return value;
}

/** The value as a list, an empty one for null. Throws `upstream_malformed` for anything else. */
export function strictListOf(value: JsonValue | undefined, what: string): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw upstreamMalformed(`${what} is not a list`);
  return value;
}

/** The value as text, an empty one for null. Throws `upstream_malformed` for anything else. */
export function strictTextOf(value: JsonValue | undefined, what: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw upstreamMalformed(`${what} is not text`);
  return value;
}

/** The value as a place in a list, the first for null. Throws `upstream_malformed` for anything else. */
export function strictPlaceOf(value: JsonValue | undefined, what: string): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw upstreamMalformed(`${what} is not a place`);
  return value;
}

/** The value as text that is not empty, or undefined. */
export function textValueOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The value as a token count: a whole number >= 0, or undefined. */
export function countOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined;
}

/** False for what vendors send in place of nothing: null, '', [], {}. */
export function isPresent(value: JsonValue | undefined): value is JsonValue {
  if (value === undefined || value === null || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** The arguments of a call as text: some servers send the object itself. */
export function argumentsOf(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/** `upstream_truncated` of a target, with what is missing for the log. */
export function truncated(detail: string, target: string): SluiceError {
  return new SluiceError('upstream_truncated', { detail, upstream: { target } });
}

/**
 * Parses JSON that must be an object, as `parse` reads it: unless it says otherwise with numbers as they were written. Throws
 * `upstream_malformed`; the text itself is never part of the error.
 */
export function parseObject(text: string, what: string, parse: (text: string) => unknown = parseExactJson): JsonObject {
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    throw upstreamMalformed(`${what} of ${text.length} characters is not JSON`);
  }
  // Gemini's endpoint wraps its errors into a list.
  const object = objectOf((Array.isArray(value) ? value[0] : value) as JsonValue);
  if (object === undefined) throw upstreamMalformed(`${what} is not a JSON object`);
  return object;
}
