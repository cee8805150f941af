// The tool calls of one stream: vendors number, name and repeat them differently; our parts follow one rule.

import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { madeUpCallId } from '../translation/call-id.ts';
import { maxToolCalls } from '../translation/defaults.ts';
import type { DeltaSink } from '../translation/other-choices.ts';
import {
  argumentsOf,
  isPresent,
  objectOf,
  strictObjectOf,
  strictTextOf,
  textValueOf,
} from '../translation/wire-values.ts';
import { functionFieldsOf } from './answer-fields.ts';
import { maxCustomInput, maxEarlyArguments } from './defaults.ts';

/** A call as far as it is known. */
interface Call {
  readonly index: number;
  id: string | undefined;
  name: string | undefined;
  hasStarted: boolean;
  /** Unknown fields that came before the name. */
  extra: JsonObject;
  /** Arguments that came before the name. */
  early: string;
  /** The arguments, kept only of a call without an id from the vendor, up to a bound: they tell where the next one begins. */
  whole: string;
  /** A call of a custom tool (free text in place of JSON arguments): its fields as collected so far. */
  custom: JsonObject | undefined;
}

/**
 * Which call a delta belongs to: the one with its `index`; but a name together with an id that differs from that call's
 * begins a new one (Ollama and Gemini have sent every call as index 0), while a new id alone does not (vLLM has sent one with
 * every delta). Without an index the id decides, and without both the latest call. Where there are no ids, a name begins a new
 * call when it differs from the last one, or when the arguments so far are a whole JSON value; otherwise a repeated name
 * changes nothing. A call starts when its name is known; a missing id is made up from the answer's.
 *
 * Calls of custom tools are put together and come as one opaque part each at the end, in the form of a whole answer; they
 * are numbered together with the functions. Calls of any other kind pass as they came.
 */
export class ToolCallStream {
  readonly #calls: Call[] = [];
  readonly #byWireIndex: Map<number, Call> = new Map();
  /** Units of text that were put aside so far. */
  #held: number = 0;

  /** Adds the parts of one delta's `tool_calls`. True when something came of which no part is made yet. */
  read(calls: JsonValue | undefined, answerId: string, out: DeltaSink): boolean {
    if (!Array.isArray(calls)) throw upstreamMalformed('tool_calls is not a list');
    const before = this.#held;
    for (const item of calls) {
      const delta = objectOf(item);
      if (delta === undefined) throw upstreamMalformed('a tool call is not an object');
      this.#readOne(delta, answerId, out);
    }
    return this.#held > before;
  }

  /** Adds the calls of custom tools. Throws `upstream_malformed` when a call never got a name. */
  finish(out: DeltaSink): void {
    for (const call of this.#calls) {
      if (call.custom !== undefined) {
        const value = {
          tool_calls: [{ index: call.index, ...(call.id === undefined ? {} : { id: call.id }), ...call.custom }],
        };
        out.push({ type: 'opaque-delta', dialect: 'openai', value });
      } else if (!call.hasStarted) throw upstreamMalformed(`tool call ${call.index} has no name`);
    }
  }

  #readOne(delta: JsonObject, answerId: string, out: DeltaSink): void {
    const { id: wireId, index: wireIndex, type, function: definition, custom, ...unknown } = delta;
    const id = textValueOf(wireId);
    const text = strictObjectOf(custom, 'custom');
    if (text !== undefined) {
      const name = textValueOf(text['name']);
      addCustom(this.#find(wireIndex, id, name), id, { ...unknown, custom: text });
      this.#held += (name?.length ?? 0) + (textValueOf(text['input'])?.length ?? 0);
      return;
    }
    if (definition === undefined && isPresent(unknown)) {
      // Neither a function nor a custom tool: passed on as it came.
      out.push({ type: 'opaque-delta', dialect: 'openai', value: { tool_calls: [delta] } });
      return;
    }
    if (type === 'custom') {
      addCustom(this.#find(wireIndex, id, undefined), id, {});
      return;
    }
    const call = this.#readFunction(delta, unknown, answerId, out);
    if (!call.hasStarted) call.extra = { ...call.extra, ...unknown };
  }

  /** Adds the pieces of a function call. What else the delta has goes with the call's start, or behind it as it came. */
  #readFunction(delta: JsonObject, unknown: JsonObject, answerId: string, out: DeltaSink): Call {
    const fields = strictObjectOf(delta['function'], 'function');
    const id = strictTextOf(delta['id'], 'id') || undefined;
    const name = strictTextOf(fields?.['name'], 'name') || undefined;
    let text = piecesOf(fields?.['arguments']);
    const call = this.#find(delta['index'], id, name);
    call.id ??= id;
    if (call.id === undefined && call.whole.length < maxEarlyArguments) call.whole += text;
    if (call.hasStarted) {
      if (isPresent(unknown)) {
        const value = { tool_calls: [{ index: call.index, ...unknown }] };
        out.push({ type: 'opaque-delta', dialect: 'openai', value });
      }
    } else {
      const ofFunction = functionFieldsOf(fields);
      if (ofFunction !== undefined) call.extra = { ...call.extra, function: ofFunction };
      this.#held += text.length;
      text = call.early + text;
      call.early = text;
      if (text.length > maxEarlyArguments) throw upstreamMalformed(`tool call ${call.index} has arguments and no name`);
      if (name === undefined) return call;
      start(call, name, { ...call.extra, ...unknown }, answerId, out);
    }
    if (text !== '') out.push({ type: 'tool-call-delta', index: call.index, argumentsDelta: text });
    return call;
  }

  #find(wireIndex: JsonValue | undefined, id: string | undefined, name: string | undefined): Call {
    if (wireIndex !== undefined && wireIndex !== null) {
      if (typeof wireIndex !== 'number') throw upstreamMalformed('the index of a tool call is not a number');
      const known = this.#byWireIndex.get(wireIndex);
      if (known !== undefined && !beginsAnother(known, id, name)) return known;
      const call = this.#add(id);
      this.#byWireIndex.set(wireIndex, call);
      return call;
    }
    if (id !== undefined) return this.#calls.find((call) => call.id === id) ?? this.#add(id);
    const latest = this.#calls.at(-1);
    return latest === undefined || beginsAnother(latest, id, name) ? this.#add(undefined) : latest;
  }

  #add(id: string | undefined): Call {
    if (this.#calls.length >= maxToolCalls) throw upstreamMalformed(`more than ${maxToolCalls} tool calls`);
    const index = this.#calls.length;
    const call: Call = {
      index,
      id,
      name: undefined,
      hasStarted: false,
      extra: {},
      early: '',
      whole: '',
      custom: undefined,
    };
    this.#calls.push(call);
    return call;
  }
}

/** Text, or the object itself; anything else would make nonsense of the pieces around it. */
function piecesOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : argumentsOf(strictObjectOf(value, 'arguments'));
}

function start(call: Call, name: string, extra: JsonObject, answerId: string, out: DeltaSink): void {
  call.hasStarted = true;
  call.name = name;
  call.early = '';
  const id = call.id ?? madeUpCallId(answerId, call.index);
  out.push({ type: 'tool-call-start', index: call.index, id, name, ...(isPresent(extra) ? { extra } : {}) });
}

/** True when a delta that would go to `known` by its place begins another call instead. */
function beginsAnother(known: Call, id: string | undefined, name: string | undefined): boolean {
  if (name === undefined) return false;
  if (id !== undefined && known.id !== undefined) return known.id !== id;
  if (known.id !== undefined || known.name === undefined) return false;
  return name !== known.name || isWholeJson(known.whole);
}

/** Looks at the last character first: it is asked with every piece of a call whose name is repeated. */
function isWholeJson(text: string): boolean {
  if (!/[}\]]\s*$/.test(text.slice(-16))) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Adds a piece of a custom call: its input grows, everything else is kept from where it first came. */
function addCustom(call: Call, id: string | undefined, piece: JsonObject): void {
  call.id ??= id;
  const fields = objectOf(piece['custom']) ?? {};
  const known = call.custom ?? { type: 'custom', custom: { name: '', input: '' } };
  const before = objectOf(known['custom']) ?? {};
  const name = textValueOf(before['name']) ?? textValueOf(fields['name']) ?? '';
  const input = `${textValueOf(before['input']) ?? ''}${strictTextOf(fields['input'], 'input')}`;
  if (input.length > maxCustomInput)
    throw upstreamMalformed(`the input of tool call ${call.index} is longer than ${maxCustomInput}`);
  call.name ??= textValueOf(name);
  call.custom = { ...piece, ...known, custom: { ...fields, ...before, name, input } };
}
