// The events of a streamed message as our parts.

import { partsOf } from '../../core/collect.ts';
import { SluiceError, upstreamMalformed } from '../../core/error.ts';
import { parseExactEvent } from '../../core/exact-json.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { PredictPart } from '../../core/predict.ts';
import { OutputText, settleUsage } from '../translation/usage.ts';
import { isPresent, objectOf, parseObject, textValueOf } from '../translation/wire-values.ts';
import type { EndPart, StreamReader } from '../transport/part-stream.ts';
import { type EmbeddedFailure, errorBodyOf } from '../transport/vendor-error.ts';
import type { WholeAnswer } from '../transport/whole-call.ts';
import { answererOf, collectExtra, endingOf, type MessageContext } from './answer-fields.ts';
import { maxOpenBlocks } from './defaults.ts';
import { EmulatedAnswer, isAnswerCall } from './emulated-answer.ts';
import { isFailure } from './errors.ts';
import { predictFromWire } from './from-wire.ts';
import { type BlockPart, type OpenBlock, openBlock } from './open-block.ts';
import { laterUsage, usageFromWire } from './usage.ts';

const deltaEventFields: ReadonlySet<string> = new Set(['type', 'delta', 'usage']);

/**
 * A stream is `message_start`, blocks (each started, filled by deltas, stopped), `message_delta` with the stop reason,
 * `message_stop`. Only `message_stop` completes it: a body that ends without is `upstream_truncated`, whatever came before, and one
 * without a stop reason is `upstream_malformed`, since events are missing.
 * An `error` event is the failure it names. Pings and events of unknown types are skipped; a second `message_start`, which
 * some gateways send, only brings its usage.
 *
 * `start` is held back until the first block begins, so that a failure before it is a failure of the whole attempt and can
 * be mended above.
 */
export class MessageStreamReader implements StreamReader {
  readonly #context: MessageContext;
  readonly #failure: EmbeddedFailure;
  readonly #extra: JsonObject = {};
  /** Set where a tool stands for the demanded form of the answer. */
  readonly #emulated: EmulatedAnswer | undefined;
  readonly #open: Map<JsonValue | undefined, OpenBlock> = new Map();
  #message: JsonObject | undefined;
  #usage: JsonObject | undefined;
  #stopReason: JsonValue | undefined;
  #stopSequence: JsonValue | undefined;
  #hasStarted: boolean = false;
  #toolCalls: number = 0;
  readonly #output: OutputText = new OutputText();
  /** The block of the last part and the part's type: a part of the same type in another block begins a new one. */
  #lastBlock: OpenBlock | undefined;
  #lastType: BlockPart['type'] | undefined;
  /** The last event began a block, brought a piece of one that is put together, or said why the model stopped. */
  #hasProgress: boolean = false;

  constructor(context: MessageContext, failure: EmbeddedFailure) {
    this.#context = context;
    if (context.answerTool !== undefined) this.#emulated = new EmulatedAnswer();
    this.#failure = failure;
  }

  isProgress(): boolean {
    return this.#hasProgress;
  }

  read(event: string, data: string, out: PredictPart[]): boolean {
    this.#hasProgress = false;
    if (event === 'ping' || data.trim() === '' || data.startsWith('[DONE]')) return false;
    if (event === 'error') throw this.#failure(errorBodyOf(data));
    const name = isKnown(event) ? event : '';
    if (name !== event && !data.startsWith('{')) return false;
    const body = parseObject(data, 'an event', parseExactEvent);
    switch (typeOf(body, name)) {
      case 'message_start':
        this.#readMessage(body['message']);
        return false;
      case 'content_block_start':
        this.#openBlock(body, out);
        return false;
      case 'content_block_delta':
        this.#readDelta(body, out);
        return false;
      case 'content_block_stop':
        this.#closeBlock(body['index'], out);
        return false;
      case 'message_delta':
        this.#readEnding(body);
        return false;
      case 'message_stop':
        this.#end(out);
        return true;
      default:
        if (isFailure(body)) throw this.#failure(body);
        return false;
    }
  }

  finish(): void {
    throw new SluiceError('upstream_truncated', {
      detail: `no message_stop${this.#stopReason === undefined ? '' : ', though a stop_reason'}`,
      upstream: { target: this.#context.target },
    });
  }

  settle(end: EndPart): EndPart | Promise<EndPart> {
    return settleUsage(end, this.#context.request, this.#output, this.#context.estimator);
  }

  whole(answer: WholeAnswer, out: PredictPart[]): void {
    const body = parseObject(answer.body, 'the answer');
    if (isFailure(body)) throw this.#failure(body);
    const response = predictFromWire(body, this.#context);
    this.#output.addContent(response.content);
    out.push(...partsOf(response));
  }

  #readMessage(value: JsonValue | undefined): void {
    const message = objectOf(value);
    if (message === undefined) throw upstreamMalformed('message_start has no message');
    this.#message ??= message;
    this.#usage = laterUsage(this.#usage, message['usage']);
    collectExtra(this.#extra, message);
  }

  #openBlock(body: JsonObject, out: PredictPart[]): void {
    const block = objectOf(body['content_block']);
    if (block === undefined) throw upstreamMalformed('content_block_start has no block');
    if (this.#open.has(body['index']) || this.#open.size >= maxOpenBlocks)
      throw upstreamMalformed('a block is open already');
    const opened = openBlock(block, this.#toolCalls, this.#context.answerTool);
    if (opened.isToolCall) this.#toolCalls += 1;
    this.#open.set(body['index'], opened);
    this.#hasProgress = true;
    this.#begin(out);
    this.#emulated?.begin(opened, isAnswerCall(block, this.#context.answerTool), out);
    this.#add(opened, opened.start(), out);
  }

  #readDelta(body: JsonObject, out: PredictPart[]): void {
    const block = this.#open.get(body['index']);
    const delta = objectOf(body['delta']);
    if (block === undefined || delta === undefined)
      throw upstreamMalformed('a delta of no open block, or without content');
    if (textValueOf(delta['type']) === undefined) throw upstreamMalformed('a delta has no type');
    const parts = block.delta(delta);
    this.#hasProgress = (parts.length === 0 || this.#emulated !== undefined) && holdsSomething(delta);
    this.#add(block, parts, out);
  }

  #closeBlock(index: JsonValue | undefined, out: PredictPart[]): void {
    const block = this.#open.get(index);
    if (block === undefined) throw upstreamMalformed('the end of a block that is not open');
    this.#open.delete(index);
    this.#add(block, block.stop(), out);
  }

  #readEnding(body: JsonObject): void {
    const delta = objectOf(body['delta']) ?? {};
    const stopReason = delta['stop_reason'] ?? this.#stopReason;
    this.#hasProgress = stopReason !== this.#stopReason;
    this.#stopReason = stopReason;
    this.#stopSequence = delta['stop_sequence'] ?? this.#stopSequence;
    this.#usage = laterUsage(this.#usage, body['usage']);
    collectExtra(this.#extra, delta);
    collectExtra(this.#extra, body, deltaEventFields);
  }

  #add(block: OpenBlock, parts: readonly BlockPart[], out: PredictPart[]): void {
    for (const part of parts) {
      const isNext = this.#lastBlock !== block && this.#lastType === part.type;
      const isText = part.type === 'text-delta' || part.type === 'reasoning-delta';
      const said = isNext && isText ? { ...part, startsBlock: true as const } : part;
      if (this.#emulated === undefined) out.push(said);
      else this.#emulated.add(block, said, out);
      this.#lastBlock = block;
      this.#lastType = part.type;
      this.#output.addPart(part);
    }
  }

  #begin(out: PredictPart[]): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    const inputUsage = usageFromWire(this.#usage);
    out.push({
      type: 'start',
      ...answererOf(this.#message ?? {}, this.#context),
      ...(inputUsage === undefined ? {} : { inputUsage }),
      ...(isPresent(this.#extra) ? { extra: { ...this.#extra } } : {}),
    });
  }

  /** The only place that makes an `end`. A block that nobody stopped ends with the message. */
  #end(out: PredictPart[]): void {
    if (this.#message === undefined) throw upstreamMalformed('message_stop without message_start');
    if (this.#stopReason === undefined || this.#stopReason === null)
      throw upstreamMalformed('message_stop without a stop_reason');
    this.#begin(out);
    for (const index of [...this.#open.keys()]) this.#closeBlock(index, out);
    const fields = {
      stopReason: this.#stopReason,
      stopSequence: this.#stopSequence,
      usage: this.#usage,
      extra: this.#extra,
      isAnswerTool: this.#context.answerTool !== undefined && this.#toolCalls === 0,
    };
    const ending = endingOf(fields);
    this.#emulated?.finish(ending.finishReason, out);
    out.push({ type: 'end', ...ending });
  }
}

/** Data without JSON under the name of an event that nobody knows is none of ours. */
function isKnown(event: string): boolean {
  return event === '' || event === 'message' || event.startsWith('message_') || event.startsWith('content_block_');
}

/** What the event says of itself, or its name. Throws for one that has neither and yet says something. */
function typeOf(body: JsonObject, name: string): string {
  const type = textValueOf(body['type']) ?? name;
  const isNameless = type === '' || type === 'message';
  if (isNameless && !isPresent(body['error']) && signs.some((sign) => Object.hasOwn(body, sign)))
    throw upstreamMalformed('an event has no type');
  return type;
}

/** By these a typeless event is known as one of ours, with content. */
const signs = ['type', 'delta', 'content_block'] as const;

/** True of a delta with more than its type and empty values. */
function holdsSomething(delta: JsonObject): boolean {
  for (const name in delta) if (name !== 'type' && isPresent(delta[name])) return true;
  return false;
}
