// What one request loses on its way into a vendor's form: collected while it is translated, reported with the answer. Every
// vendor's translation is made on this one; what is special about the vendor is in its own folder.

import { SluiceError } from '../../core/error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Dialect, OpaquePart, Role } from '../../core/message.ts';
import { isProgress } from '../../core/opaque-part.ts';
import type { ResponseFormat } from '../../core/predict.ts';
import { isPresent } from './wire-values.ts';

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

/** The rules for what stands within turns, without the place, which each object has for itself. */
export type TurnRules = Omit<ExtraRules, 'path'>;

/** Where an object of a turn is, for errors, and who speaks. */
export interface TurnPlace {
  readonly path: string;
  readonly role: Role;
}

/**
 * What answers, and the libraries that read them, add to messages, parts and calls for the reader's use: no model reads it, and
 * nothing is lost without it. A signature (`extra_content`) is read where its vendor is the target, and says nothing to any other.
 */
export const echoes: ReadonlySet<string> = new Set([
  'caller',
  'extra_content',
  'id',
  'index',
  'logprobs',
  'parsed',
  'parsed_arguments',
  'provider_specific_fields',
  'status',
  'thoughtSignature',
  'thought_signature',
]);

/** By which the Responses API recognises its items: without meaning for anybody else, and nothing is lost without them. */
const identities: ReadonlySet<string> = new Set(['id', 'status', 'type']);

/** Parts with which a caller refers to what it does not send: left out, the conversation would lack it. */
const references: ReadonlySet<unknown> = new Set(['item_reference']);

/** Types of what a caller answers to calls of tools that only the vendor has: without the call it says nothing. */
const answersToVendor: RegExp = /_output$|^mcp_approval_response$/;

/** The translation of one request for one target. Holds what was left out so far. */
export class RequestTranslation {
  /** The dialect that the request came in. */
  readonly from: Dialect;
  /** True when the request came in the target's own dialect: then it goes as it came, and the vendor is the judge. */
  readonly isNative: boolean;
  /** True where unknown fields are for the target as they are: those of its own dialect, and those of ours, which has no own. */
  readonly sendsExtra: boolean;
  readonly #turnRules: TurnRules;
  /** Made with the first of them: most requests lose nothing. */
  #downgrades: Set<string> | undefined;

  /** `turnRules` are the vendor's for what stands within turns. Default: nothing is known there. */
  constructor(from: Dialect, to: Dialect, turnRules: TurnRules = {}) {
    this.#turnRules = turnRules;
    this.from = from;
    this.isNative = from === to;
    this.sendsExtra = this.isNative || from === 'sluice';
  }

  /** Names of the fields that were left out or weakened, each once. */
  get downgrades(): readonly string[] {
    return this.#downgrades === undefined ? [] : [...this.#downgrades];
  }

  /** Notes that the field was not honoured. */
  downgrade(field: string): void {
    this.#downgrades ??= new Set();
    this.#downgrades.add(field);
  }

  /** The unknown fields of an object that go to the target. Where they do not go as they came (`sendsExtra`): by the rules. */
  extraOf(extra: JsonObject | undefined, rules: ExtraRules): JsonObject {
    const sent: JsonObject = {};
    for (const name in extra) {
      const value = extra[name];
      if (value === undefined) continue;
      if (rules.ours?.has(name) === true) {
        if (isPresent(value)) this.downgrade(name);
      } else if (this.sendsExtra || rules.shared?.has(name) === true) sent[name] = value;
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

  /**
   * The rules for an object of a turn. What an answer brought along is nobody's question: a client that sends it back must not
   * fail by it, so within an assistant's turn nothing is refused.
   */
  turnRulesAt({ path, role }: TurnPlace): ExtraRules {
    return { echoes, ...this.#turnRules, path, ...(role === 'assistant' ? { others: 'report' } : {}) };
  }

  /** Adds the unknown fields of an object of a turn (a message, a part, a call) as `addExtra` does, by the rules for turns. */
  addTurnExtra(wire: JsonObject, extra: JsonObject | undefined, place: TurnPlace): JsonObject {
    return extra === undefined ? wire : this.addExtra(wire, extra, this.turnRulesAt(place));
  }

  /** Leaves out the unknown fields of an object of a turn by the rules for turns: for targets that have no place for any. */
  leaveOutTurnExtra(extra: JsonObject | undefined, place: TurnPlace): void {
    if (extra !== undefined) this.#leaveOutFields(extra, place);
  }

  /**
   * Leaves out a part that only another vendor has a form for. What an answer held, and what answers to that, is reported by its
   * type; fields of a message of chat completions, which have none, by their names. What a caller says itself is refused.
   */
  leaveOutPart(part: OpaquePart, place: TurnPlace): void {
    const { dialect, value } = part;
    const { type } = value;
    const isAnswer = place.role === 'tool' && typeof type === 'string' && answersToVendor.test(type);
    if ((place.role !== 'assistant' && !isAnswer) || references.has(type)) {
      throw unsupported(`a content part of the ${dialect} API`, place.path);
    }
    if (typeof type === 'string') {
      if (!isProgress(part)) this.downgrade(type);
    } else if (dialect === 'openai') this.#leaveOutFields(value, place);
    else this.downgrade('content');
  }

  /**
   * Adds the unknown fields of the demanded form of the answer, those of an inner object to the object of that name. Throws for
   * those of a foreign dialect, with the place that they have there.
   */
  addFormatExtra(wire: JsonObject, { extra }: ResponseFormat): JsonObject {
    const { json_schema: inner, ...outer } = extra ?? {};
    const path = this.#formatPath;
    if (isJsonObject(inner)) this.addExtra(objectAt(wire, 'json_schema'), inner, { path: `${path}.json_schema` });
    return this.addExtra(wire, outer, { path });
  }

  /** Throws for the first unknown field of the demanded form of the answer: for vendors whose form has no place for any. */
  refuseFormatExtra({ extra = {} }: ResponseFormat): void {
    const { json_schema: inner, ...outer } = extra;
    const path = this.#formatPath;
    refuseFields(outer, path);
    if (isJsonObject(inner)) refuseFields(inner, `${path}.json_schema`);
  }

  get #formatPath(): string {
    return this.from === 'openai-responses' ? 'text.format' : 'response_format';
  }

  #leaveOutFields(fields: JsonObject, place: TurnPlace): void {
    const rules = this.turnRulesAt(place);
    for (const [name, value] of Object.entries(fields)) this.#leaveOut(name, value, rules);
  }

  /** Null is nothing, and neither is what only tells an item of the Responses API from others. */
  #leaveOut(name: string, value: JsonValue, rules: ExtraRules): void {
    // Of a function or a call in chat completions: the fields of the inner object are fields like those around it.
    if (name === 'function' && isJsonObject(value)) {
      const path = `${rules.path}.function`;
      for (const [inner, field] of Object.entries(value)) this.#leaveOut(inner, field, { ...rules, path });
      return;
    }
    const isNothing = value === null || rules.echoes?.has(name) === true;
    if (isNothing || (this.from === 'openai-responses' && identities.has(name))) return;
    // Client libraries send fields of answers that have nothing in them: `annotations: []`.
    if (rules.others === 'report' && !isPresent(value)) return;
    if (rules.hints?.has(name) === true || rules.others === 'report') this.downgrade(name);
    else throw unsupported(`the field \`${name}\``, rules.path === '' ? name : `${rules.path}.${name}`);
  }
}

/** `unsupported_capability`, naming the field. */
export function unsupported(what: string, param: string): SluiceError {
  const message = `The provider of the model has no form for ${what}.`;
  return new SluiceError('unsupported_capability', { message, param });
}

/** `invalid_request` for a conversation in which nothing is left to send: vendors want at least one turn. */
export function nothingSaid(): SluiceError {
  const message = 'No message says anything: the provider of the model wants at least one that is not empty.';
  return new SluiceError('invalid_request', { message, param: 'messages' });
}

/** Throws for the first field that says something. */
export function refuseFields(fields: JsonObject, path: string): void {
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null) throw unsupported(`the field \`${name}\``, `${path}.${name}`);
  }
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
