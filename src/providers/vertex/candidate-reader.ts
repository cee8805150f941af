// The pieces of one candidate of a streamed answer as our parts.

import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { ChoiceEnding, TokenLogprob } from '../../core/predict.ts';
import type { DeltaSink } from '../translation/other-choices.ts';
import type { OutputText } from '../translation/usage.ts';
import {
  isPresent,
  objectOf,
  strictListOf,
  strictObjectOf,
  strictTextOf,
  textValueOf,
} from '../translation/wire-values.ts';
import type { AnswerExtra } from './answer-extra.ts';
import { CallStream } from './call-stream.ts';
import { finishReasonOf, rawFinishReasonOf } from './finish-reason.ts';
import { logprobsOf } from './logprobs.ts';
import { signatureExtra } from './tools-to-wire.ts';

/** Reads one candidate, chunk by chunk. */
export class CandidateReader {
  readonly #index: number;
  readonly #extra: AnswerExtra;
  readonly #output: OutputText;
  readonly #calls: CallStream = new CallStream();
  #rawFinishReason: string | undefined;

  /** `extra` gets the fields of parts that have no name here, `output` what the model writes. */
  constructor(index: number, extra: AnswerExtra, output: OutputText) {
    this.#index = index;
    this.#extra = extra;
    this.#output = output;
  }

  /** True once the candidate has said why it ended. */
  get isFinished(): boolean {
    return this.#rawFinishReason !== undefined;
  }

  /** Adds what was held back, and returns how the candidate ended: as `other` where it has not said. */
  finish(out: DeltaSink): ChoiceEnding {
    const before = out.length;
    this.#calls.finish(out);
    this.#output.addParts(out, before);
    const raw = this.#rawFinishReason;
    return {
      finishReason: raw === undefined ? 'other' : finishReasonOf(raw, this.#calls.count > 0),
      ...(raw === undefined ? {} : { rawFinishReason: raw }),
    };
  }

  /**
   * Adds the parts of the candidate in one chunk. True for what is a step of the answer although no part shows it: a new finish reason,
   * a piece of a call that is put together. A missing id of a call is made up from `answerId`.
   */
  read(candidate: JsonObject, answerId: string, out: DeltaSink): boolean {
    const before = out.length;
    let hasProgress = false;
    const logprobs = logprobsOf(candidate['logprobsResult']);
    let pending = logprobs;
    for (const item of partsOf(candidate)) {
      const part = objectOf(item);
      if (part === undefined) throw upstreamMalformed('a part is not an object');
      hasProgress ||= hasArguments(objectOf(part['functionCall']));
      if (this.#readPart(part, pending, answerId, out)) pending = undefined;
    }
    if (pending !== undefined) out.push({ type: 'text-delta', text: '', logprobs: pending });
    this.#output.addParts(out, before);
    const raw = rawFinishReasonOf(candidate['finishReason']) ?? this.#rawFinishReason;
    hasProgress ||= raw !== this.#rawFinishReason;
    this.#rawFinishReason = raw;
    return hasProgress;
  }

  /** True when the log probabilities went out with the part. */
  #readPart(
    part: JsonObject,
    logprobs: readonly TokenLogprob[] | undefined,
    answerId: string,
    out: DeltaSink,
  ): boolean {
    const { text, thought, thoughtSignature, thought_signature: snake = thoughtSignature, ...others } = part;
    const signature = textValueOf(snake);
    const call = strictObjectOf(part['functionCall'], 'functionCall');
    if (call !== undefined) {
      const id = this.#index === 0 ? answerId : `${answerId}_${this.#index}`;
      this.#calls.read(call, signature, id, out);
      return false;
    }
    if ((text === undefined || text === null) && isPresent(others)) {
      // Code that was run and its result, data, calls of Google's own tools: as they came.
      out.push({ type: 'opaque-delta', dialect: 'vertex', value: part });
      return false;
    }
    for (const name in others) this.#extra.set(name, others[name] ?? null);
    if (text === null || (thought !== undefined && typeof thought !== 'boolean'))
      throw upstreamMalformed('a part without text');
    const words = strictTextOf(text, 'text');
    if (thought !== true) return this.#readText(words, signature, logprobs, out);
    this.#readThought(words, signature, out);
    return false;
  }

  #readThought(text: string, signature: string | undefined, out: DeltaSink): void {
    if (text === '' && signature === undefined) return;
    out.push({ type: 'reasoning-delta', text, ...(signature === undefined ? {} : { signature }) });
  }

  /** A signature often comes last, with an empty text of its own. */
  #readText(
    text: string,
    signature: string | undefined,
    logprobs: readonly TokenLogprob[] | undefined,
    out: DeltaSink,
  ): boolean {
    if (text === '' && signature === undefined) return false;
    const extra = signature === undefined ? {} : { extra: signatureExtra(signature) };
    out.push({ type: 'text-delta', text, ...(logprobs === undefined ? {} : { logprobs }), ...extra });
    return logprobs !== undefined;
  }
}

/** Google leaves the content out, or says null, where there is none beside the reason of an end. */
function partsOf({ content, finishReason }: JsonObject): readonly JsonValue[] {
  if (content === null && rawFinishReasonOf(finishReason) === undefined)
    throw upstreamMalformed('a candidate without content');
  return strictListOf(strictObjectOf(content, 'content')?.['parts'], 'parts');
}

function hasArguments(call: JsonObject | undefined): boolean {
  return isPresent(call?.['partialArgs']) || isPresent(call?.['args']);
}
