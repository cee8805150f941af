// Why an answer ended, in Anthropic's words.

import type { Ending } from '../../core/predict.ts';

/** What the content of the answer says about its end. */
export interface AnswerContent {
  readonly hasToolCall: boolean;
  readonly hasRefusal: boolean;
}

/**
 * The `stop_reason`. Some vendors report a plain stop for an answer that calls tools or refuses; Anthropic's clients look only
 * at the stop reason, so the content decides then, unless the vendor's word is Anthropic's own: calls that its code execution
 * made and answered need nothing of the caller. An end that has no word here is
 * `max_tokens`, which says that the answer is not all there: never a false `end_turn`.
 */
export function stopReasonOf(ending: Ending, content: AnswerContent): string {
  const { finishReason, rawFinishReason } = ending;
  switch (finishReason) {
    case 'length':
      return rawFinishReason === 'model_context_window_exceeded' ? rawFinishReason : 'max_tokens';
    case 'tool-calls':
      return 'tool_use';
    case 'content-filter':
      return 'refusal';
    case 'stop':
      return plainStop(ending, content);
    case 'other':
      if (rawFinishReason === undefined) return plainStop(ending, content);
      return pauses.has(rawFinishReason) ? rawFinishReason : 'max_tokens';
  }
}

/** Ends of Anthropic's own from which the same turn goes on when it is sent back. */
const pauses: ReadonlySet<string> = new Set(['pause_turn', 'compaction']);

function plainStop({ rawFinishReason, stopSequence }: Ending, content: AnswerContent): string {
  if (rawFinishReason === 'end_turn') return rawFinishReason;
  if (content.hasRefusal) return 'refusal';
  if (content.hasToolCall) return 'tool_use';
  return stopSequence !== undefined || rawFinishReason === 'stop_sequence' ? 'stop_sequence' : 'end_turn';
}
