// Top-level fields that Sluice has no name for: OpenAI's own go as they came, those of other dialects by the tables here.

import { entryOf, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { bodyHints } from '../translation/hints.ts';
import { refuseFields, set, unsupported } from '../translation/request-translation.ts';
import { asksNothing } from '../translation/void-values.ts';
import { isPresent, listOf, objectOf } from '../translation/wire-values.ts';
import { effortBudgets } from './defaults.ts';
import type { Translation } from './translation.ts';

/** Names that `extra` must not bring in although the body may lack them: they would contradict a typed field. */
const ours: ReadonlySet<string> = new Set(['stream']);

/** Merges `extra` into the body of a chat completion, where it never replaces a typed field. */
export function mergeExtra(body: JsonObject, request: PredictRequest, translation: Translation): void {
  const { extra } = request;
  if (extra === undefined) return;
  const several = extra['n'];
  if (typeof several === 'number' && several > 1)
    throw unsupported('several choices by that name, only by `n` of chat completions or `choice_count` over gRPC', 'n');
  if (translation.sendsExtra) mergeNative(body, extra, request);
  else mergeForeign(body, extra, translation);
}

function mergeNative(body: JsonObject, extra: JsonObject, request: PredictRequest): void {
  const hasMaxTokens = request.sampling.maxOutputTokens !== undefined;
  for (const name in extra) {
    const value = extra[name];
    if (value === undefined || Object.hasOwn(body, name) || ours.has(name)) continue;
    if (hasMaxTokens && (name === 'max_tokens' || name === 'max_completion_tokens')) continue;
    body[name] = value;
  }
}

function mergeForeign(body: JsonObject, extra: JsonObject, translation: Translation): void {
  const table = translation.from === 'anthropic' ? anthropicFields : responsesFields;
  for (const [name, value] of Object.entries(extra)) {
    if (asksNothing(name, value)) continue;
    const translate = entryOf(table, name);
    if (translate !== undefined) translate(value, body, translation);
    else if (bodyHints.has(name)) translation.downgrade(name);
    else throw unsupported(`the field \`${name}\``, name);
  }
}

/** Puts a field into the body in OpenAI's words. */
export type Translate = (value: JsonValue, body: JsonObject, translation: Translation) => void;

/**
 * Fields of the Messages API in OpenAI's words: `metadata.user_id` → `user`; `service_tier: standard_only` → `default`;
 * `thinking` with a budget → `reasoning_effort` by `effortBudgets` (a given effort wins). Thinking without a budget is a wish
 * that the model may follow by itself: reported. Disabled thinking is what these servers do unasked.
 */
export const anthropicFields: Readonly<Record<string, Translate>> = {
  metadata(value, body, translation) {
    const { user_id: user, ...others } = objectOf(value) ?? {};
    if (typeof user === 'string') set(body, 'user', user);
    if (isPresent(others)) translation.downgrade('metadata');
  },
  service_tier(value, body, translation) {
    if (value === 'standard_only') set(body, 'service_tier', 'default');
    else translation.downgrade('service_tier');
  },
  thinking(value, body, translation) {
    const { type, budget_tokens: budget, display, ...others } = objectOf(value) ?? {};
    refuseFields(others, 'thinking');
    if (display !== undefined) translation.downgrade('thinking.display');
    if (type === 'disabled' || body['reasoning_effort'] !== undefined) return;
    if (typeof budget === 'number') {
      set(body, 'reasoning_effort', effortOf(budget));
      translation.downgrade('thinking.budget_tokens');
    } else translation.downgrade('thinking');
  },
};

function effortOf(budgetTokens: number): string {
  return effortBudgets.find(({ upToTokens }) => budgetTokens <= upToTokens)?.effort ?? 'high';
}

/**
 * Fields of the Responses API: `instructions` → a system message in front; `text.verbosity` → `verbosity`; `reasoning.effort` →
 * `reasoning_effort`, while a wish for summaries is reported; log probabilities that `include` asks for → `logprobs`.
 */
const responsesFields: Readonly<Record<string, Translate>> = {
  instructions(value, body) {
    if (typeof value !== 'string') throw unsupported('instructions that are not text', 'instructions');
    body['messages'] = [{ role: 'system', content: value }, ...listOf(body['messages'])];
  },
  text(value, body) {
    const { format: _, verbosity, ...others } = objectOf(value) ?? {};
    refuseFields(others, 'text');
    if (typeof verbosity === 'string') set(body, 'verbosity', verbosity);
  },
  reasoning(value, body, translation) {
    const { effort, ...others } = objectOf(value) ?? {};
    if (typeof effort === 'string' && body['reasoning_effort'] === undefined) set(body, 'reasoning_effort', effort);
    if (Object.values(others).some(isPresent)) translation.downgrade('reasoning');
  },
  include(value, body, translation) {
    const wanted = listOf(value);
    if (wanted.includes('message.output_text.logprobs')) set(body, 'logprobs', true);
    if (wanted.some((name) => name !== 'message.output_text.logprobs')) translation.downgrade('include');
  },
};
