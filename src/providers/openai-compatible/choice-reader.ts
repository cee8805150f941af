// The pieces of one choice of a streamed chat completion as our parts.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { ChoiceEnding, TokenLogprob } from '../../core/predict.ts';
import { maxExtraFields } from '../translation/defaults.ts';
import type { DeltaSink } from '../translation/other-choices.ts';
import type { OutputText } from '../translation/usage.ts';
import { isPresent, strictObjectOf, strictTextOf, textValueOf, truncated } from '../translation/wire-values.ts';
import { contentPieces, logprobsOf, reasoningOf, unknownMessageFields } from './answer-fields.ts';
import { finishReasonOf, isUnfinished } from './finish-reason.ts';
import { ToolCallStream } from './tool-call-stream.ts';

/** Reads one choice, chunk by chunk. */
export class ChoiceReader {
  readonly #index: number;
  readonly #target: string;
  readonly #output: OutputText;
  readonly #tools: ToolCallStream = new ToolCallStream();
  #hasCalls: boolean = false;
  #hasDeltas: boolean = false;
  #rawFinishReason: string | undefined;
  #stopSequence: string | undefined;
  /** Simple values among unknown delta fields as last sent on: Groq repeats its `channel` with every token. */
  readonly #lastUnknown: JsonObject = {};

  /** `output` gets what the model writes. */
  constructor(index: number, target: string, output: OutputText) {
    this.#index = index;
    this.#target = target;
    this.#output = output;
  }

  /** True once a piece of a call has come, of which no part need have been made yet. */
  get hasCalls(): boolean {
    return this.#hasCalls;
  }

  /**
   * Adds the parts of the choice in one chunk. A finish reason is only noted: usage and further fields come after it. Returns true
   * for what is a step of the answer although no part shows it: a new finish reason, a piece of a call that is put together. A missing
   * id of a call is made up from `answerId`.
   */
  read(choice: JsonObject, answerId: string, out: DeltaSink): boolean {
    const delta = this.#deltaOf(choice);
    const logprobs = logprobsOf(choice);
    const before = out.length;
    let hasProgress = false;
    if (delta !== undefined) hasProgress = this.#readDelta(delta, logprobs, answerId, out);
    else if (logprobs !== undefined) this.#readDelta({}, logprobs, answerId, out);
    this.#output.addParts(out, before);
    const raw = textValueOf(choice['finish_reason']);
    if (raw === undefined) return hasProgress;
    if (isUnfinished(raw)) throw truncated(`finish_reason ${raw}`, this.#target);
    hasProgress ||= raw !== this.#rawFinishReason;
    this.#rawFinishReason = raw;
    this.#stopSequence = textValueOf(choice['stop_reason']);
    return hasProgress;
  }

  /**
   * Adds what was held back, and returns how the choice ended. Throws `upstream_truncated` when it did not, unless it is known to be
   * complete without a reason.
   */
  finish(isCompleteWithoutReason: boolean, out: DeltaSink): ChoiceEnding {
    const raw = this.#rawFinishReason;
    if (raw === undefined && !isCompleteWithoutReason) throw truncated('no finish_reason', this.#target);
    const before = out.length;
    this.#tools.finish(out);
    this.#output.addParts(out, before);
    return {
      finishReason: raw === undefined ? 'other' : finishReasonOf(raw),
      ...(raw === undefined ? {} : { rawFinishReason: raw }),
      ...(this.#stopSequence === undefined ? {} : { stopSequence: this.#stopSequence }),
    };
  }

  /** Some servers stream what they did not make in pieces as a message. Beside deltas, a message repeats what they said. */
  #deltaOf({ delta, message }: JsonObject): JsonObject | undefined {
    const piece = strictObjectOf(delta, 'delta');
    this.#hasDeltas ||= piece !== undefined;
    return this.#hasDeltas ? piece : strictObjectOf(message, 'message');
  }

  /** The fields in the order in which a reader would want them; one chunk seldom holds more than one. True for a piece of a call that is held. */
  #readDelta(delta: JsonObject, logprobs: ReturnType<typeof logprobsOf>, answerId: string, out: DeltaSink): boolean {
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
    this.#addText('refusal', strictTextOf(delta['refusal'], 'refusal'), out, ofRefusal);
    const unknown = unknownMessageFields(delta);
    if (unknown !== undefined) this.#addUnknown(unknown, out);
    const calls = delta['tool_calls'];
    const hasCalls = calls !== undefined && calls !== null && !(Array.isArray(calls) && calls.length === 0);
    let isHeld = hasCalls && this.#addCalls(calls, answerId, out);
    const legacy = strictObjectOf(delta['function_call'], 'function_call');
    if (legacy !== undefined) isHeld = this.#addCalls([{ index: 0, function: legacy }], answerId, out) || isHeld;
    return isHeld;
  }

  /** Empty text only when it carries log probabilities: those of special tokens have no text. */
  #addText(
    kind: 'text' | 'reasoning' | 'refusal',
    text: string,
    out: DeltaSink,
    spoken?: { readonly logprobs: readonly TokenLogprob[] },
  ): void {
    if (text === '' && spoken === undefined) return;
    out.push({ type: `${kind}-delta`, text, ...spoken });
  }

  /** Content that is a list: see contentPieces. */
  #addPieces(content: JsonValue, out: DeltaSink): void {
    for (const piece of contentPieces(content)) {
      if (piece.type === 'opaque') out.push({ type: 'opaque-delta', dialect: 'openai', value: piece.value });
      else this.#addText(piece.type, piece.text, out);
    }
  }

  /** One opaque delta with the fields that are lists, objects, or simple values that have changed. */
  #addUnknown(unknown: JsonObject, out: DeltaSink): void {
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
    if (isPresent(value)) out.push({ type: 'opaque-delta', dialect: 'openai', value });
  }

  /** True when something came of which no part is made yet. */
  #addCalls(calls: JsonValue, answerId: string, out: DeltaSink): boolean {
    this.#hasCalls = true;
    return this.#tools.read(calls, this.#index === 0 ? answerId : `${answerId}_${this.#index}`, out);
  }
}
