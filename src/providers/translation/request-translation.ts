// What one request loses on its way into a vendor's form: collected while it is translated, reported with the answer. Every
// vendor's translation is made on this one; what is special about the vendor is in its own folder.

import { SluiceError } from '../../core/error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Dialect } from '../../core/message.ts';

/** A body, and the names of the request's fields that are not in it, or only weaker than they were asked for. */
export interface WireRequest {
  readonly body: JsonObject;
  readonly downgrades: readonly string[];
}

/** What becomes of the unknown fields of one kind of object when the request came in a dialect that is not the target's. */
export interface ExtraRules {
  /** Where the object is in the request, for errors; '' for the body. */
  readonly path: string;
  /** Fields that go under the same name: the target's own, which callers of other dialects use by agreement. Default: none. */
  readonly shared?: ReadonlySet<string>;
  /** Fields that change no answer: left out and reported. Default: none. */
  readonly hints?: ReadonlySet<string>;
  /** Fields that answers carry, clients send back and no model reads: left out without a word. Default: none. */
  readonly echoes?: ReadonlySet<string>;
  /** Fields that our own edge adds to answers: left out and reported, also of a request in the target's own dialect. Default: none. */
  readonly ours?: ReadonlySet<string>;
  /** What becomes of any other field: `unsupported_capability` with its path, or a report. Default: `refuse`. */
  readonly others?: 'refuse' | 'report';
}

/** By which the Responses API recognises its items: without meaning for anybody else, and nothing is lost without them. */
const identities: ReadonlySet<string> = new Set(['id', 'status', 'phase', 'type']);

/** The translation of one request for one target. Holds what was left out so far. */
export class RequestTranslation {
  /** The dialect that the request came in. */
  readonly from: Dialect;
  /** True when the request came in the target's own dialect: then it goes as it came, and the vendor is the judge. */
  readonly isNative: boolean;
  /** True where unknown fields are for the target as they are: those of its own dialect, and those of ours, which has no own. */
  readonly sendsExtra: boolean;
  readonly #downgrades: Set<string> = new Set();

  constructor(from: Dialect, to: Dialect) {
    this.from = from;
    this.isNative = from === to;
    this.sendsExtra = this.isNative || from === 'sluice';
  }

  /** Names of the fields that were left out or weakened, each once. */
  get downgrades(): readonly string[] {
    return [...this.#downgrades];
  }

  /** Notes that the field was not honoured. */
  downgrade(field: string): void {
    this.#downgrades.add(field);
  }

  /** The unknown fields of an object that go to the target. Where they do not go as they came (`sendsExtra`): by the rules. */
  extraOf(extra: JsonObject | undefined, rules: ExtraRules): JsonObject {
    const sent: JsonObject = {};
    for (const name in extra) {
      const value = extra[name];
      if (value === undefined) continue;
      if (rules.ours?.has(name) === true) this.downgrade(name);
      else if (this.sendsExtra || rules.shared?.has(name) === true) sent[name] = value;
      else this.#leaveOut(name, value, rules);
    }
    return sent;
  }

  /** Adds them to an object, where a field that is there is never replaced, nor judged: it has been translated. */
  addExtra(wire: JsonObject, extra: JsonObject | undefined, rules: ExtraRules): JsonObject {
    if (extra === undefined) return wire;
    const unknown: JsonObject = {};
    for (const name in extra) if (!Object.hasOwn(wire, name)) unknown[name] = extra[name] ?? null;
    return Object.assign(wire, this.extraOf(unknown, rules));
  }

  /** Null is nothing, and neither is what only tells an item of the Responses API from others. */
  #leaveOut(name: string, value: JsonValue, rules: ExtraRules): void {
    const isNothing = value === null || rules.echoes?.has(name) === true;
    if (isNothing || (this.from === 'openai-responses' && identities.has(name))) return;
    if (rules.hints?.has(name) === true || rules.others === 'report') this.downgrade(name);
    else throw unsupported(`the field \`${name}\``, rules.path === '' ? name : `${rules.path}.${name}`);
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

/** The object at a field, or a new empty one that is put there. */
export function objectAt(into: JsonObject, name: string): JsonObject {
  const known = into[name];
  if (isJsonObject(known)) return known;
  const made: JsonObject = {};
  into[name] = made;
  return made;
}
