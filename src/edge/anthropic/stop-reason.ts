// Why an answer ended, in Anthropic's words.

import type { Ending } from '../../core/predict.ts';

/** What the content of the answer says about its end. */
export interface AnswerContent {
  readonly hasToolCall: boolean;
  readonly hasRefusal: boolean;
}

/**
 * The `stop_reason`. Some vendors report a plain stop for an answer that calls tools or refuses; Anthropic's clients look only
 * at the stop reason, so the content decides then. An end that has no word here keeps the vendor's: never a false `end_turn`.
 */
export function stopReasonOf(ending: Ending, content: AnswerContent): string {
  const { finishReason, rawFinishReason, stopSequence } = ending;
  switch (finishReason) {
    case 'length':
      return rawFinishReason === 'model_context_window_exceeded' ? rawFinishReason : 'max_tokens';
    case 'tool-calls':
      return 'tool_use';
    case 'content-filter':
      return 'refusal';
    case 'stop':
      if (content.hasRefusal) return 'refusal';
      if (content.hasToolCall) return 'tool_use';
      return stopSequence !== undefined || rawFinishReason === 'stop_sequence' ? 'stop_sequence' : 'end_turn';
    case 'other':
      return rawFinishReason ?? 'end_turn';
  }
}
