// What a caller has seen of a streamed answer, as far as it decides whether another target may go on with it.

import type { PredictPart } from '../core/predict.ts';
import { maxContinuedCharacters } from './defaults.ts';

/**
 * `nothing`: only the frame, empty texts and signs of life. `text`: one plain text. `more`: anything that no other target can be
 * given as its own: a tool call or a piece of one, thoughts, log probabilities, citations, fields of a vendor, several blocks or
 * choices, or more text than is kept. From `more` there is no way back.
 */
export type Shown = 'nothing' | 'text' | 'more';

/** Keeps the text that was shown. */
export class ShownAnswer {
  #shown: Shown = 'nothing';
  #text: string = '';

  get shown(): Shown {
    return this.#shown;
  }

  /** All of the text, '' once there is more than text. */
  get text(): string {
    return this.#text;
  }

  /** Notes a part, in stream order. */
  add(part: PredictPart): void {
    if (this.#shown === 'more' || part.type === 'start' || part.type === 'seam' || isNotice(part)) return;
    if (!isPlainText(part) || this.#text.length + part.text.length > maxContinuedCharacters) {
      this.#shown = 'more';
      this.#text = '';
    } else if (part.text !== '') {
      this.#shown = 'text';
      this.#text += part.text;
    }
  }
}

type TextDelta = Extract<PredictPart, { type: 'text-delta' }>;

function isPlainText(part: PredictPart): part is TextDelta {
  return (
    part.type === 'text-delta' &&
    part.logprobs === undefined &&
    part.annotations === undefined &&
    part.extra === undefined &&
    part.startsBlock === undefined
  );
}

function isNotice(part: PredictPart): boolean {
  return part.type === 'opaque-delta' && part.isNotice === true;
}
