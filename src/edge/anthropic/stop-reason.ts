// Why an answer ended, in Anthropic's words.

import type { Ending } from '../../core/predict.ts';
import { nativeFinishReasonOf } from '../native-finish-reason.ts';

/** What the content of the answer says about its end. */
export interface AnswerContent {
  readonly hasToolCall: boolean;
  readonly hasRefusal: boolean;
}

/**
 * The `stop_reason`. Some vendors report a plain stop for an answer that calls tools or refuses; Anthropic's clients look only
 * at the stop reason, so the content decides then, unless the vendor's word is Anthropic's own: calls that its code execution
 * made and answered need nothing of the caller. An end that has no word here (a call that could not be read) ends the turn,
 * with the vendor's word beside it: at `max_tokens` and the pauses clients ask for the rest, and would ask for ever.
 */
function stopReasonOf(ending: Ending, content: AnswerContent): string {
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
      return pauses.has(rawFinishReason ?? '') ? String(rawFinishReason) : plainStop(ending, content);
  }
}

/** Ends of Anthropic's own from which the same turn goes on when it is sent back. */
const pauses: ReadonlySet<string> = new Set(['pause_turn', 'compaction']);

/** How an answer ended: its `stop_reason`, and what it is known by beside it. */
export interface StopFields {
  readonly stop_reason: string;
  readonly stop_sequence: string | null;
  /** The vendor's own word where Anthropic has none for it, by the name that chat completions have for it. */
  readonly native_finish_reason?: string;
}

/** What a message says of its end, and a stream in its `message_delta`. */
export function stopFieldsOf(ending: Ending, content: AnswerContent): StopFields {
  const stopReason = stopReasonOf(ending, content);
  const native = nativeFinishReasonOf(ending, stopReason);
  return {
    stop_reason: stopReason,
    stop_sequence: ending.stopSequence ?? null,
    ...(native === undefined ? {} : { native_finish_reason: native }),
  };
}

function plainStop({ rawFinishReason, stopSequence }: Ending, content: AnswerContent): string {
  if (rawFinishReason === 'end_turn') return rawFinishReason;
  if (content.hasRefusal) return 'refusal';
  if (content.hasToolCall) return 'tool_use';
  return stopSequence !== undefined || rawFinishReason === 'stop_sequence' ? 'stop_sequence' : 'end_turn';
}
