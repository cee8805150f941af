// The events of Triton's generate_stream as our parts. A whole answer (generate) is one such event, so both forms agree.

import type { IncomingHttpHeaders } from 'node:http';
import { SluiceError, upstreamMalformed } from '../../core/error.ts';
import { entryOf, isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Ending, FinishReason, PredictPart, PredictRequest } from '../../core/predict.ts';
import { type AnswerContext, downgradesOf } from '../translation/answer-context.ts';
import { keepField } from '../translation/extra-fields.ts';
import { OutputText, settleUsage, unknownUsage } from '../translation/usage.ts';
import { isPresent, parseObject, textValueOf } from '../translation/wire-values.ts';
import type { EndPart, StreamReader } from '../transport/part-stream.ts';
import type { EmbeddedFailure } from '../transport/vendor-error.ts';
import type { WholeAnswer } from '../transport/whole-call.ts';

/** Words of vLLM's backend, which says them when `return_finish_reason` is among the configured parameters. */
const finishReasons: Readonly<Record<string, FinishReason>> = { stop: 'stop', length: 'length' };

/** Words for an answer that the server gave up. */
const failures: ReadonlySet<string> = new Set(['abort', 'error']);

/** Fields that are read, or that only name the call. */
const knownFields: ReadonlySet<string> = new Set([
  'error',
  'finish_reason',
  'id',
  'model_name',
  'model_version',
  'sequence_end',
  'sequence_id',
  'sequence_start',
  'text_output',
]);

/**
 * When a stream is complete. Triton sends no last event: the end of the body is the end of the answer. HTTP tells a body that
 * was cut from one that ended only where it has a frame (chunks, or a length): without one, and when no event came at all,
 * the end is `upstream_truncated`. A stream in which the backend says `finish_reason` is complete in any case.
 *
 * Why the model stopped is not said otherwise; it then counts as `stop`.
 */
export class GenerateStreamReader implements StreamReader {
  readonly #request: PredictRequest;
  readonly #context: AnswerContext;
  readonly #failure: EmbeddedFailure;
  readonly #output: OutputText = new OutputText();
  readonly #extra: JsonObject = {};
  #hasStarted: boolean = false;
  #isFramed: boolean = false;
  #rawFinishReason: string | undefined;
  /** The last event said why the model stopped. */
  #hasProgress: boolean = false;

  constructor(request: PredictRequest, context: AnswerContext, failure: EmbeddedFailure) {
    this.#request = request;
    this.#context = context;
    this.#failure = failure;
  }

  head(headers: IncomingHttpHeaders): void {
    this.#isFramed = headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;
  }

  isProgress(): boolean {
    return this.#hasProgress;
  }

  read(_event: string, data: string, out: PredictPart[]): boolean {
    this.#hasProgress = false;
    if (data.trim() === '' || data.startsWith('[DONE]')) return false; // Proxies add these.
    this.#add(parseObject(data, 'an event'), out);
    return false;
  }

  finish(out: PredictPart[]): void {
    const isKnownEnd = this.#isFramed || this.#rawFinishReason !== undefined;
    if (!this.#hasStarted || !isKnownEnd) {
      const detail = this.#hasStarted ? 'the body has no frame: whether it is whole cannot be told' : 'no event';
      throw new SluiceError('upstream_truncated', { detail, upstream: { target: this.#context.target } });
    }
    out.push({ type: 'end', ...this.#ending() });
  }

  whole(answer: WholeAnswer, out: PredictPart[]): void {
    this.#add(parseObject(answer.body, 'the answer'), out);
    out.push({ type: 'end', ...this.#ending() });
  }

  settle(end: EndPart): EndPart | Promise<EndPart> {
    return settleUsage(end, this.#request, this.#output, this.#context.estimator);
  }

  #add(body: JsonObject, out: PredictPart[]): void {
    if (isPresent(body['error'])) throw this.#failure(body);
    const text = textOf(body['text_output']);
    this.#readFinishReason(body['finish_reason']);
    this.#keepExtra(body);
    if (!this.#hasStarted) {
      this.#hasStarted = true;
      out.push(startOf(body, this.#context));
    }
    if (text === '') return;
    this.#output.add(text);
    out.push({ type: 'text-delta', text });
  }

  #readFinishReason(value: JsonValue | undefined): void {
    const word = textValueOf(value);
    if (word === undefined || word === 'None') return; // Python's word for "not yet".
    if (failures.has(word)) {
      throw new SluiceError('upstream_truncated', {
        detail: `finish reason ${word}`,
        upstream: { target: this.#context.target },
      });
    }
    this.#hasProgress = word !== this.#rawFinishReason;
    this.#rawFinishReason = word;
  }

  /** Other outputs of the model, the last value of each. Lists (log probabilities, logits) are as long as the text, and left out. */
  #keepExtra(body: JsonObject): void {
    for (const [name, value] of Object.entries(body)) {
      const isStructure = Array.isArray(value) || isJsonObject(value) || value === null;
      if (!knownFields.has(name) && !isStructure) keepField(this.#extra, name, value);
    }
  }

  #ending(): Ending {
    const raw = this.#rawFinishReason;
    const known = raw === undefined ? 'stop' : (entryOf(finishReasons, raw) ?? 'other');
    return {
      finishReason: known,
      ...(raw === undefined ? {} : { rawFinishReason: raw }),
      usage: unknownUsage,
      ...(Object.keys(this.#extra).length === 0 ? {} : { extra: this.#extra }),
    };
  }
}

function startOf(body: JsonObject, context: AnswerContext): Extract<PredictPart, { type: 'start' }> {
  return {
    type: 'start',
    id: textValueOf(body['id']) ?? context.requestId,
    model: textValueOf(body['model_name']) ?? context.model,
    target: context.target,
    createdAtMs: context.nowMs,
    attempts: 1,
    ...downgradesOf(context),
  };
}

/** Triton writes a tensor of one element as the element, of several as a list: a prompt has one text. */
function textOf(value: JsonValue | undefined): string {
  const text = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (typeof text !== 'string') throw upstreamMalformed('an answer has no text_output');
  return text;
}
