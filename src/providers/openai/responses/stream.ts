// The events of a streamed response of the Responses API as our parts.

import { partsOf } from '../../../core/collect.ts';
import { SluiceError, upstreamMalformed } from '../../../core/error.ts';
import { parseExactEvent } from '../../../core/exact-json.ts';
import { entryOf, type JsonObject, type JsonValue } from '../../../core/json.ts';
import type { Answerer, PredictPart, PredictRequest } from '../../../core/predict.ts';
import type { AnswerContext } from '../../translation/answer-context.ts';
import { OutputText, settleUsage } from '../../translation/usage.ts';
import {
  isPresent,
  listOf,
  objectOf,
  parseObject,
  strictListOf,
  strictPlaceOf,
  strictTextOf,
  textValueOf,
} from '../../translation/wire-values.ts';
import type { EndPart, StreamReader } from '../../transport/part-stream.ts';
import type { FailureContext } from '../../transport/vendor-error.ts';
import type { WholeAnswer } from '../../transport/whole-call.ts';
import { maxNoticeWord, maxOutputItems } from '../defaults.ts';
import { failureOfEvent, failureOfResponse } from './failure.ts';
import { asksCaller } from './finish-reason.ts';
import { answererOf, endingOf, responseFromWire } from './from-wire.ts';
import { keepsItems, textExtraOf } from './item-from-wire.ts';
import { type AnswerState, ItemStream, isForeignItem } from './item-stream.ts';

/**
 * The reader. A stream is complete with `response.completed` or `response.incomplete`, whose response has the usage; any other
 * end is `upstream_truncated`, `[DONE]` included. `response.failed` and `error` throw what they mean.
 *
 * Texts, refusals, reasoning and arguments become deltas as they come. Any other item becomes one opaque part when it is done.
 * For callers of the Responses API all events in between (an item that was added, a search that began, code that is being
 * written, a picture half drawn, and events that are not known here) become opaque deltas as well, the event without its
 * sequence number; their `type` begins with `response.`, by which they are told from items, and they are no content.
 *
 * `start` is held back until there is something to follow it, so that a failure before the first content is a failure of the
 * whole attempt and can be mended above.
 */
export class ResponseStreamReader implements StreamReader {
  readonly #request: PredictRequest;
  readonly #context: AnswerContext;
  readonly #failures: FailureContext;
  readonly #items: Map<number, ItemStream> = new Map();
  readonly #output: OutputText = new OutputText();
  readonly #state: AnswerState;
  #answerer: Answerer | undefined;
  #hasStarted: boolean = false;
  #hasCallersCall: boolean = false;
  #out: PredictPart[] = [];
  /** The last event announced or completed an item, or told something new of one. */
  #hasProgress: boolean = false;
  /** The last notice, by which one that is only repeated is known. */
  #lastNotice: string = '';

  constructor(request: PredictRequest, context: AnswerContext, failures: FailureContext) {
    this.#request = request;
    this.#context = context;
    this.#failures = failures;
    this.#state = { request, lastPiece: undefined, calls: 0, emit: (part) => this.#emit(part) };
  }

  isProgress(): boolean {
    return this.#hasProgress;
  }

  read(event: string, data: string, out: PredictPart[]): boolean {
    this.#hasProgress = false;
    if (data.startsWith('[DONE]')) throw this.#truncated('[DONE] before the response was complete');
    // A heartbeat. Under a name of this API there must be JSON.
    if (data.trim() === '' || (!isOurs(event) && !data.startsWith('{'))) return false;
    const body = parseObject(data, 'an event', parseExactEvent);
    const type = textValueOf(body['type']) ?? event;
    this.#out = out;
    if (type === 'error' || (type === '' && body['error'] !== undefined)) throw failureOfEvent(body, this.#failures);
    if (!type.startsWith('response.')) return false; // A keep-alive, or what is not known at all.
    const handler = entryOf(handlers, type);
    if (handler !== undefined) return handler(this, body) === true;
    this.#hasProgress = this.#isNews(type, body);
    this.progress(type, body);
    return false;
  }

  finish(): void {
    throw this.#truncated('no event that ends the response');
  }

  settle(end: EndPart): EndPart | Promise<EndPart> {
    return settleUsage(end, this.#request, this.#output, this.#context.estimator);
  }

  whole(answer: WholeAnswer, out: PredictPart[]): void {
    const body = parseObject(answer.body, 'the answer');
    if (objectOf(body['error']) !== undefined) throw failureOfResponse(body, this.#failures);
    const response = responseFromWire(body, this.#request, this.#context);
    this.#output.addContent(response.content);
    out.push(...partsOf(response));
  }

  /** Who answers, as known so far. */
  identify(event: JsonObject): void {
    const response = objectOf(event['response']);
    if (response !== undefined && !this.#hasStarted) this.#answerer = answererOf(response, this.#context);
  }

  /** The item that an event is about. One that was not announced is begun. */
  item(event: JsonObject): ItemStream {
    return this.#itemAt(indexOf(event));
  }

  /** An item was announced. */
  begin(event: JsonObject): void {
    const item = itemOf(event);
    this.#hasProgress = !this.#items.has(indexOf(event));
    if (isForeignItem(item)) this.progress('response.output_item.added', event);
    this.item(event).begin(item);
  }

  /** An item is whole. */
  done(event: JsonObject): void {
    const item = itemOf(event);
    const stream = this.item(event);
    this.#hasProgress = !stream.isDone;
    stream.finish(item);
    this.#hasCallersCall ||= asksCaller(item);
  }

  /** An event that only callers of the Responses API can use. */
  progress(type: string, event: JsonObject): void {
    if (!keepsItems(this.#request)) return;
    const { sequence_number: _, ...value } = event;
    this.#state.emit({ type: 'opaque-delta', dialect: 'openai-responses', value: { ...value, type }, isNotice: true });
  }

  /** The response is complete. Items that no event has brought are in it. */
  end(event: JsonObject): true {
    const response = objectOf(event['response']);
    if (response === undefined) throw upstreamMalformed('the last event holds no response');
    if (response['status'] === 'failed') throw failureOfResponse(response, this.#failures);
    this.identify(event);
    strictListOf(response['output'], 'output').forEach((value, index) => {
      const item = itemFrom(value);
      this.#itemAt(index).finish(item);
      this.#hasCallersCall ||= asksCaller(item);
    });
    this.#expectAllTold(listOf(response['output']));
    const ending = endingOf(response, this.#hasCallersCall, this.#request, this.#context);
    this.#begin();
    this.#out.push({ type: 'end', ...ending });
    return true;
  }

  /** The response failed. */
  fail(event: JsonObject): never {
    throw failureOfResponse(objectOf(event['response']) ?? event, this.#failures);
  }

  /** False for a notice that says what the last one said. What brings data (a piece of code, half a picture) is always news. */
  #isNews(type: string, { sequence_number: _, ...event }: JsonObject): boolean {
    for (const name in event) if (String(event[name]).length > maxNoticeWord) return true;
    const notice = JSON.stringify([type, event]);
    const isNews = notice !== this.#lastNotice || isPresent(event['delta']);
    this.#lastNotice = notice;
    return isNews;
  }

  /** What the whole response does not hold was told at another place: it would be told twice. */
  #expectAllTold(output: readonly JsonValue[]): void {
    if (output.length === 0) return;
    for (const item of this.#items.values())
      if (item.isOpen) throw upstreamMalformed('an item that the response lacks');
  }

  #itemAt(index: number): ItemStream {
    const known = this.#items.get(index);
    if (known !== undefined) return known;
    if (this.#items.size >= maxOutputItems) throw upstreamMalformed(`more than ${maxOutputItems} output items`);
    const item = new ItemStream(index, this.#state);
    this.#items.set(index, item);
    return item;
  }

  #emit(part: PredictPart): void {
    this.#begin();
    this.#output.addPart(part);
    this.#out.push(part);
  }

  #begin(): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#answerer ??= answererOf({}, this.#context);
    this.#out.push({ type: 'start', ...this.#answerer });
  }

  #truncated(detail: string): SluiceError {
    return new SluiceError('upstream_truncated', { detail, upstream: { target: this.#context.target } });
  }
}

function isOurs(event: string): boolean {
  return event === '' || event === 'error' || event.startsWith('response.');
}

/** Reads one event; true when it was the last. */
type Handler = (reader: ResponseStreamReader, event: JsonObject) => unknown;

/**
 * One row for each event that is more than progress. What is not here is passed on by `progress`: the calls of tools that the
 * vendor runs (web_search_call, file_search_call, code_interpreter_call, image_generation_call, mcp_call, mcp_list_tools, shell
 * calls), input of custom tools, and whatever comes to be.
 */
const handlers: Readonly<Record<string, Handler>> = {
  'response.created': (reader, event) => reader.identify(event),
  'response.in_progress': (reader, event) => reader.identify(event),
  'response.queued': (reader, event) => reader.identify(event),
  'response.completed': (reader, event) => reader.end(event),
  'response.incomplete': (reader, event) => reader.end(event),
  'response.done': (reader, event) => reader.end(event),
  'response.cancelled': (reader, event) => reader.end(event),
  'response.failed': (reader, event) => reader.fail(event),
  'response.output_item.added': (reader, event) => reader.begin(event),
  'response.output_item.done': (reader, event) => reader.done(event),
  // What these announce and repeat is in the deltas and in the item, but for further fields of a text.
  'response.content_part.added': () => false,
  'response.content_part.done': (reader, event) => {
    const part = objectOf(event['part']);
    if (part !== undefined && textExtraOf(part) !== undefined)
      reader.item(event).finishText(event['content_index'], part);
    return false;
  },
  'response.reasoning_summary_part.added': () => false,
  'response.reasoning_summary_part.done': () => false,
  'response.output_text.delta': (reader, event) =>
    reader.item(event).addText('text', event['content_index'], deltaOf(event), event['logprobs']),
  'response.output_text.done': (reader, event) =>
    reader.item(event).completeText('text', event['content_index'], textOf(event['text'])),
  'response.output_text.annotation.added': (reader, event) =>
    reader.item(event).addAnnotation(event['content_index'], event['annotation'] ?? null),
  'response.refusal.delta': (reader, event) =>
    reader.item(event).addText('refusal', event['content_index'], deltaOf(event), event['logprobs']),
  'response.refusal.done': (reader, event) =>
    reader.item(event).completeText('refusal', event['content_index'], textOf(event['refusal'])),
  'response.reasoning_summary_text.delta': (reader, event) =>
    reader.item(event).addReasoning('summary_text', event['summary_index'], deltaOf(event)),
  'response.reasoning_summary_text.done': (reader, event) =>
    reader.item(event).completeReasoning('summary_text', event['summary_index'], textOf(event['text'])),
  'response.reasoning_text.delta': (reader, event) =>
    reader.item(event).addReasoning('reasoning_text', event['content_index'], deltaOf(event)),
  'response.reasoning_text.done': (reader, event) =>
    reader.item(event).completeReasoning('reasoning_text', event['content_index'], textOf(event['text'])),
  'response.function_call_arguments.delta': (reader, event) => reader.item(event).addArguments(deltaOf(event)),
  'response.function_call_arguments.done': (reader, event) =>
    reader.item(event).completeArguments(textOf(event['arguments'])),
};

function indexOf(event: JsonObject): number {
  return strictPlaceOf(event['output_index'], 'output_index');
}

function itemOf(event: JsonObject): JsonObject {
  return itemFrom(event['item']);
}

function itemFrom(value: JsonValue | undefined): JsonObject {
  const item = objectOf(value);
  if (textValueOf(item?.['type']) === undefined || item === undefined) throw upstreamMalformed('an item has no type');
  return item;
}

/** What a delta must have; a whole that is repeated may be left out. */
function deltaOf({ delta }: JsonObject): string {
  if (typeof delta !== 'string') throw upstreamMalformed('an event has no delta');
  return delta;
}

function textOf(value: JsonValue | undefined): string {
  return strictTextOf(value, 'a whole text');
}
