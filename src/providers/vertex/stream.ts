// The chunks of a streamed answer as our parts. A whole answer is one such chunk (from-wire.ts), so both forms agree.

import { SluiceError, upstreamMalformed } from '../../core/error.ts';
import { parseExactJson } from '../../core/exact-json.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Answerer, PredictPart, PredictRequest } from '../../core/predict.ts';
import { type AnswerContext, downgradesOf } from '../translation/answer-context.ts';
import { numbersOf, OtherChoices } from '../translation/other-choices.ts';
import { OutputText, settleUsage, unknownUsage } from '../translation/usage.ts';
import {
  isPresent,
  listOf,
  objectOf,
  parseObject,
  strictPlaceOf,
  textValueOf,
  truncated,
} from '../translation/wire-values.ts';
import { type EndPart, isForeignEvent, type StreamReader } from '../transport/part-stream.ts';
import { safeMessage } from '../transport/safe-message.ts';
import type { EmbeddedFailure } from '../transport/vendor-error.ts';
import type { WholeAnswer } from '../transport/whole-call.ts';
import { AnswerExtra } from './answer-extra.ts';
import { CandidateReader } from './candidate-reader.ts';
import { isFailure } from './errors.ts';
import { isCounted, outputCountOf, usageFromWire } from './usage.ts';

/**
 * When a stream is complete: a finish reason was seen and the body ended well. There is no last event on this wire; chunks
 * with usage or grounding may follow the finish reason. A body that ends without one is `upstream_truncated`. A prompt that
 * was blocked has no candidate: it is `content_filtered`.
 *
 * `start` is held back until there is something to follow it, so that a failure before the first content is a failure of the
 * whole attempt and can be mended above. Of several candidates each that has begun must finish; those that were not asked for are
 * skipped.
 */
export class GenerateStreamReader implements StreamReader {
  readonly #request: PredictRequest;
  readonly #context: AnswerContext;
  readonly #failure: EmbeddedFailure;
  readonly #extra: AnswerExtra = new AnswerExtra();
  #answerer: Answerer | undefined;
  #hasStarted: boolean = false;
  /** The last chunk had a higher count of tokens, a new finish reason, or a piece of a call that is put together. */
  #hasProgress: boolean = false;
  /** The last `usageMetadata` that has counts: they are cumulative. */
  #usage: JsonObject | undefined;
  /** What the model wrote, in case nobody says how many tokens it was. */
  readonly #output: OutputText = new OutputText();
  readonly #first: CandidateReader = new CandidateReader(0, this.#extra, this.#output);
  /** Absent when one candidate was asked for. */
  readonly #others: OtherChoices<OtherCandidate> | undefined;

  constructor(request: PredictRequest, context: AnswerContext, failure: EmbeddedFailure) {
    this.#request = request;
    this.#context = context;
    this.#failure = failure;
    const { choiceCount = 1 } = request.sampling;
    if (choiceCount > 1) this.#others = new OtherChoices(choiceCount, (choice) => this.#createOther(choice));
  }

  isProgress(): boolean {
    return this.#hasProgress;
  }

  read(event: string, data: string, out: PredictPart[]): boolean {
    this.#hasProgress = false;
    if (data.trim() === '' || data.startsWith('[DONE]')) return false; // Proxies add these; the end is that of the body.
    if (isForeignEvent(event) && !data.startsWith('{')) return false;
    this.readChunk(parseObject(data, 'an event'), out);
    return false;
  }

  finish(out: PredictPart[]): void {
    const areFinished = this.#first.isFinished && (this.#others?.every(({ reader }) => reader.isFinished) ?? true);
    if (!areFinished) throw truncated('no finishReason', this.#context.target);
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
    if (isFailure(chunk)) throw this.#failure(chunk);
    if (!answerSigns.some((name) => Object.hasOwn(chunk, name))) throw upstreamMalformed('a chunk that is no answer');
    const candidate = firstCandidate(chunk);
    if (!this.#hasStarted) this.#answerer = this.#answererOf(chunk);
    const usage = objectOf(chunk['usageMetadata']);
    if (usage !== undefined && isCounted(usage)) {
      this.#hasProgress = outputCountOf(usage) > outputCountOf(this.#usage);
      this.#usage = usage;
    }
    if (candidate === undefined) this.#checkFeedback(objectOf(chunk['promptFeedback']));
    this.#extra.addChunk(chunk);
    if (candidate !== undefined) this.#extra.addCandidate(candidate);
    const before = out.length;
    if (candidate !== undefined && this.#first.read(candidate, this.#answerId, out)) this.#hasProgress = true;
    if (this.#others !== undefined) this.#readOthers(this.#others, chunk, out);
    if (out.length > before) this.#begin(out, before);
  }

  #readOthers(others: OtherChoices<OtherCandidate>, chunk: JsonObject, out: PredictPart[]): void {
    const candidates = listOf(chunk['candidates']).map(candidateOf);
    for (const { index } of candidates) strictPlaceOf(index, 'index');
    const numbers = numbersOf(candidates);
    for (const [place, candidate] of candidates.entries()) {
      others.read(numbers[place] ?? 0, out, ({ reader, extra }, deltas) => {
        if (reader.read(candidate, this.#answerId, deltas)) this.#hasProgress = true;
        extra.addCandidate(candidate);
      });
    }
  }

  get #answerId(): string {
    return this.#answerer?.id ?? this.#context.requestId;
  }

  /** Ends an answer that came in one body: such a body is complete also where it does not say why the model stopped. */
  finishWhole(out: PredictPart[]): void {
    if (!this.#first.isFinished && !this.#hasStarted) throw upstreamMalformed('the answer has no content');
    this.#end(out);
  }

  #createOther(choice: number): OtherCandidate {
    const extra = new AnswerExtra();
    return { reader: new CandidateReader(choice, extra, this.#output), extra };
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

  /** The start goes before the parts that were made of the chunk that begins the answer. */
  #begin(out: PredictPart[], position: number): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    const inputUsage = usageFromWire(this.#usage);
    out.splice(position, 0, {
      type: 'start',
      ...(this.#answerer ?? this.#answererOf({})),
      ...(inputUsage === undefined ? {} : { inputUsage }),
    });
  }

  /** The only place that makes an `end`; everything that forbids one throws before. */
  #end(out: PredictPart[]): void {
    const before = out.length;
    const ending = this.#first.finish(out);
    this.#others?.end(out, ({ reader, extra: { fields } }, deltas) => {
      const other = reader.finish(deltas);
      return fields === undefined ? other : { ...other, extra: fields };
    });
    this.#begin(out, before);
    const extra = this.#extra.fields;
    out.push({
      type: 'end',
      ...ending,
      usage: usageFromWire(this.#usage) ?? unknownUsage,
      ...(extra === undefined ? {} : { extra }),
    });
  }
}

/** A candidate behind the first: its reader, and its fields without a name here. */
interface OtherCandidate {
  readonly reader: CandidateReader;
  readonly extra: AnswerExtra;
}

/** A chunk has at least one of these. */
const answerSigns = ['candidates', 'promptFeedback', 'usageMetadata', 'responseId', 'modelVersion'] as const;

/** The candidate with index 0, or without an index. */
function firstCandidate({ candidates }: JsonObject): JsonObject | undefined {
  if (candidates === undefined) return undefined;
  if (!Array.isArray(candidates)) throw upstreamMalformed('candidates is not a list');
  for (const item of candidates) {
    const candidate = candidateOf(item);
    if (strictPlaceOf(candidate['index'], 'index') === 0) return candidate;
  }
  return undefined;
}

function candidateOf(item: JsonValue): JsonObject {
  const candidate = objectOf(item);
  if (candidate === undefined) throw upstreamMalformed('a candidate is not an object');
  return candidate;
}

/** A body as chunks: a list of them, or one. */
function parseChunks(body: string): JsonObject[] {
  let value: JsonValue;
  try {
    value = parseExactJson(body);
  } catch {
    throw upstreamMalformed(`the answer of ${body.length} characters is not JSON`);
  }
  const chunks = (Array.isArray(value) ? value : [value]).map(objectOf);
  return chunks.map((chunk) => chunk ?? reject());
}

function reject(): never {
  throw upstreamMalformed('the answer is neither a JSON object nor a list of them');
}
