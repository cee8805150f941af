// The vendor's word for why the model stopped, and what it means here.

import { entryOf } from '../../core/json.ts';
import type { FinishReason } from '../../core/predict.ts';

/** OpenAI's own words and those of servers that nearly speak its dialect (TGI, Together, Mistral, DeepSeek). */
const meanings: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  eos: 'stop',
  eos_token: 'stop',
  stop_sequence: 'stop',
  end_turn: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  tool_use: 'tool-calls',
  content_filter: 'content-filter',
};

/** Words with which a server says that it did not finish: vLLM, SGLang (`abort`), OpenRouter (`error`), DeepSeek. */
const failures: ReadonlySet<string> = new Set([
  'abort',
  'aborted',
  'error',
  'cancelled',
  'insufficient_system_resource',
]);

/** The meaning of the vendor's word; `other` for one that is not known. */
export function finishReasonOf(raw: string): FinishReason {
  return entryOf(meanings, raw) ?? 'other';
}

/** True when the word says that the answer is not whole: it must not be shown as one. */
export function isUnfinished(raw: string): boolean {
  return failures.has(raw);
}
