// What one request loses on its way into Anthropic's form: collected while it is translated, reported with the answer.

import { SluiceError } from '../../core/error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Dialect } from '../../core/message.ts';
import { featuresOf, type ModelFeatures } from './model-features.ts';

/** The translation of one request. Holds what was left out so far. */
export class Translation {
  /** True when the request came in Anthropic's own dialect: then every field goes as it came, and the vendor is the judge. */
  readonly isNative: boolean;
  readonly features: ModelFeatures;
  /** True where unknown fields are for the target as they are: its own dialect, and ours, which has none of its own. */
  readonly sendsExtra: boolean;
  readonly #isResponses: boolean;
  readonly #downgrades: Set<string> = new Set();

  constructor(dialect: Dialect, model: string) {
    this.isNative = dialect === 'anthropic';
    this.sendsExtra = this.isNative || dialect === 'sluice';
    this.#isResponses = dialect === 'openai-responses';
    this.features = featuresOf(model);
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
   * The unknown fields of an object in Anthropic's form. Native ones and those of our own dialect go as they came. Of a foreign dialect, those in `translated`
   * go under the same name (they are Anthropic's own, which callers of other dialects use by agreement, such as
   * `cache_control`), those in `hints` are left out and reported, null is nothing, and anything else throws.
   */
  extraOf(extra: JsonObject | undefined, rules: ExtraRules): JsonObject {
    if (extra === undefined) return {};
    const kept: JsonObject = {};
    for (const [name, value] of Object.entries(extra)) {
      const isSent = this.sendsExtra ? rules.ours?.has(name) !== true : rules.translated.has(name);
      if (isSent) kept[name] = value;
      else if (this.sendsExtra || rules.hints.has(name)) this.downgrade(name);
      else if (value !== null && !(this.#isResponses && identities.has(name)))
        throw unsupported(`the field \`${name}\``, pathTo(rules.path, name));
    }
    return kept;
  }
}

/** By which the Responses API recognises its items: without meaning for anybody else, and nothing is lost without them. */
const identities: ReadonlySet<string> = new Set(['id', 'status', 'phase', 'type']);

/** What to do with unknown fields of one kind of object. */
export interface ExtraRules {
  /** Where the object is, for errors; '' for the body. */
  readonly path: string;
  readonly translated: ReadonlySet<string>;
  readonly hints: ReadonlySet<string>;
  /** Fields that are left out of native requests: what our own edge adds to answers and clients send back. */
  readonly ours?: ReadonlySet<string>;
}

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

/** The object at a field, or a new empty one that is put there. */
export function objectAt(into: JsonObject, name: string): JsonObject {
  const known = into[name];
  if (isJsonObject(known)) return known;
  const made: JsonObject = {};
  into[name] = made;
  return made;
}

function pathTo(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
