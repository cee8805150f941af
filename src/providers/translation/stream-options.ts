// `stream_options` of chat completions at vendors that have no such field.

import { isJsonObject, type JsonValue } from '../../core/json.ts';

/** True for options of which none asks the vendor for anything. Whether usage is shown is the edge's business. */
export function isPlainStream(options: JsonValue): boolean {
  if (!isJsonObject(options)) return false;
  return Object.entries(options).every(
    ([name, value]) => name === 'include_usage' || value === null || value === false,
  );
}
