// Puts the parts of a streamed answer into Anthropic's form: content blocks one after the other, each started, filled and
// stopped before the next begins. Only the order of blocks is decided here; message-stream-encoder.ts writes the frame around.

import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { AnswerPart } from '../../core/predict.ts';
import { JsonProgress } from '../json-progress.ts';
import { heldPartCharacters, maxHeldBackCharacters } from './defaults.ts';
import { LateFields } from './late-fields.ts';
import { isCustomCall, opaqueBlocks } from './opaque-blocks.ts';
import { sortAnnotations, toolUseBlock } from './render-message.ts';
import type { AnswerBlock, BlockDelta, MessageEvent } from './response-body.ts';

type ContentDelta = Exclude<AnswerPart, { type: 'start' | 'end' }>;
type ToolCallStart = Extract<AnswerPart, { type: 'tool-call-start' }>;
type OtherDelta = Exclude<ContentDelta, { type: 'tool-call-start' | 'tool-call-delta' }>;

/** Kinds of blocks that grow by text. A refusal is a text block too, but never the same one as the text around it. */
type TextKind = 'text' | 'refusal' | 'thinking';

/** A tool call that is not stopped yet: open, or waiting with the arguments that came meanwhile. */
interface LiveCall {
  readonly start: ToolCallStart;
  readonly progress: JsonProgress;
  heldArguments: string;
}

/**
 * The order of blocks. At most one block is open. Text and thinking end when anything else begins. A tool call ends when its
 * arguments are a complete JSON value and something else begins; as long as they are not, the vendor may be sending several
 * calls at once, so whatever else arrives is held back (in order, bounded) and follows once the call is complete. A vendor
 * that sends its calls one after the other, as nearly all do, is thus passed on without any delay.
 */
export class BlockStream {
  readonly #emit: (event: MessageEvent) => void;
  #nextIndex = 0;
  /** What the open block holds; undefined when none is open. */
  #open: TextKind | LiveCall | undefined;
  /** Calls that are open or waiting, by the number that their deltas carry; undefined marks a call that is stopped. */
  readonly #calls: Map<number, LiveCall | undefined> = new Map();
  #hasCustomCall = false;
  #waiting: (OtherDelta | LiveCall)[] = [];
  #heldCharacters = 0;
  /** Fields of the open block that came after its start and that no delta can carry; they go out with its stop. */
  readonly #late: LateFields = new LateFields();
  /** Unknown fields of the thought that is being received, which may come before anything that makes a block. */
  #thoughtFields: JsonObject | undefined;
  /** The same of a text. */
  #textFields: JsonObject | undefined;

  constructor(emit: (event: MessageEvent) => void) {
    this.#emit = emit;
  }

  /** True once a tool call was started. */
  get hasToolCall(): boolean {
    return this.#calls.size > 0 || this.#hasCustomCall;
  }

  /** Writes or holds back one part. Throws `upstream_malformed` for arguments of a call that is not live. */
  add(part: ContentDelta): void {
    if (part.type === 'tool-call-delta') {
      this.#addArguments(part.index, part.argumentsDelta);
      return;
    }
    const entry = part.type === 'tool-call-start' ? this.#register(part) : part;
    if (this.#isBlocked()) this.#hold(entry);
    else this.#write(entry);
  }

  /** Writes what is still held back and stops the last block: the answer is complete. */
  finish(): void {
    this.#stop();
    this.#release(true);
    this.#stop();
  }

  #register(start: ToolCallStart): LiveCall {
    const call: LiveCall = { start, progress: new JsonProgress(), heldArguments: '' };
    this.#calls.set(start.index, call);
    return call;
  }

  /** True while the open call may still receive arguments, so that nothing else can be written. */
  #isBlocked(): boolean {
    return typeof this.#open === 'object' && !this.#open.progress.isComplete;
  }

  #hold(entry: OtherDelta | LiveCall): void {
    this.#waiting.push(entry);
    const text = 'text' in entry ? entry.text : '';
    this.#countHeld(text.length + heldPartCharacters);
  }

  /** Past the limit the open call is taken as it is: its missing arguments, if they come, make the stream fail. */
  #countHeld(characters: number): void {
    this.#heldCharacters += characters;
    if (this.#heldCharacters <= maxHeldBackCharacters) return;
    this.#stop();
    this.#release(true);
  }

  #addArguments(index: number, delta: string): void {
    const call = this.#calls.get(index);
    if (call === undefined) {
      if (this.#calls.has(index) && delta.trim() === '') return;
      throw upstreamMalformed(`arguments for tool call ${index}, which was not started or is complete`);
    }
    call.progress.add(delta);
    if (this.#open !== call) {
      call.heldArguments += delta;
      this.#countHeld(delta.length);
      return;
    }
    this.#writeArguments(delta);
    if (call.progress.isComplete) this.#release(false);
  }

  /** Writes waiting entries until one blocks again; with `isForced`, all of them. */
  #release(isForced: boolean): void {
    const waiting = this.#waiting;
    let written = 0;
    for (const entry of waiting) {
      if (!isForced && this.#isBlocked()) break;
      this.#write(entry);
      written += 1;
    }
    this.#waiting = waiting.slice(written);
    if (this.#waiting.length === 0) this.#heldCharacters = 0;
  }

  #write(entry: OtherDelta | LiveCall): void {
    if ('start' in entry || entry.type !== 'reasoning-delta') this.#thoughtFields = undefined;
    if ('start' in entry || entry.type !== 'text-delta' || entry.startsBlock) this.#textFields = undefined;
    if ('start' in entry) {
      const { id, name, extra } = entry.start;
      this.#start(toolUseBlock(id, name, {}, extra), entry);
      this.#writeArguments(entry.heldArguments);
      entry.heldArguments = '';
      return;
    }
    switch (entry.type) {
      case 'text-delta':
        if (entry.startsBlock) this.#stop();
        this.#writeText('text', entry.text, entry.annotations, entry.extra);
        return;
      case 'refusal-delta':
        this.#writeText('refusal', entry.text);
        return;
      case 'reasoning-delta':
        this.#writeReasoning(entry);
        return;
      case 'opaque-delta':
        if (entry.isNotice === undefined) for (const block of opaqueBlocks(entry)) this.#writeWhole(block);
        return;
    }
  }

  /** A block that is known whole. A call's input comes in a delta: clients put it together of those alone. */
  #writeWhole(block: AnswerBlock): void {
    if (!isCustomCall(block)) this.#start(block, undefined);
    else {
      this.#hasCustomCall = true;
      this.#start({ ...block, input: {} }, undefined);
      this.#writeArguments(JSON.stringify(block.input));
    }
    this.#stopIndex();
  }

  /** An empty text makes no block of its own, but ends a block of another kind, as it does in a collected answer. */
  #writeText(
    kind: 'text' | 'refusal',
    text: string,
    annotations: readonly JsonValue[] = [],
    extra: JsonObject | undefined = undefined,
  ): void {
    if (this.#open !== kind) {
      this.#stop();
      if (extra !== undefined) this.#textFields = { ...this.#textFields, ...extra };
      if (text === '' && annotations.length === 0) return;
      this.#start({ ...this.#textFields, type: 'text', text: '', citations: null }, kind);
      this.#textFields = undefined;
    } else if (extra !== undefined) this.#late.add(extra);
    if (text !== '') this.#delta({ type: 'text_delta', text });
    if (annotations.length === 0) return;
    const { citations, others } = sortAnnotations(annotations);
    for (const citation of citations) this.#delta({ type: 'citations_delta', citation });
    this.#late.annotate(others);
  }

  /** A signature closes its block: what follows is another thought, with a signature of its own. */
  #writeReasoning(part: Extract<AnswerPart, { type: 'reasoning-delta' }>): void {
    const { text, signature, encrypted } = part;
    if (part.startsBlock) this.#thoughtFields = undefined;
    if (part.startsBlock || this.#open !== 'thinking') this.#stop();
    if (this.#open === 'thinking' && part.extra !== undefined) this.#late.add(part.extra);
    const extra = part.extra ?? this.#thoughtFields;
    if (this.#open === undefined && (text !== '' || signature !== undefined)) {
      this.#start({ ...extra, type: 'thinking', thinking: '', signature: '' }, 'thinking');
    }
    if (text !== '') this.#delta({ type: 'thinking_delta', thinking: text });
    if (signature !== undefined) {
      this.#delta({ type: 'signature_delta', signature });
      this.#stop();
    }
    if (encrypted !== undefined) {
      this.#start({ ...extra, type: 'redacted_thinking', data: encrypted }, undefined);
      this.#stopIndex();
    }
    this.#thoughtFields = signature === undefined ? extra : undefined;
  }

  #writeArguments(text: string): void {
    if (text !== '') this.#delta({ type: 'input_json_delta', partial_json: text });
  }

  #start(block: AnswerBlock, kind: TextKind | LiveCall | undefined): void {
    this.#stop();
    this.#emit({ type: 'content_block_start', index: this.#nextIndex, content_block: block });
    this.#open = kind;
  }

  #delta(delta: BlockDelta): void {
    this.#emit({ type: 'content_block_delta', index: this.#nextIndex, delta });
  }

  #stop(): void {
    if (this.#open === undefined) return;
    if (typeof this.#open === 'object') this.#calls.set(this.#open.start.index, undefined);
    this.#open = undefined;
    this.#stopIndex();
  }

  #stopIndex(): void {
    this.#emit({ ...this.#late.take(), type: 'content_block_stop', index: this.#nextIndex });
    this.#nextIndex += 1;
  }
}
