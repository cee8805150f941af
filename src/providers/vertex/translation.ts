// What one request is on its way into Google's form: which model it goes to, and what it lost, to be reported with the answer.

import { SluiceError } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Dialect } from '../../core/message.ts';
import type { Api } from './address.ts';

/** The translation of one request. */
export class Translation {
  /** True when the request came in Google's own form: unknown fields then go as they came, and the vendor is the judge. */
  readonly isNative: boolean;
  readonly api: Api;
  /** The model's name without what stands before it. */
  readonly model: string;
  readonly #downgrades: Set<string> = new Set();

  constructor(dialect: Dialect, model: string, api: Api) {
    this.isNative = dialect === 'vertex';
    this.api = api;
    this.model = model.slice(model.lastIndexOf('/') + 1);
  }

  /** Gemini 3 and later: levels of thinking, signed calls, pictures in tool results. */
  get isGemini3(): boolean {
    return /^gemini-(?:[3-9]|\d\d)/.test(this.model);
  }

  /** Names of the fields that were left out or weakened, each once. */
  get downgrades(): readonly string[] {
    return [...this.#downgrades];
  }

  /** Notes that the field was not honoured. */
  downgrade(field: string): void {
    this.#downgrades.add(field);
  }

  /**
   * Merges the unknown fields of an object. Native ones go as they came, without replacing a typed one. Of another dialect,
   * null is nothing, `hints` are left out and reported, `echoes` (what answers carry and clients send back) are left out,
   * and anything else throws.
   */
  mergeExtra(into: JsonObject, extra: JsonObject | undefined, path: string): void {
    for (const [name, value] of Object.entries(extra ?? {})) {
      if (this.isNative) {
        if (!Object.hasOwn(into, name)) into[name] = value;
      } else if (hints.has(name)) this.downgrade(name);
      else if (value !== null && !echoes.has(name)) throw unsupported(`the field \`${name}\``, `${path}.${name}`);
    }
  }
}

/** Fields of messages, parts and tools that change no answer's meaning. */
const hints: ReadonlySet<string> = new Set(['cache_control', 'eager_input_streaming', 'title', 'context', 'citations']);

/**
 * Fields that other vendors' answers, or clients' types, add to a turn; nothing in them is for the model. The signature of a
 * call (`thoughtSignature`, `extra_content`) is read elsewhere.
 */
const echoes: ReadonlySet<string> = new Set([
  'annotations',
  'caller',
  'extra_content',
  'function',
  'id',
  'index',
  'parsed',
  'provider_specific_fields',
  'reasoning',
  'reasoning_details',
  'status',
  'thoughtSignature',
  'thought_signature',
]);

/** `unsupported_capability`, naming the field. */
export function unsupported(what: string, param: string): SluiceError {
  return new SluiceError('unsupported_capability', {
    message: `The provider of the model has no form for ${what}.`,
    param,
  });
}

/** Sets a field unless the value is absent. */
export function set(into: JsonObject, name: string, value: JsonValue | undefined): void {
  if (value !== undefined) into[name] = value;
}
