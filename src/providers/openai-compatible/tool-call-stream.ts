// The tool calls of one stream: vendors number, name and repeat them differently; our parts follow one rule.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { PredictPart } from '../../core/predict.ts';
import { argumentsOf, malformed } from './answer-fields.ts';
import { maxEarlyArguments, maxToolCalls } from './defaults.ts';
import { madeUpCallId } from './from-wire.ts';
import { isPresent, objectOf, textValueOf } from './wire-values.ts';

/** A call as far as it is known. */
interface Call {
  readonly index: number;
  id: string | undefined;
  hasStarted: boolean;
  /** Arguments that came before the name. */
  early: string;
}

/**
 * Which call a delta belongs to: the one with its `index`; but a name together with an id that differs from that call's
 * begins a new one (Ollama and Gemini have sent every call as index 0), while a new id alone does not (vLLM has sent one with
 * every delta). Without an index the id decides, and without both the latest call. A repeated name changes nothing. A call starts when its name is known; a missing id is made up from the
 * answer's. Two calls of one index that have no ids cannot be told apart: their arguments run together.
 */
export class ToolCallStream {
  readonly #calls: Call[] = [];
  readonly #byWireIndex: Map<number, Call> = new Map();

  /** Adds the parts of one delta's `tool_calls`; returns how many bytes of output they hold. */
  read(calls: JsonValue | undefined, answerId: string, out: PredictPart[]): number {
    if (!Array.isArray(calls)) throw malformed('tool_calls is not a list');
    let bytes = 0;
    for (const item of calls) {
      const delta = objectOf(item);
      if (delta === undefined) throw malformed('a tool call is not an object');
      bytes += this.#readOne(delta, answerId, out);
    }
    return bytes;
  }

  /** Throws `upstream_malformed` when a call never got a name. */
  finish(): void {
    for (const call of this.#calls) if (!call.hasStarted) throw malformed(`tool call ${call.index} has no name`);
  }

  #readOne(delta: JsonObject, answerId: string, out: PredictPart[]): number {
    const { id: wireId, index: wireIndex, type: _, function: definition, ...unknown } = delta;
    if (definition === undefined && isPresent(unknown)) {
      // Not a function but, say, OpenAI's custom tool: passed on as it came.
      out.push({ type: 'opaque-delta', dialect: 'openai', value: { tool_calls: [delta] } });
      return Buffer.byteLength(JSON.stringify(unknown));
    }
    const id = textValueOf(wireId);
    const fields = objectOf(definition);
    const name = textValueOf(fields?.['name']);
    const call = this.#find(wireIndex, id, name);
    call.id ??= id;
    let text = argumentsOf(fields?.['arguments']);
    const bytes = Buffer.byteLength(text) + (name?.length ?? 0);
    if (!call.hasStarted) {
      text = call.early + text;
      call.early = text;
      if (text.length > maxEarlyArguments) throw malformed(`tool call ${call.index} has arguments and no name`);
      if (name === undefined) return bytes;
      call.hasStarted = true;
      call.early = '';
      call.id ??= madeUpCallId(answerId, call.index);
      out.push({ type: 'tool-call-start', index: call.index, id: call.id, name });
    }
    if (text !== '') out.push({ type: 'tool-call-delta', index: call.index, argumentsDelta: text });
    if (isPresent(unknown)) {
      const value = { tool_calls: [{ index: call.index, ...unknown }] };
      out.push({ type: 'opaque-delta', dialect: 'openai', value });
    }
    return bytes;
  }

  #find(wireIndex: JsonValue | undefined, id: string | undefined, name: string | undefined): Call {
    if (typeof wireIndex === 'number') {
      const known = this.#byWireIndex.get(wireIndex);
      const isNew = id !== undefined && name !== undefined && known?.id !== undefined && known.id !== id;
      if (known !== undefined && !isNew) return known;
      const call = this.#add(id);
      this.#byWireIndex.set(wireIndex, call);
      return call;
    }
    if (id !== undefined) return this.#calls.find((call) => call.id === id) ?? this.#add(id);
    return this.#calls.at(-1) ?? this.#add(undefined);
  }

  #add(id: string | undefined): Call {
    if (this.#calls.length >= maxToolCalls) throw malformed(`more than ${maxToolCalls} tool calls`);
    const call: Call = { index: this.#calls.length, id, hasStarted: false, early: '' };
    this.#calls.push(call);
    return call;
  }
}
