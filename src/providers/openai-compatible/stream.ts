// The chunks of a streamed chat completion as our parts.

import { partsOf } from '../../core/collect.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Answerer, PredictPart, PredictRequest, TokenLogprob } from '../../core/predict.ts';
import { textsOf } from '../../ports/token-estimator.ts';
import type { AnswerContext } from '../translation/answer-context.ts';
import { maxExtraFields } from '../translation/defaults.ts';
import { OutputText, settleUsage, unknownUsage } from '../translation/usage.ts';
import {
  countOf,
  isPresent,
  listOf,
  malformed,
  objectOf,
  parseObject,
  textValueOf,
} from '../translation/wire-values.ts';
import type { EndPart, StreamReader } from '../transport/part-stream.ts';
import type { WholeAnswer } from '../transport/whole-call.ts';
import {
  answererOf,
  collectExtra,
  contentPieces,
  logprobsOf,
  reasoningOf,
  unknownMessageFields,
} from './answer-fields.ts';
import { completionAsChat } from './completions.ts';
import { finishReasonOf, isUnfinished } from './finish-reason.ts';
import { predictFromWire } from './from-wire.ts';
import { ToolCallStream } from './tool-call-stream.ts';
import { isCounted, usageFromWire } from './usage.ts';

/** Makes a failure out of an `error` object that came within a stream or a body of status 200. */
export type EmbeddedFailure = (body: JsonObject) => SluiceError;

/** How the streams of one model end, as far as it is known: behind one gateway, models differ. Shared by all streams of it. */
export interface EndingHabit {
  /** True once a stream ended with `[DONE]`: a model that says it once says it always, so from then on a stream without it was cut. */
  saysDone: boolean;
}

/**
 * When a stream is complete. A chunk with a finish reason and then `[DONE]`: complete. A finish reason and then a clean end of
 * the body: complete only of models that are not known to say `[DONE]` (some leave it out), or where the last chunk says of
 * itself that it is the last (Perplexity). `[DONE]` without a finish reason: complete, as `other`, only of OpenRouter, when it has
 * reported usage in a chunk that names the reason and says null. Everything else is `upstream_truncated`.
 *
 * `start` is held back until there is something to follow it, so that a failure before the first content is a failure of
 * the whole attempt and can be mended above. A chunk without choices that is not usage adds nothing but its unknown fields.
 * Choices beyond the first cannot have been asked for and are skipped.
 */
export class ChatStreamReader implements StreamReader {
  readonly #request: PredictRequest;
  readonly #context: AnswerContext;
  readonly #failure: EmbeddedFailure;
  readonly #extra: JsonObject = {};
  readonly #tools: ToolCallStream = new ToolCallStream();
  #answerer: Answerer | undefined;
  #hasStarted: boolean = false;
  #rawFinishReason: string | undefined;
  #stopSequence: string | undefined;
  #fingerprint: string | undefined;
  /** The last usage that has both counts: figures are cumulative. */
  #usage: JsonObject | undefined;
  readonly #habit: EndingHabit;
  #isLastChunk: boolean = false;
  #hasNoReason: boolean = false;
  /** The last chunk had more usage than before, a new finish reason or a piece of a call that is put together. */
  #hasProgress: boolean = false;
  /** What the model wrote, in case nobody says how many tokens it was. */
  readonly #output: OutputText = new OutputText();
  /** Simple values among unknown delta fields as last sent on: Groq repeats its `channel` with every token. */
  readonly #lastUnknown: JsonObject = {};

  constructor(
    request: PredictRequest,
    context: AnswerContext,
    failure: EmbeddedFailure,
    habit: EndingHabit = { saysDone: false },
  ) {
    this.#request = request;
    this.#context = context;
    this.#failure = failure;
    this.#habit = habit;
  }

  isProgress(): boolean {
    return this.#hasProgress;
  }

  read(event: string, data: string, out: PredictPart[]): boolean {
    this.#hasProgress = false;
    if (data.startsWith('[DONE]')) {
      this.#end(out, this.#hasNoReason);
      this.#habit.saysDone = true;
      return true;
    }
    if (data.trim() === '') return false; // A heartbeat.
    const isForeign = event !== '' && event !== 'message' && event !== 'error';
    if (isForeign && !data.startsWith('{')) return false;
    const chunk = completionAsChat(parseObject(data, 'an event'));
    if (isForeign && chunk['choices'] === undefined && !isPresent(chunk['error'])) return false;
    if (isPresent(chunk['error']) || event === 'error' || chunk['object'] === 'error') throw this.#failure(chunk);
    const choice = firstChoice(chunk);
    this.#readAnswer(chunk, choice);
    if (choice !== undefined) this.#readChoice(choice, out);
    return false;
  }

  finish(out: PredictPart[]): void {
    if (this.#habit.saysDone && !this.#isLastChunk) throw this.#truncated('no [DONE]');
    this.#end(out, false);
  }

  settle(end: EndPart): EndPart | Promise<EndPart> {
    return settleUsage(end, this.#request, this.#output, this.#context.estimator);
  }

  whole(answer: WholeAnswer, out: PredictPart[]): void {
    const body = completionAsChat(parseObject(answer.body, 'the answer'));
    if (isPresent(body['error']) || body['object'] === 'error') throw this.#failure(body);
    const response = predictFromWire(body, this.#context);
    for (const text of textsOf(response.content)) this.#output.add(text);
    out.push(...partsOf(response));
  }

  /** What may come with any chunk. */
  #readAnswer(chunk: JsonObject, choice: JsonObject | undefined): void {
    // Until the start is sent, later chunks may know more: Azure's first one has neither id nor model.
    if (!this.#hasStarted) this.#answerer = answererOf(chunk, this.#context);
    const usage = chunk['usage'] ?? choice?.['usage'];
    if (isPresent(usage)) {
      if (isCounted(usage)) {
        this.#hasProgress = countOf(usage['completion_tokens']) !== countOf(this.#usage?.['completion_tokens']);
        this.#usage = usage;
      }
    }
    this.#fingerprint = textValueOf(chunk['system_fingerprint']) ?? this.#fingerprint;
    this.#isLastChunk = chunk['object'] === 'chat.completion.done';
    this.#hasNoReason = isPresent(usage) && choice !== undefined && Object.hasOwn(choice, 'native_finish_reason');
    collectExtra(this.#extra, chunk, choice);
  }

  /** A finish reason is only noted: usage and further fields come after it. */
  #readChoice(choice: JsonObject, out: PredictPart[]): void {
    const delta = objectOf(choice['delta']);
    const logprobs = logprobsOf(choice);
    if (delta !== undefined) this.#readDelta(delta, logprobs, out);
    else if (logprobs !== undefined) this.#readDelta({}, logprobs, out);
    const raw = textValueOf(choice['finish_reason']);
    if (raw === undefined) return;
    this.#hasProgress ||= raw !== this.#rawFinishReason;
    if (isUnfinished(raw)) throw this.#truncated(`finish_reason ${raw}`);
    this.#rawFinishReason = raw;
    this.#stopSequence = textValueOf(choice['stop_reason']);
  }

  /** The fields in the order in which a reader would want them; one chunk seldom holds more than one. */
  #readDelta(delta: JsonObject, logprobs: ReturnType<typeof logprobsOf>, out: PredictPart[]): void {
    const reasoning = reasoningOf(delta);
    if (reasoning !== '') this.#addText('reasoning', reasoning, out);
    const { content } = delta;
    const ofText = logprobs?.of === 'text' ? { logprobs: logprobs.tokens } : undefined;
    if (typeof content === 'string') this.#addText('text', content, out, ofText);
    else {
      this.#addText('text', '', out, ofText);
      if (content !== null && content !== undefined) this.#addPieces(content, out);
    }
    const ofRefusal = logprobs?.of === 'refusal' ? { logprobs: logprobs.tokens } : undefined;
    this.#addText('refusal', textValueOf(delta['refusal']) ?? '', out, ofRefusal);
    const unknown = unknownMessageFields(delta);
    if (unknown !== undefined) this.#addUnknown(unknown, out);
    if (isPresent(delta['tool_calls'])) this.#addCalls(delta['tool_calls'], out);
    const legacy = objectOf(delta['function_call']);
    if (legacy !== undefined) this.#addCalls([{ index: 0, function: legacy }], out);
  }

  /** Empty text only when it carries log probabilities: those of special tokens have no text. */
  #addText(
    kind: 'text' | 'reasoning' | 'refusal',
    text: string,
    out: PredictPart[],
    spoken?: { readonly logprobs: readonly TokenLogprob[] },
  ): void {
    if (text === '' && spoken === undefined) return;
    this.#output.add(text);
    this.#add({ type: `${kind}-delta`, text, ...spoken }, out);
  }

  /** Content that is a list: see contentPieces. */
  #addPieces(content: JsonValue, out: PredictPart[]): void {
    for (const piece of contentPieces(content)) {
      if (piece.type === 'opaque') this.#add({ type: 'opaque-delta', dialect: 'openai', value: piece.value }, out);
      else this.#addText(piece.type, piece.text, out);
    }
  }

  /** One opaque delta with the fields that are lists, objects, or simple values that have changed. */
  #addUnknown(unknown: JsonObject, out: PredictPart[]): void {
    const last = this.#lastUnknown;
    const value: JsonObject = {};
    for (const name in unknown) {
      const field = unknown[name];
      if (field === undefined) continue;
      if (typeof field !== 'object') {
        if (last[name] === field) continue;
        if (Object.keys(last).length < maxExtraFields) last[name] = field;
      }
      value[name] = field;
    }
    if (isPresent(value)) this.#add({ type: 'opaque-delta', dialect: 'openai', value }, out);
  }

  /** The start comes first: a made-up call id is made from the answer's. */
  #addCalls(calls: JsonValue | undefined, out: PredictPart[]): void {
    this.#begin(out);
    const before = out.length;
    const isHeld = this.#tools.read(calls, this.#answerer?.id ?? this.#context.requestId, out);
    this.#hasProgress ||= isHeld;
    for (let index = before; index < out.length; index += 1) {
      const part = out[index];
      if (part?.type === 'tool-call-start') this.#output.add(part.name);
      else if (part?.type === 'tool-call-delta') this.#output.add(part.argumentsDelta);
    }
  }

  #add(part: PredictPart, out: PredictPart[]): void {
    this.#begin(out);
    out.push(part);
  }

  #begin(out: PredictPart[]): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#answerer ??= answererOf({}, this.#context);
    out.push({ type: 'start', ...this.#answerer });
  }

  /** The only place that makes an `end`; everything that forbids one throws before. */
  #end(out: PredictPart[], isCompleteWithoutReason: boolean): void {
    const raw = this.#rawFinishReason;
    if (raw === undefined && !isCompleteWithoutReason) throw this.#truncated('no finish_reason');
    this.#begin(out);
    this.#tools.finish(out);
    out.push({
      type: 'end',
      finishReason: raw === undefined ? 'other' : finishReasonOf(raw),
      ...(raw === undefined ? {} : { rawFinishReason: raw }),
      ...(this.#stopSequence === undefined ? {} : { stopSequence: this.#stopSequence }),
      usage: usageFromWire(this.#usage) ?? unknownUsage,
      ...(this.#fingerprint === undefined ? {} : { systemFingerprint: this.#fingerprint }),
      ...(isPresent(this.#extra) ? { extra: this.#extra } : {}),
    });
  }

  #truncated(detail: string): SluiceError {
    return new SluiceError('upstream_truncated', { detail, upstream: { target: this.#context.target } });
  }
}

/** The choice with index 0, or without an index. */
function firstChoice(chunk: JsonObject): JsonObject | undefined {
  const { choices } = chunk;
  if (choices === undefined || choices === null) return undefined;
  if (!Array.isArray(choices)) throw malformed('choices is not a list');
  for (const item of listOf(choices)) {
    const choice = objectOf(item);
    if (choice === undefined) throw malformed('a choice is not an object');
    if ((choice['index'] ?? 0) === 0) return choice;
  }
  return undefined;
}
