// Anthropic's `stop_reason`, and what it means here.

import { entryOf } from '../../core/json.ts';
import type { FinishReason } from '../../core/predict.ts';

const meanings: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  refusal: 'content-filter',
};

/**
 * The meaning of the word; `other` for one that is not known, and for `pause_turn`: a long turn with server tools that the
 * caller continues by sending the answer back. A call of nothing but the tool that stands for the answer's form is a `stop`.
 */
export function finishReasonOf(raw: string | undefined, isAnswerTool: boolean): FinishReason {
  if (raw === 'tool_use' && isAnswerTool) return 'stop';
  return entryOf(meanings, raw) ?? 'other';
}
