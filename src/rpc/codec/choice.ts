// What one choice of an answer says and how it ended, core ↔ wire: of the first, which stands in the answer itself, and of the
// others.

import { textOf } from '../../core/message.ts';
import type { Choice, ChoiceContent, ChoiceEnding } from '../../core/predict.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { answerObject, asAnswer, malformed } from './answer.ts';
import { contentListFromWire, contentToWire, plainText } from './content.ts';
import { finishReasonFromWire, finishReasonToWire } from './enums.ts';
import { jsonToWire } from './json.ts';
import { logprobsFromWire, logprobsToWire } from './logprob.ts';
import { type Present, present } from './present.ts';

/** The fields in which a choice speaks. */
type WireContent = Pick<wire.Choice, 'text' | 'content' | 'logprobs'>;

/** `text` always holds the text; `content` only when there is more to say. */
export function choiceContentToWire({ content, logprobs }: ChoiceContent): WireContent {
  const text = plainText(content);
  return {
    text: text ?? textOf(content),
    content: text === undefined ? content.map(contentToWire) : [],
    logprobs: logprobsToWire(logprobs),
  };
}

/** The reverse of `choiceContentToWire`. Throws `upstream_malformed`. */
export function choiceContentFromWire({ text, content, logprobs }: WireContent, path: string): ChoiceContent {
  return present({
    content: asAnswer(() => contentListFromWire(text, content, path)),
    logprobs: logprobsFromWire(logprobs),
  });
}

/** How a choice ended. */
export function choiceEndingToWire(ending: ChoiceEnding): wire.ChoiceEnding {
  return {
    finishReason: finishReasonToWire[ending.finishReason],
    rawFinishReason: ending.rawFinishReason,
    stopSequence: ending.stopSequence,
    extraJson: jsonToWire(ending.extra),
  };
}

/** The reverse of `choiceEndingToWire`. Throws `upstream_malformed`. */
export function choiceEndingFromWire(ending: wire.ChoiceEnding): Present<ChoiceEnding> {
  return present({
    finishReason: finishReasonFromWire.get(ending.finishReason) ?? 'other',
    rawFinishReason: ending.rawFinishReason,
    stopSequence: ending.stopSequence,
    extra: answerObject(ending.extraJson),
  });
}

/** A choice behind the first. */
export function choiceToWire(choice: Choice): wire.Choice {
  return { index: choice.index, ...choiceContentToWire(choice), ending: choiceEndingToWire(choice) };
}

/** The reverse of `choiceToWire`. Throws `upstream_malformed`. */
export function choiceFromWire(choice: wire.Choice): Choice {
  const index = otherChoice(choice.index);
  if (choice.ending === undefined) throw malformed(`choice ${index} without its end`);
  return { index, ...choiceContentFromWire(choice, `choice ${index}`), ...choiceEndingFromWire(choice.ending) };
}

/** The number of a choice that is not the first. Throws `upstream_malformed`. */
export function otherChoice(choice: number): number {
  if (!(choice > 0)) throw malformed(`choice ${choice} as one behind the first`);
  return choice;
}
