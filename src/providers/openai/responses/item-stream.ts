// One output item while it is streamed: which parts its events become. Everything that an item turned out to be when it was
// done, and that its deltas did not say, is added then; so servers that leave deltas or events out lose nothing.

import { upstreamMalformed } from '../../../core/error.ts';
import type { JsonObject, JsonValue } from '../../../core/json.ts';
import type { PredictPart, PredictRequest, TokenLogprob } from '../../../core/predict.ts';
import { logprobsFromWire } from '../../openai-compatible/answer-fields.ts';
import {
  argumentsOf,
  isPresent,
  listOf,
  objectOf,
  strictListOf,
  strictPlaceOf,
} from '../../translation/wire-values.ts';
import { maxPiecesPerItem } from '../defaults.ts';
import { GrowingText } from './growing-text.ts';
import {
  callOf,
  contentOf,
  keepsItems,
  messageHead,
  partsOfItem,
  pieceExtra,
  type ReasoningPiece,
  reasoningPieces,
  reasoningProof,
  textExtraOf,
} from './item-from-wire.ts';

/** What the items of one answer share. */
export interface AnswerState {
  readonly request: PredictRequest;
  /** Adds a part to the stream, behind its `start`. */
  emit(part: PredictPart): void;
  /** The kind of the part that came last, and the piece that it belongs to: tells where a block begins. */
  lastPiece: { readonly kind: string; readonly key: string } | undefined;
  /** Calls so far: functions and custom tools are numbered together. */
  calls: number;
}

/** A text that grows: what of it has been sent, with how many annotations, and whether with its further fields. */
interface Piece {
  readonly text: GrowingText;
  annotations: number;
  hasExtra: boolean;
}

type TextKind = 'text' | 'refusal' | 'reasoning';

/** An item from its `added` to its `done`. */
export class ItemStream {
  readonly #index: number;
  readonly #state: AnswerState;
  readonly #pieces: Map<string, Piece> = new Map();
  #id: JsonValue | undefined;
  #call: { readonly index: number; readonly text: GrowingText } | undefined;
  #hasHead: boolean = false;
  #isDone: boolean = false;
  #lastReasoning: ReasoningPiece['type'] | undefined;

  constructor(index: number, state: AnswerState) {
    this.#index = index;
    this.#state = state;
  }

  /** It has said something that no whole has confirmed. */
  get isOpen(): boolean {
    if (this.#isDone) return false;
    return this.#call?.text.isOpen === true || [...this.#pieces.values()].some(({ text }) => text.isOpen);
  }

  /** The item has been told whole. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** `response.output_item.added`. The item is not whole yet. */
  begin(item: JsonObject): void {
    this.#id ??= item['id'];
    if (item['type'] === 'message') this.#head(item);
    else if (item['type'] === 'function_call') {
      this.#startCall(item);
      this.#arguments(argumentsOf(item['arguments']));
    }
  }

  /** More of a text of a message, or of a refusal. */
  addText(
    kind: 'text' | 'refusal',
    contentIndex: JsonValue | undefined,
    text: string,
    logprobs: JsonValue | undefined,
  ): void {
    this.#expectOpen();
    this.#grow(
      kind,
      `${this.#index}/${strictPlaceOf(contentIndex, 'content_index')}`,
      text,
      logprobsFromWire(logprobs),
    );
  }

  /** The whole text that `addText` has brought so far, from an event that repeats it. */
  completeText(kind: 'text' | 'refusal', contentIndex: JsonValue | undefined, whole: string): void {
    this.#complete(kind, `${this.#index}/${strictPlaceOf(contentIndex, 'content_index')}`, whole);
  }

  /** What a text of a message has beside its text, told once. */
  finishText(contentIndex: JsonValue | undefined, part: JsonObject): void {
    const extra = textExtraOf(part);
    if (extra === undefined) return;
    const key = `${this.#index}/${String(contentIndex ?? 0)}`;
    const piece = this.#piece('text', key);
    if (!piece.hasExtra) this.#send('text', key, '', { extra });
    piece.hasExtra = true;
  }

  /** A citation of a text. */
  addAnnotation(contentIndex: JsonValue | undefined, annotation: JsonValue): void {
    const key = `${this.#index}/${strictPlaceOf(contentIndex, 'content_index')}`;
    this.#piece('text', key).annotations += 1;
    this.#send('text', key, '', { annotations: [annotation] });
  }

  /** More of a summary or a text of reasoning. */
  addReasoning(type: ReasoningPiece['type'], index: JsonValue | undefined, text: string): void {
    this.#expectOpen();
    this.#lastReasoning = type;
    this.#grow('reasoning', `${this.#index}/${type}/${strictPlaceOf(index, 'an index of reasoning')}`, text, []);
  }

  /** The whole of it. */
  completeReasoning(type: ReasoningPiece['type'], index: JsonValue | undefined, whole: string): void {
    if (whole !== '') this.#lastReasoning = type;
    this.#complete('reasoning', `${this.#index}/${type}/${strictPlaceOf(index, 'an index of reasoning')}`, whole);
  }

  /** More arguments of a function call. */
  addArguments(text: string): void {
    if (this.#call === undefined)
      throw upstreamMalformed(`arguments for output item ${this.#index}, which is no started call`);
    this.#expectOpen();
    this.#arguments(text);
  }

  /** All arguments. */
  completeArguments(whole: string): void {
    if (this.#call === undefined) return;
    const missing = this.#call.text.complete(whole);
    if (missing !== '') this.#sendArguments(this.#call.index, missing);
  }

  /** `response.output_item.done`, or the item as the whole response at the end has it. A second time must not contradict the first. */
  finish(item: JsonObject): void {
    if (this.#isDone) {
      if (item['id'] === this.#id) this.#completeAgain(item);
      return;
    }
    this.#isDone = true;
    this.#id ??= item['id'];
    const { type } = item;
    if (type === 'message') this.#finishMessage(item);
    else if (type === 'reasoning') this.#finishReasoning(item);
    else if (type === 'function_call') {
      this.#startCall(item);
      this.#completeCall(item);
    } else this.#finishOther(item);
  }

  /** The object that some servers send in place of its text can't be compared: it counts where no delta has said anything. */
  #completeCall({ arguments: whole }: JsonObject): void {
    if (typeof whole === 'string' || this.#call?.text.isEmpty === true) this.completeArguments(argumentsOf(whole));
  }

  #expectOpen(): void {
    if (this.#isDone) throw upstreamMalformed(`a delta of output item ${this.#index}, which is done`);
  }

  #completeAgain(item: JsonObject): void {
    if (item['type'] === 'function_call') this.#completeCall(item);
    else if (item['type'] === 'message') {
      for (const [index, value] of listOf(item['content']).entries()) {
        const { type, text, refusal } = objectOf(value) ?? {};
        if (type === 'output_text' && typeof text === 'string') this.completeText('text', index, text);
        else if (type === 'refusal' && typeof refusal === 'string') this.completeText('refusal', index, refusal);
      }
    }
  }

  #head(item: JsonObject): void {
    if (this.#hasHead || !keepsItems(this.#state.request)) return;
    this.#hasHead = true;
    const head = messageHead(item);
    if (head.type === 'opaque')
      this.#emit({ type: 'opaque-delta', dialect: head.dialect, value: head.value }, 'head', '');
  }

  #finishMessage(item: JsonObject): void {
    this.#head(item);
    for (const [index, value] of strictListOf(item['content'], 'content').entries()) {
      const part = contentOf(value);
      const { type, text, refusal } = part;
      if (type === 'output_text' && typeof text === 'string') {
        this.completeText('text', index, text);
        const key = `${this.#index}/${index}`;
        const missing = listOf(part['annotations']).slice(this.#pieces.get(`text ${key}`)?.annotations ?? 0);
        if (missing.length > 0) this.#send('text', key, '', { annotations: missing });
        this.finishText(index, part);
      } else if (type === 'refusal' && typeof refusal === 'string') this.completeText('refusal', index, refusal);
      else this.#emit({ type: 'opaque-delta', dialect: 'openai-responses', value: part }, 'opaque', '');
    }
    this.#expectAllTold(listOf(item['content']));
  }

  /** A text that the whole item does not hold was told at another place: it would be told twice. */
  #expectAllTold(content: readonly JsonValue[]): void {
    if (content.length === 0) return;
    for (const { text } of this.#pieces.values())
      if (text.isOpen) throw upstreamMalformed('a text that its item lacks');
  }

  #finishReasoning(item: JsonObject): void {
    const pieces = reasoningPieces(item);
    for (const { type, index, text } of pieces) this.completeReasoning(type, index, text);
    if (!keepsItems(this.#state.request)) return;
    const last = pieces.at(-1) ?? lastStreamed(this.#lastReasoning);
    const proof = reasoningProof(item, last);
    if (this.#pieces.size > 0 && !saysMore(proof)) return;
    const isOpen = this.#state.lastPiece?.key.startsWith(`${this.#index}/`) === true;
    const startsBlock = !isOpen && this.#state.lastPiece?.kind === 'reasoning';
    const key = isOpen ? (this.#state.lastPiece?.key ?? '') : `${this.#index}/`;
    this.#emit(
      { type: 'reasoning-delta', text: '', ...proof, ...(startsBlock ? { startsBlock } : {}) },
      'reasoning',
      key,
    );
  }

  #finishOther(item: JsonObject): void {
    const isCustom = item['type'] === 'custom_tool_call';
    for (const part of partsOfItem(item, this.#state.request, isCustom ? this.#state.calls : 0)) {
      if (part.type === 'opaque')
        this.#emit({ type: 'opaque-delta', dialect: part.dialect, value: part.value }, 'opaque', '');
    }
    if (isCustom) this.#state.calls += 1;
  }

  #startCall(item: JsonObject): void {
    if (this.#call !== undefined) return;
    const call = callOf(item, keepsItems(this.#state.request));
    this.#call = { index: this.#state.calls, text: new GrowingText() };
    this.#state.calls += 1;
    this.#emit({ type: 'tool-call-start', index: this.#call.index, ...call }, 'call', '');
  }

  #arguments(text: string): void {
    if (this.#call === undefined || text === '') return;
    this.#call.text.add(text);
    this.#sendArguments(this.#call.index, text);
  }

  #sendArguments(index: number, argumentsDelta: string): void {
    this.#emit({ type: 'tool-call-delta', index, argumentsDelta }, 'call', '');
  }

  #grow(kind: TextKind, key: string, text: string, logprobs: TokenLogprob[]): void {
    if (text === '' && logprobs.length === 0) return;
    this.#piece(kind, key).text.add(text);
    this.#send(kind, key, text, logprobs.length === 0 ? undefined : { logprobs });
  }

  /** What is missing of the whole. */
  #complete(kind: TextKind, key: string, whole: string): void {
    const missing = this.#piece(kind, key).text.complete(whole);
    if (missing !== '') this.#send(kind, key, missing);
  }

  #piece(kind: TextKind, key: string): Piece {
    const name = `${kind} ${key}`;
    const known = this.#pieces.get(name);
    if (known !== undefined) return known;
    if (this.#pieces.size >= maxPiecesPerItem)
      throw upstreamMalformed(`an output item of more than ${maxPiecesPerItem} pieces`);
    const piece: Piece = { text: new GrowingText(), annotations: 0, hasExtra: false };
    this.#pieces.set(name, piece);
    return piece;
  }

  /** One delta. It begins a block when it belongs to another piece than the delta of its kind just before it. */
  #send(
    kind: TextKind,
    key: string,
    text: string,
    spoken?: { logprobs?: TokenLogprob[]; annotations?: JsonValue[]; extra?: JsonObject },
  ): void {
    const last = this.#state.lastPiece;
    const isNew = last === undefined || last.kind !== kind || last.key !== key;
    const block = isNew && last?.kind === kind && kind !== 'refusal' ? { startsBlock: true as const } : {};
    if (kind === 'refusal') this.#emit({ type: 'refusal-delta', text, ...onlyLogprobs(spoken) }, kind, key);
    else if (kind === 'text') this.#emit({ type: 'text-delta', text, ...spoken, ...block }, kind, key);
    else {
      const type = key.split('/')[1] as ReasoningPiece['type'];
      const extra = isNew && keepsItems(this.#state.request) ? { extra: pieceExtra(this.#id, type) } : {};
      this.#emit({ type: 'reasoning-delta', text, ...extra, ...block }, kind, key);
    }
  }

  #emit(part: PredictPart, kind: string, key: string): void {
    this.#state.emit(part);
    this.#state.lastPiece = { kind, key };
  }
}

function onlyLogprobs(spoken: { logprobs?: TokenLogprob[] } | undefined): { logprobs?: TokenLogprob[] } {
  return spoken?.logprobs === undefined ? {} : { logprobs: spoken.logprobs };
}

/** True when the proof holds more than its pieces have said already. */
function saysMore(proof: ReturnType<typeof reasoningProof>): boolean {
  const { id: _, type: __, ...others } = proof?.extra ?? {};
  return proof?.encrypted !== undefined || isPresent(others);
}

function lastStreamed(type: ReasoningPiece['type'] | undefined): ReasoningPiece | undefined {
  return type === undefined ? undefined : { type, index: 0, text: '' };
}

/** True for an item that nobody but callers of the Responses API can use while it is under way. */
export function isForeignItem(item: JsonObject): boolean {
  const { type } = item;
  return isPresent(type) && type !== 'message' && type !== 'reasoning' && type !== 'function_call';
}
