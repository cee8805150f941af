// Keeps what Sluice has no name for, so that it can be passed on as it came.

import type { JsonObject, JsonValue } from '../core/json.ts';

/** An object whose `extra` is absent rather than undefined. */
export interface WithExtra {
  readonly extra?: JsonObject;
}

/** `{extra}` with the fields of `source` that `known` does not have; `{}` when there are none. Values are not copied. */
export function unknownFields(source: object, known: ReadonlySet<string>): WithExtra {
  let extra: JsonObject | undefined;
  for (const name in source) {
    if (known.has(name)) continue;
    extra ??= {};
    // Bodies with a `__proto__` key were refused when they were parsed, so plain assignment is safe.
    extra[name] = (source as Record<string, JsonValue>)[name] ?? null;
  }
  return extra === undefined ? {} : { extra };
}
