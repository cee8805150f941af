// How servers of the OpenAI dialect are asked to go on with an answer. The dialect has no word for it; these are the ways in use.

import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { endsWithAssistant } from '../translation/answer-so-far.ts';
import { isPresent } from '../translation/wire-values.ts';

/**
 * `none`: the server begins anew. `continue-final-message`: vLLM and SGLang, by fields of the request. `prefix`: Mistral and DeepSeek,
 * by a field of the last message. `last-message`: llama.cpp and OpenRouter go on with a last message of the assistant unasked.
 */
export type ContinuationForm = 'none' | 'continue-final-message' | 'prefix' | 'last-message';

/**
 * Whether the server goes on. A raw prompt is continued by any server, unless it is to be repeated or filled in the middle. A chat only in a form that the
 * server knows, and not where the caller's own last turn is the assistant's, whose meaning differs between servers; nor beside reasoning, which
 * would have come before the text.
 */
export function canContinue(request: PredictRequest, form: ContinuationForm): boolean {
  if (request.prompt !== undefined) return request.extra?.['echo'] !== true && !isPresent(request.extra?.['suffix']);
  return form !== 'none' && !endsWithAssistant(request) && !asksToReason(request);
}

/** Marks the last message of a chat's body as one to be continued. */
export function markContinuation(body: JsonObject, form: ContinuationForm): void {
  if (form === 'continue-final-message') {
    body['continue_final_message'] = true;
    body['add_generation_prompt'] = false;
  }
  const { messages } = body;
  const last = Array.isArray(messages) ? messages.at(-1) : undefined;
  if (form === 'prefix' && isJsonObject(last)) last['prefix'] = true;
}

function asksToReason({ reasoningEffort, extra }: PredictRequest): boolean {
  return (reasoningEffort !== undefined && reasoningEffort !== 'none') || isPresent(extra?.['thinking']);
}
