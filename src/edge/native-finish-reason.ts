// The vendor's own word for the end of an answer, where the caller's dialect has only a wider one.

import type { ChoiceEnding } from '../core/predict.ts';

/** Words that say no more than ours: that the limit of output was met, or that content was refused. */
const plainWords: ReadonlySet<string> = new Set([
  'length',
  'max_tokens',
  'max_output_tokens',
  'MAX_TOKENS',
  'content_filter',
  'refusal',
]);

/**
 * The word; undefined where it says no more than `shown`, the caller's. A plain stop and a call of a tool have a word in every
 * dialect; of an end without one, of refused content and of a limit vendors tell more (`RECITATION`, `pause_turn`).
 */
export function nativeFinishReasonOf(
  { finishReason, rawFinishReason }: ChoiceEnding,
  shown: string,
): string | undefined {
  if (finishReason === 'stop' || finishReason === 'tool-calls') return undefined;
  return rawFinishReason === shown || plainWords.has(rawFinishReason ?? '') ? undefined : rawFinishReason;
}
