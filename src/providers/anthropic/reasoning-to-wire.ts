// How much the model should reason, in Anthropic's form.

import { entryOf, isJsonObject, type JsonObject } from '../../core/json.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { objectAt } from '../translation/request-translation.ts';
import { answerTokensBesideThinking, effortBudgets, minThinkingBudget } from './defaults.ts';
import type { Translation } from './translation.ts';

/**
 * Sets `thinking` and `output_config.effort`, once messages and tools are set. A native effort goes as it came. Of other
 * dialects: `none` turns thinking off; a model that thinks adaptively gets the word (`minimal` is `low` there), one that
 * knows budgets gets one (`effortBudgets`, less where `max_tokens` leaves less).
 *
 * Left out and reported where Anthropic would refuse it: with models that do not think, with a forced tool call (an emulated
 * format is one), with a budget below the least or beside tool calls in the last turn whose thoughts the caller's dialect
 * could not keep, and for words that are not known. Thinking that the caller asks for in Anthropic's words wins.
 */
export function setReasoning(body: JsonObject, request: PredictRequest, translation: Translation): void {
  const { reasoningEffort: effort } = request;
  if (translation.isNative) {
    if (effort !== undefined) objectAt(body, 'output_config')['effort'] = effort;
    return;
  }
  const given = body['thinking'];
  if (isJsonObject(given)) {
    makeRoom(body, Number(given['budget_tokens'] ?? 0), request);
    return;
  }
  if (effort === undefined) return;
  const { thinking } = translation.features;
  if (effort === 'none') {
    if (thinking !== 'none') body['thinking'] = { type: 'disabled' };
    return;
  }
  const budget = entryOf(effortBudgets, effort);
  if (thinking === 'none' || budget === undefined || isCallForced(body)) translation.downgrade('reasoning_effort');
  else if (thinking === 'adaptive') {
    body['thinking'] = { type: 'adaptive' };
    objectAt(body, 'output_config')['effort'] = effort === 'minimal' ? 'low' : effort;
  } else setBudget(body, budget, request, translation);
}

function setBudget(body: JsonObject, wanted: number, request: PredictRequest, translation: Translation): void {
  const asked = request.sampling.maxOutputTokens;
  makeRoom(body, wanted, request);
  const budget = asked === undefined ? wanted : Math.min(wanted, Math.floor(asked / 2));
  if (budget < minThinkingBudget || hasThoughtlessCall(request)) translation.downgrade('reasoning_effort');
  else body['thinking'] = { type: 'enabled', budget_tokens: budget };
}

/** The caller's own bound includes the thoughts, as it does at OpenAI; ours makes room for them. */
function makeRoom(body: JsonObject, budget: number, request: PredictRequest): void {
  if (request.sampling.maxOutputTokens !== undefined) return;
  body['max_tokens'] = Math.max(Number(body['max_tokens']), budget + answerTokensBesideThinking);
}

function isCallForced(body: JsonObject): boolean {
  const choice = body['tool_choice'];
  return isJsonObject(choice) && (choice['type'] === 'any' || choice['type'] === 'tool');
}

/** True when the last assistant's turn calls tools without a signed thought before: beside a budget Anthropic refuses that. */
function hasThoughtlessCall(request: PredictRequest): boolean {
  const last = request.messages.findLast((message) => message.role === 'assistant');
  if (last === undefined || !last.content.some((part) => part.type === 'tool-call')) return false;
  return !last.content.some((part) => part.type === 'reasoning' && (part.signature ?? part.encrypted) !== undefined);
}
