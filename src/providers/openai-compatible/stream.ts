// The chunks of a streamed chat completion as our parts.

import { contentOfAll, partsOf } from '../../core/collect.ts';
import type { SluiceError } from '../../core/error.ts';
import { upstreamMalformed } from '../../core/error.ts';
import { parseExactEvent } from '../../core/exact-json.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Answerer, PredictPart, PredictRequest } from '../../core/predict.ts';
import type { AnswerContext } from '../translation/answer-context.ts';
import { numbersOf, OtherChoices } from '../translation/other-choices.ts';
import { OutputText, settleUsage, unknownUsage } from '../translation/usage.ts';
import {
  countOf,
  isPresent,
  objectOf,
  parseObject,
  strictPlaceOf,
  textValueOf,
  truncated,
} from '../translation/wire-values.ts';
import { type EndPart, isForeignEvent, type StreamReader } from '../transport/part-stream.ts';
import type { EmbeddedFailure } from '../transport/vendor-error.ts';
import type { WholeAnswer } from '../transport/whole-call.ts';
import { answererOf, collectChoiceExtra, collectExtra } from './answer-fields.ts';
import { ChoiceReader } from './choice-reader.ts';
import { completionAsChat } from './completions.ts';
import { isFailure } from './errors.ts';
import { predictFromWire } from './from-wire.ts';
import { isCounted, usageFromWire } from './usage.ts';

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
 *
 * Of several choices each must end with a finish reason; without `[DONE]` or such a last chunk each that was asked for. Choices that
 * were not asked for are skipped.
 */
export class ChatStreamReader implements StreamReader {
  readonly #request: PredictRequest;
  readonly #context: AnswerContext;
  readonly #failure: EmbeddedFailure;
  readonly #extra: JsonObject = {};
  readonly #first: ChoiceReader;
  /** Absent when one choice was asked for. */
  readonly #others: OtherChoices<OtherChoice> | undefined;
  #answerer: Answerer | undefined;
  #hasStarted: boolean = false;
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
    this.#first = new ChoiceReader(0, context.target, this.#output);
    const { choiceCount = 1 } = request.sampling;
    if (choiceCount > 1) this.#others = new OtherChoices(choiceCount, (choice) => this.#createOther(choice));
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
    const isForeign = isForeignEvent(event);
    if (isForeign && !data.startsWith('{')) return false;
    const chunk = completionAsChat(parseObject(data, 'an event', parseExactEvent));
    if (isForeign && chunk['choices'] === undefined && !isPresent(chunk['error'])) return false;
    if (event === 'error' || isFailure(chunk)) throw this.#failure(chunk);
    if (this.#others === undefined) this.#readChunk(chunk, firstChoice(chunk), out);
    else this.#readChoices(this.#others, chunk, out);
    return false;
  }

  finish(out: PredictPart[]): void {
    if (!this.#isLastChunk && this.#habit.saysDone) throw this.#truncated('no [DONE]');
    if (!this.#isLastChunk && this.#others?.haveAllBegun === false) throw this.#truncated('fewer choices, no [DONE]');
    this.#end(out, false);
  }

  settle(end: EndPart): EndPart | Promise<EndPart> {
    return settleUsage(end, this.#request, this.#output, this.#context.estimator);
  }

  whole(answer: WholeAnswer, out: PredictPart[]): void {
    const body = completionAsChat(parseObject(answer.body, 'the answer'));
    if (isFailure(body)) throw this.#failure(body);
    const response = predictFromWire(body, this.#context, this.#request.sampling.choiceCount);
    this.#output.addContent(contentOfAll(response));
    out.push(...partsOf(response));
  }

  #createOther(choice: number): OtherChoice {
    return { reader: new ChoiceReader(choice, this.#context.target, this.#output), extra: {} };
  }

  /** What may come with any chunk. */
  #readAnswer(chunk: JsonObject, choice: JsonObject | undefined): void {
    // Until the start is sent, later chunks may know more: Azure's first one has neither id nor model.
    if (!this.#hasStarted) this.#answerer = answererOf(chunk, this.#context);
    const usage = usageOf(chunk) ?? choice?.['usage'];
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

  #readChunk(chunk: JsonObject, choice: JsonObject | undefined, out: PredictPart[]): void {
    this.#readAnswer(chunk, choice);
    if (choice === undefined) return;
    const before = out.length;
    if (this.#first.read(choice, this.#answerId, out)) this.#hasProgress = true;
    if (out.length > before || this.#first.hasCalls) this.#begin(out, before);
  }

  #readChoices(others: OtherChoices<OtherChoice>, chunk: JsonObject, out: PredictPart[]): void {
    const choices = choicesOf(chunk).map(choiceOf);
    for (const { index } of choices) strictPlaceOf(index, 'index');
    const numbers = numbersOf(choices);
    this.#readChunk(chunk, choices[numbers.indexOf(0)], out);
    const before = out.length;
    for (const [place, choice] of choices.entries()) {
      others.read(numbers[place] ?? 0, out, ({ reader, extra }, deltas) => {
        if (reader.read(choice, this.#answerId, deltas)) this.#hasProgress = true;
        collectChoiceExtra(extra, choice);
      });
    }
    if (out.length > before) this.#begin(out, before);
  }

  /** The start goes before the parts that were made of the event that begins the answer. */
  #begin(out: PredictPart[], position: number): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#answerer ??= answererOf({}, this.#context);
    out.splice(position, 0, { type: 'start', ...this.#answerer });
  }

  get #answerId(): string {
    return this.#answerer?.id ?? this.#context.requestId;
  }

  /** The only place that makes an `end`; everything that forbids one throws before. */
  #end(out: PredictPart[], isCompleteWithoutReason: boolean): void {
    const before = out.length;
    const ending = this.#first.finish(isCompleteWithoutReason, out);
    this.#others?.end(out, ({ reader, extra }, deltas) => {
      const other = reader.finish(isCompleteWithoutReason, deltas);
      return isPresent(extra) ? { ...other, extra } : other;
    });
    this.#begin(out, before);
    out.push({
      type: 'end',
      ...ending,
      usage: usageFromWire(this.#usage) ?? unknownUsage,
      ...(this.#fingerprint === undefined ? {} : { systemFingerprint: this.#fingerprint }),
      ...(isPresent(this.#extra) ? { extra: this.#extra } : {}),
    });
  }

  #truncated(detail: string): SluiceError {
    return truncated(detail, this.#context.target);
  }
}

/** A choice behind the first: its reader, and its fields without a name here. */
interface OtherChoice {
  readonly reader: ChoiceReader;
  readonly extra: JsonObject;
}

/** The choice with index 0, or without an index. */
function firstChoice(chunk: JsonObject): JsonObject | undefined {
  for (const item of choicesOf(chunk)) {
    const choice = choiceOf(item);
    if (strictPlaceOf(choice['index'], 'index') === 0) return choice;
  }
  return undefined;
}

/** The usage of a chunk; Groq has it under a name of its own. */
function usageOf({ usage, x_groq: groq }: JsonObject): JsonValue | undefined {
  return usage ?? objectOf(groq)?.['usage'];
}

/** A chunk of usage may lack them, and so may what is no chunk. */
function choicesOf(chunk: JsonObject): readonly JsonValue[] {
  const { choices, object } = chunk;
  if (Array.isArray(choices)) return choices;
  const isChunk = choices !== undefined || (typeof object === 'string' && object.endsWith('.chunk'));
  const isMissing = choices === undefined || choices === null;
  if (isMissing && (!isChunk || isPresent(usageOf(chunk)))) return [];
  throw upstreamMalformed('choices is not a list');
}

function choiceOf(item: JsonValue): JsonObject {
  const choice = objectOf(item);
  if (choice === undefined) throw upstreamMalformed('a choice is not an object');
  return choice;
}
