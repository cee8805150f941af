// The chunks of a streamed answer as our parts. A whole answer is one such chunk (from-wire.ts), so both forms agree.

import { SluiceError } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Answerer, PredictPart, PredictRequest, TokenLogprob } from '../../core/predict.ts';
import { type AnswerContext, downgradesOf } from '../translation/answer-context.ts';
import { OutputText, settleUsage, unknownUsage } from '../translation/usage.ts';
import { isPresent, listOf, malformed, objectOf, parseObject, textValueOf } from '../translation/wire-values.ts';
import type { EndPart, StreamReader } from '../transport/part-stream.ts';
import { safeMessage } from '../transport/safe-message.ts';
import type { WholeAnswer } from '../transport/whole-call.ts';
import { AnswerExtra } from './answer-extra.ts';
import { CallStream } from './call-stream.ts';
import { finishReasonOf, rawFinishReasonOf } from './finish-reason.ts';
import { logprobsOf } from './logprobs.ts';
import { signatureExtra } from './tools-to-wire.ts';
import { isCounted, outputCountOf, usageFromWire } from './usage.ts';

/** Makes a failure out of an `error` object that came within a stream or a body of status 200. */
export type EmbeddedFailure = (body: JsonObject) => SluiceError;

/**
 * When a stream is complete: a finish reason was seen and the body ended well. There is no last event on this wire; chunks
 * with usage or grounding may follow the finish reason. A body that ends without one is `upstream_truncated`. A prompt that
 * was blocked has no candidate: it is `content_filtered`.
 *
 * `start` is held back until there is something to follow it, so that a failure before the first content is a failure of the
 * whole attempt and can be mended above. Candidates beyond the first cannot have been asked for and are skipped.
 */
export class GenerateStreamReader implements StreamReader {
  readonly #request: PredictRequest;
  readonly #context: AnswerContext;
  readonly #failure: EmbeddedFailure;
  readonly #extra: AnswerExtra = new AnswerExtra();
  readonly #calls: CallStream = new CallStream();
  #answerer: Answerer | undefined;
  #hasStarted: boolean = false;
  #rawFinishReason: string | undefined;
  /** The last chunk had a higher count of tokens, a new finish reason, or a piece of a call that is put together. */
  #hasProgress: boolean = false;
  /** The last `usageMetadata` that has counts: they are cumulative. */
  #usage: JsonObject | undefined;
  /** What the model wrote, in case nobody says how many tokens it was. */
  readonly #output: OutputText = new OutputText();

  constructor(request: PredictRequest, context: AnswerContext, failure: EmbeddedFailure) {
    this.#request = request;
    this.#context = context;
    this.#failure = failure;
  }

  isProgress(): boolean {
    return this.#hasProgress;
  }

  read(event: string, data: string, out: PredictPart[]): boolean {
    this.#hasProgress = false;
    if (data.trim() === '' || data.startsWith('[DONE]')) return false; // Proxies add these; the end is that of the body.
    const isForeign = event !== '' && event !== 'message' && event !== 'error';
    if (isForeign && !data.startsWith('{')) return false;
    this.readChunk(parseObject(data, 'an event'), out);
    return false;
  }

  finish(out: PredictPart[]): void {
    if (this.#rawFinishReason === undefined) throw this.#truncated('no finishReason');
    this.#end(out);
  }

  settle(end: EndPart): EndPart | Promise<EndPart> {
    return settleUsage(end, this.#request, this.#output, this.#context.estimator);
  }

  /** One JSON body although a stream was asked for: a whole answer, or the list of chunks of a stream without `alt=sse`. */
  whole(answer: WholeAnswer, out: PredictPart[]): void {
    const chunks = parseChunks(answer.body);
    for (const chunk of chunks) this.readChunk(chunk, out);
    if (chunks.length === 1) this.finishWhole(out);
    else this.finish(out);
  }

  /** One chunk, or a whole answer. */
  readChunk(chunk: JsonObject, out: PredictPart[]): void {
    if (isPresent(chunk['error'])) throw this.#failure(chunk);
    if (!answerSigns.some((name) => Object.hasOwn(chunk, name))) throw malformed('a chunk that is no answer');
    const candidate = firstCandidate(chunk);
    if (!this.#hasStarted) this.#answerer = this.#answererOf(chunk);
    const usage = objectOf(chunk['usageMetadata']);
    if (usage !== undefined && isCounted(usage)) {
      this.#hasProgress = outputCountOf(usage) > outputCountOf(this.#usage);
      this.#usage = usage;
    }
    if (candidate === undefined) this.#checkFeedback(objectOf(chunk['promptFeedback']));
    this.#extra.add(chunk, candidate);
    if (candidate !== undefined) this.#readCandidate(candidate, out);
  }

  /** Ends an answer that came in one body: such a body is complete also where it does not say why the model stopped. */
  finishWhole(out: PredictPart[]): void {
    if (this.#rawFinishReason === undefined && !this.#hasStarted) throw malformed('the answer has no content');
    this.#end(out);
  }

  #readCandidate(candidate: JsonObject, out: PredictPart[]): void {
    const logprobs = logprobsOf(candidate['logprobsResult']);
    let pending = logprobs;
    for (const item of listOf(objectOf(candidate['content'])?.['parts'])) {
      const part = objectOf(item);
      if (part === undefined) throw malformed('a part is not an object');
      if (this.#readPart(part, pending, out)) pending = undefined;
    }
    if (pending !== undefined) this.#add({ type: 'text-delta', text: '', logprobs: pending }, out);
    const raw = rawFinishReasonOf(candidate['finishReason']) ?? this.#rawFinishReason;
    this.#hasProgress ||= raw !== this.#rawFinishReason;
    this.#rawFinishReason = raw;
  }

  /** True when the log probabilities went out with the part. */
  #readPart(part: JsonObject, logprobs: readonly TokenLogprob[] | undefined, out: PredictPart[]): boolean {
    const { text, thought, thoughtSignature, thought_signature: snake = thoughtSignature, ...others } = part;
    const signature = textValueOf(snake);
    const call = objectOf(part['functionCall']);
    if (call !== undefined) {
      this.#begin(out);
      this.#hasProgress ||= isPresent(call['partialArgs']) || isPresent(call['args']);
      const id = this.#answerer?.id ?? this.#context.requestId;
      this.#addCalls(out, () => this.#calls.read(call, signature, id, out));
      return false;
    }
    if (typeof text !== 'string' && isPresent(others)) {
      // Code that was run and its result, data, calls of Google's own tools: as they came.
      this.#add({ type: 'opaque-delta', dialect: 'vertex', value: part }, out);
      return false;
    }
    for (const name in others) this.#extra.set(name, others[name] ?? null);
    if (thought !== true) return this.#readText(textValueOf(text) ?? '', signature, logprobs, out);
    this.#readThought(textValueOf(text) ?? '', signature, out);
    return false;
  }

  #readThought(text: string, signature: string | undefined, out: PredictPart[]): void {
    if (text === '' && signature === undefined) return;
    this.#output.add(text);
    this.#add({ type: 'reasoning-delta', text, ...(signature === undefined ? {} : { signature }) }, out);
  }

  /** A signature often comes last, with an empty text of its own. */
  #readText(
    text: string,
    signature: string | undefined,
    logprobs: readonly TokenLogprob[] | undefined,
    out: PredictPart[],
  ): boolean {
    if (text === '' && signature === undefined) return false;
    this.#output.add(text);
    const extra = signature === undefined ? {} : { extra: signatureExtra(signature) };
    this.#add({ type: 'text-delta', text, ...(logprobs === undefined ? {} : { logprobs }), ...extra }, out);
    return logprobs !== undefined;
  }

  /** A block reason stands in place of candidates. Ratings alone are no verdict. */
  #checkFeedback(feedback: JsonObject | undefined): void {
    const reason = feedback?.['blockReason'];
    if (feedback === undefined || !isPresent(reason)) return;
    const word = typeof reason === 'string' && /^[A-Z_]{1,60}$/.test(reason) ? reason : 'OTHER';
    const words = safeMessage(textValueOf(feedback['blockReasonMessage']), []);
    throw new SluiceError('content_filtered', {
      message: `The provider blocked the prompt (${word}).${words === undefined ? '' : ` ${words}`}`,
      detail: `blockReason ${word}`,
      upstream: { target: this.#context.target, type: 'prompt_blocked', code: word },
    });
  }

  #answererOf(chunk: JsonObject): Answerer {
    const { requestId, model, target, nowMs } = this.#context;
    const before = this.#answerer;
    const createdAtMs = Date.parse(textValueOf(chunk['createTime']) ?? '');
    return {
      id: textValueOf(chunk['responseId']) ?? before?.id ?? requestId,
      model: textValueOf(chunk['modelVersion']) ?? before?.model ?? model,
      target,
      createdAtMs: Number.isNaN(createdAtMs) ? (before?.createdAtMs ?? nowMs) : createdAtMs,
      attempts: 1,
      ...downgradesOf(this.#context),
    };
  }

  #addCalls(out: PredictPart[], add: () => void): void {
    const before = out.length;
    add();
    for (const part of out.slice(before)) {
      if (part.type === 'tool-call-start') this.#output.add(part.name);
      else if (part.type === 'tool-call-delta') this.#output.add(part.argumentsDelta);
    }
  }

  #add(part: PredictPart, out: PredictPart[]): void {
    this.#begin(out);
    out.push(part);
  }

  #begin(out: PredictPart[]): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    out.push({ type: 'start', ...(this.#answerer ?? this.#answererOf({})) });
  }

  /** The only place that makes an `end`; everything that forbids one throws before. */
  #end(out: PredictPart[]): void {
    this.#begin(out);
    this.#addCalls(out, () => this.#calls.finish(out));
    const raw = this.#rawFinishReason;
    const extra = this.#extra.fields;
    out.push({
      type: 'end',
      finishReason: raw === undefined ? 'other' : finishReasonOf(raw, this.#calls.count > 0),
      ...(raw === undefined ? {} : { rawFinishReason: raw }),
      usage: usageFromWire(this.#usage) ?? unknownUsage,
      ...(extra === undefined ? {} : { extra }),
    });
  }

  #truncated(detail: string): SluiceError {
    return new SluiceError('upstream_truncated', { detail, upstream: { target: this.#context.target } });
  }
}

/** A chunk has at least one of these. */
const answerSigns = ['candidates', 'promptFeedback', 'usageMetadata', 'responseId', 'modelVersion'] as const;

/** The candidate with index 0, or without an index. */
function firstCandidate(chunk: JsonObject): JsonObject | undefined {
  const { candidates } = chunk;
  if (candidates === undefined || candidates === null) return undefined;
  if (!Array.isArray(candidates)) throw malformed('candidates is not a list');
  for (const item of candidates) {
    const candidate = objectOf(item);
    if (candidate === undefined) throw malformed('a candidate is not an object');
    if ((candidate['index'] ?? 0) === 0) return candidate;
  }
  return undefined;
}

/** A body as chunks: a list of them, or one. */
function parseChunks(body: string): JsonObject[] {
  let value: JsonValue;
  try {
    value = JSON.parse(body) as JsonValue;
  } catch {
    throw malformed(`the answer of ${body.length} characters is not JSON`);
  }
  const chunks = (Array.isArray(value) ? value : [value]).map(objectOf);
  return chunks.map((chunk) => chunk ?? reject());
}

function reject(): never {
  throw malformed('the answer is neither a JSON object nor a list of them');
}
