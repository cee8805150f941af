// JSON fields: values that have no form of their own on the wire travel as JSON text.

import { SluiceError } from '../../core/error.ts';
import { parseExactJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { maxJsonDepth } from '../defaults.ts';

/** The text of a value; undefined stays undefined. */
export function jsonToWire(value: JsonObject | readonly JsonValue[] | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

/** The object in a required field. Throws `invalid_request` naming the field. */
export function jsonObjectFromWire(text: string, param: string): JsonObject {
  const value = parse(text, param);
  if (!isJsonObject(value)) throw invalid(param, 'must hold a JSON object');
  return value;
}

/** The object in an optional field. Throws `invalid_request` naming the field. */
export function optionalJsonObjectFromWire(text: string | undefined, param: string): JsonObject | undefined {
  return text === undefined ? undefined : jsonObjectFromWire(text, param);
}

/** The array in an optional field. Throws `invalid_request` naming the field. */
export function optionalJsonArrayFromWire(text: string | undefined, param: string): JsonValue[] | undefined {
  if (text === undefined) return undefined;
  const value = parse(text, param);
  if (!Array.isArray(value)) throw invalid(param, 'must hold a JSON array');
  return value;
}

function parse(text: string, param: string): JsonValue {
  let value: JsonValue;
  try {
    value = parseExactJson(text);
  } catch (error) {
    throw invalid(param, 'is not valid JSON', error);
  }
  // Whatever walks the value later may recurse; JSON.parse itself needs no stack for depth.
  if (text.length > maxJsonDepth && isDeeper(value, maxJsonDepth)) {
    throw new SluiceError('nesting_too_deep', { message: `${param} nests deeper than ${maxJsonDepth} levels.`, param });
  }
  return value;
}

function isDeeper(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

function invalid(param: string, problem: string, cause?: unknown): SluiceError {
  return new SluiceError('invalid_request', { message: `${param} ${problem}.`, param, cause });
}
