// Where a tool stands for the demanded form of the answer, its input is all the text that there is: what the model says beside it, and
// what it breaks off, must not pass as the answer.

import type { SluiceError } from '../../core/error.ts';
import { upstreamMalformed } from '../../core/error.ts';
import type { JsonValue } from '../../core/json.ts';
import type { ContentPart } from '../../core/message.ts';
import type { FinishReason, PredictPart } from '../../core/predict.ts';
import { objectOf } from '../translation/wire-values.ts';
import { maxAssembledCharacters } from './defaults.ts';
import type { BlockPart, OpenBlock } from './open-block.ts';

/**
 * Of a stream. Text is held until it is known what it is: words before the answer, which are left out as those behind it are, or what
 * the model says to a call of the caller's tools, or in place of both.
 */
export class EmulatedAnswer {
  #held: PredictPart[] = [];
  #heldUnits: number = 0;
  #answer: OpenBlock | undefined;
  #json: string = '';

  /** A block begins. Throws `upstream_malformed` for a second answer. */
  begin(block: OpenBlock, isAnswer: boolean, out: PredictPart[]): void {
    if (isAnswer) {
      if (this.#answer !== undefined) throw answeredTwice();
      this.#answer = block;
      this.#held = [];
    } else if (block.isToolCall) this.#release(out);
  }

  /** Adds the part to `out`, unless it is held or left out. */
  add(block: OpenBlock, part: BlockPart, out: PredictPart[]): void {
    if (part.type !== 'text-delta') out.push(part);
    else if (block === this.#answer) {
      this.#json += part.text;
      if (this.#json.length > maxAssembledCharacters) throw tooLong();
      out.push(part);
    } else if (this.#answer === undefined) this.#hold(part);
  }

  /** The message is over. Throws `upstream_malformed` where it ended well within the answer. */
  finish(finishReason: FinishReason, out: PredictPart[]): void {
    this.#release(out);
    if (this.#answer !== undefined) checkWhole(this.#json, finishReason);
  }

  #hold(part: Extract<BlockPart, { type: 'text-delta' }>): void {
    this.#heldUnits += part.text.length;
    if (this.#heldUnits > maxAssembledCharacters) throw tooLong();
    this.#held.push(part);
  }

  #release(out: PredictPart[]): void {
    for (const part of this.#held) out.push(part);
    this.#held = [];
  }
}

/** Of a whole message: its parts, without texts beside the answer, which `answers` holds where there is one. */
export function onlyAnswer(
  content: readonly ContentPart[],
  answers: readonly ContentPart[],
  finishReason: FinishReason,
): readonly ContentPart[] {
  const [answer, second] = answers;
  if (answer?.type !== 'text') return content;
  if (second !== undefined) throw answeredTwice();
  checkWhole(answer.text, finishReason);
  return content.filter((part) => part.type !== 'text' || part === answer);
}

/** True of a call of the tool that stands for the answer. */
export function isAnswerCall(block: JsonValue, answerTool: string | undefined): boolean {
  const { type, name } = objectOf(block) ?? {};
  return answerTool !== undefined && type === 'tool_use' && name === answerTool;
}

/** A limit or a filter may end it anywhere. */
function checkWhole(json: string, finishReason: FinishReason): void {
  if (finishReason !== 'stop' && finishReason !== 'tool-calls') return;
  try {
    JSON.parse(json);
  } catch {
    throw upstreamMalformed('an answer in a demanded form that is no JSON');
  }
}

function tooLong(): SluiceError {
  return upstreamMalformed(`an answer in a demanded form of more than ${maxAssembledCharacters} characters`);
}

function answeredTwice(): SluiceError {
  return upstreamMalformed('two answers in a demanded form');
}
