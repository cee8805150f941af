// What one request loses on its way into OpenAI's forms: collected while it is translated, reported with the answer.

import { SluiceError } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Dialect } from '../../core/message.ts';

/** A body, and the names of the request's fields that are not in it. */
export interface WireRequest {
  readonly body: JsonObject;
  readonly downgrades: readonly string[];
}

/** Markers for a vendor's cache: they change no answer. */
const cacheHints: ReadonlySet<string> = new Set(['cache_control', 'prompt_cache_breakpoint']);

/** By which the Responses API recognises its items: without meaning for anybody else, and nothing is lost without them. */
const identities: ReadonlySet<string> = new Set(['id', 'status', 'phase', 'type']);

/** The translation of one request into one API. Holds what was left out so far. */
export class Translation {
  /** The dialect that the request came in. */
  readonly from: Dialect;
  /** True when the request came in the API's own dialect, or in ours: then every field goes as it came, and the vendor judges. */
  readonly isNative: boolean;
  readonly #downgrades: Set<string> = new Set();

  constructor(from: Dialect, to: 'openai' | 'openai-responses') {
    this.from = from;
    this.isNative = from === to || from === 'sluice';
  }

  /** Names of the fields that were left out, each once. */
  get downgrades(): readonly string[] {
    return [...this.#downgrades];
  }

  /** Notes that the field was left out. */
  downgrade(field: string): void {
    this.#downgrades.add(field);
  }

  /**
   * Adds the unknown fields of a part of the request under their own names; a field that is there is never replaced. Of a
   * foreign dialect, cache markers are left out and reported, identities of the Responses API are left out, null is nothing,
   * and anything else throws `unsupported_capability` with its path.
   */
  addExtra(wire: JsonObject, extra: JsonObject | undefined, path: string): JsonObject {
    for (const name in extra) {
      const value = extra[name];
      if (value === undefined || Object.hasOwn(wire, name)) continue;
      if (this.isNative) wire[name] = value;
      else if (cacheHints.has(name)) this.downgrade(name);
      else if (value !== null && !(this.from === 'openai-responses' && identities.has(name))) {
        throw unsupported(`the field \`${name}\``, `${path}.${name}`);
      }
    }
    return wire;
  }

  /** The same for what an earlier answer brought along and the caller only sends back: left out and reported, never refused. */
  addEcho(wire: JsonObject, extra: JsonObject | undefined): JsonObject {
    for (const name in extra) {
      const value = extra[name];
      if (value === undefined || Object.hasOwn(wire, name)) continue;
      if (this.isNative) wire[name] = value;
      else if (value !== null && !identities.has(name)) this.downgrade(name);
    }
    return wire;
  }
}

/** `unsupported_capability`, naming the field. */
export function unsupported(what: string, param: string): SluiceError {
  const message = `The provider of the model has no form for ${what}.`;
  return new SluiceError('unsupported_capability', { message, param });
}

/** Sets a field unless the value is absent. */
export function set(into: JsonObject, name: string, value: JsonValue | undefined): void {
  if (value !== undefined) into[name] = value;
}
