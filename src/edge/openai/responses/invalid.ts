// Complaints about a field of the body, in OpenAI's words.

import { SluiceError } from '../../../core/error.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';

/** `invalid_request` for a value that breaks a rule, such as `must be a string`. */
export function invalid(param: string, rule: string): SluiceError {
  return new SluiceError('invalid_request', { message: `Invalid value for '${param}': it ${rule}.`, param });
}

/** `invalid_request` for a field that is not there. */
export function missing(param: string): SluiceError {
  return new SluiceError('invalid_request', { message: `Missing required parameter: '${param}'.`, param });
}

/** The text at a field. Throws when it is absent or no text. */
export function textAt(item: JsonObject, field: string, path: string): string {
  const value = item[field];
  if (typeof value === 'string') return value;
  throw value == null ? missing(`${path}.${field}`) : invalid(`${path}.${field}`, 'must be a string');
}

/** The text at a field; undefined where it is absent or null. */
export function optionalTextAt(item: JsonObject, field: string, path: string): string | undefined {
  return item[field] == null ? undefined : textAt(item, field, path);
}

/** The objects of a list at a field; none where it is absent or null. */
export function objectsAt(item: JsonObject, field: string, path: string): JsonObject[] {
  const value = item[field];
  if (value == null) return [];
  if (!Array.isArray(value)) throw invalid(`${path}.${field}`, 'must be an array');
  return value.map((entry, index) => {
    if (isJsonObject(entry)) return entry;
    throw invalid(`${path}.${field}[${index}]`, 'must be an object');
  });
}
