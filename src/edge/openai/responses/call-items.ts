// Calls of the answer while they are made: of functions, and of custom tools as chat completions have them. Several may be open
// at one time, since a vendor may write their arguments side by side.

import { upstreamMalformed } from '../../../core/error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../core/json.ts';
import type { PredictPart } from '../../../core/predict.ts';
import { JsonProgress } from '../../json-progress.ts';
import type { ItemStatus, OutputState } from './output-state.ts';

type CallStart = Extract<PredictPart, { type: 'tool-call-start' }>;

/** What the two kinds of calls have by other names. */
interface CallKind {
  readonly type: 'function_call' | 'custom_tool_call';
  readonly idPrefix: string;
  /** The field that is written piece by piece. */
  readonly field: 'arguments' | 'input';
  readonly deltaEvent: string;
  readonly doneEvent: string;
}

const functionCall: CallKind = {
  type: 'function_call',
  idPrefix: 'fc_',
  field: 'arguments',
  deltaEvent: 'response.function_call_arguments.delta',
  doneEvent: 'response.function_call_arguments.done',
};

const customCall: CallKind = {
  type: 'custom_tool_call',
  idPrefix: 'ctc_',
  field: 'input',
  deltaEvent: 'response.custom_tool_call_input.delta',
  doneEvent: 'response.custom_tool_call_input.done',
};

/** The calls of one answer. */
export class CallItems {
  readonly #state: OutputState;
  readonly #functions: Map<number, CallItem> = new Map();
  readonly #customs: Map<JsonValue, CallItem> = new Map();
  /** Those that are not closed: with each new item only these are looked at. */
  readonly #open: Set<CallItem> = new Set();

  constructor(state: OutputState) {
    this.#state = state;
  }

  start({ index, id, name, extra = {} }: CallStart): void {
    const { function: _, type: __, ...fields } = extra;
    this.#functions.set(index, this.#begin(functionCall, { ...fields, call_id: id, name }));
  }

  addArguments(index: number, text: string): void {
    const call = this.#functions.get(index);
    if (call === undefined) throw upstreamMalformed(`arguments for tool call ${index}, which was not started`);
    call.add(text);
  }

  /**
   * A call of a custom tool in the form of chat completions, or more of its input: a piece without an id goes to the call of
   * its number. False for what is neither.
   */
  addCustom(value: JsonValue): boolean {
    if (!isJsonObject(value) || !isJsonObject(value['custom'])) return false;
    const { id, index = this.#customs.size, custom } = value;
    const { name, input, ...fields } = custom;
    let call = this.#customs.get(index);
    if (call === undefined || typeof id === 'string') {
      const callId = typeof id === 'string' ? id : this.#state.nextId('call_');
      call = this.#begin(customCall, { ...fields, call_id: callId, name: name ?? '' });
      this.#customs.set(index, call);
    }
    if (typeof input === 'string') call.add(input);
    return true;
  }

  /** Closes the calls that are certain to be whole, before another item begins. */
  closeWhole(): void {
    for (const call of this.#open) if (call.isWhole()) this.#close(call, 'completed');
  }

  /** Closes all. Of an answer that was cut short, only a call whose arguments are whole is. */
  close(status: ItemStatus): void {
    for (const call of this.#open) this.#close(call, call.isWhole() ? 'completed' : status);
  }

  #begin(kind: CallKind, fields: JsonObject): CallItem {
    const call = new CallItem(this.#state, kind, fields);
    this.#open.add(call);
    return call;
  }

  #close(call: CallItem, status: ItemStatus): void {
    this.#open.delete(call);
    call.close(status);
  }
}

class CallItem {
  readonly #state: OutputState;
  readonly #kind: CallKind;
  readonly #item: JsonObject;
  readonly #index: number;
  readonly #place: JsonObject;
  readonly #progress: JsonProgress = new JsonProgress();
  #text: string = '';
  /** Characters of the text that the progress has read: it is asked between items, and reads each once. */
  #followed: number = 0;
  #isClosed: boolean = false;

  constructor(state: OutputState, kind: CallKind, fields: JsonObject) {
    const id = typeof fields['id'] === 'string' ? fields['id'] : state.nextId(kind.idPrefix);
    this.#state = state;
    this.#kind = kind;
    // OpenAI's custom calls have no status.
    const status = kind === functionCall ? { status: 'in_progress' } : {};
    this.#item = { ...fields, id, type: kind.type, ...status, [kind.field]: '' };
    this.#index = state.open(this.#item);
    this.#place = { item_id: id, output_index: this.#index };
  }

  /** True when nothing but space can follow: the arguments are complete. Input of a custom tool is any text. */
  isWhole(): boolean {
    if (this.#kind !== functionCall) return false;
    this.#progress.add(this.#text.slice(this.#followed));
    this.#followed = this.#text.length;
    return this.#progress.isComplete;
  }

  add(text: string): void {
    if (this.#isClosed) {
      if (text.trim() === '') return;
      throw upstreamMalformed('more arguments for a tool call whose arguments were whole');
    }
    if (text === '') return;
    this.#state.hold(text.length);
    this.#text += text;
    this.#item[this.#kind.field] = this.#text;
    this.#emit(this.#kind.deltaEvent, { delta: text });
  }

  close(status: ItemStatus): void {
    this.#isClosed = true;
    const { field, doneEvent } = this.#kind;
    const name = this.#kind === functionCall ? { name: this.#item['name'] ?? '' } : {};
    this.#emit(doneEvent, { ...name, [field]: this.#text });
    if (this.#kind === functionCall) this.#item['status'] = status;
    this.#state.close(this.#index, this.#item);
  }

  #emit(type: string, fields: JsonObject): void {
    this.#state.emit(type, fields, this.#place);
  }
}
