// Legacy completions: a raw prompt that is continued, over POST /completions. Their answers are put into the form of chat
// completions, so that one reader serves both.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { set, unsupported, type WireRequest } from '../translation/request-translation.ts';
import { listOf, objectOf, strictTextOf } from '../translation/wire-values.ts';
import { mergeExtra } from './extra-to-wire.ts';
import { addSampling } from './to-wire.ts';
import { Translation } from './translation.ts';

/**
 * The body. Log probabilities are asked for by the number of alternatives. Throws `unsupported_capability` for what only a
 * chat can have: tools, an output format, reasoning effort.
 */
export function completionToWire(request: PredictRequest, model: string, stream: boolean): WireRequest {
  const translation = new Translation(request.dialect, 'openai');
  if (request.tools !== undefined) throw unsupported('tools beside a raw prompt', 'tools');
  if (request.responseFormat !== undefined && request.responseFormat.kind !== 'text') {
    throw unsupported('an output format beside a raw prompt', 'response_format');
  }
  if (request.reasoningEffort !== undefined) throw unsupported('reasoning beside a raw prompt', 'reasoning_effort');
  const body: JsonObject = { model, prompt: request.prompt ?? '' };
  addSampling(body, request, 'max_tokens');
  delete body['top_logprobs'];
  delete body['logprobs'];
  const { logprobs, topLogprobs } = request.sampling;
  if (logprobs === true) set(body, 'logprobs', topLogprobs ?? 0);
  if (stream) body['stream'] = true;
  mergeExtra(body, request, translation);
  if (stream) body['stream_options'] = { ...objectOf(body['stream_options']), include_usage: true };
  return { body, downgrades: translation.downgrades };
}

/** An answer or a chunk of legacy completions as one of chat completions. What is one already is returned as it is. */
export function completionAsChat(body: JsonObject): JsonObject {
  const { choices } = body;
  if (!Array.isArray(choices) || !choices.some(isText)) return body;
  return { ...body, choices: choices.map((choice) => choiceAsChat(choice)) };
}

function isText(value: JsonValue): boolean {
  return typeof objectOf(value)?.['text'] === 'string';
}

/** `message` and `delta` at once: which of them is read depends on who reads. */
function choiceAsChat(value: JsonValue): JsonValue {
  const choice = objectOf(value);
  if (choice === undefined || choice['text'] === undefined || choice['text'] === null) return value;
  const { text, logprobs, ...others } = choice;
  const message = { content: strictTextOf(text, 'text') };
  return { ...others, message, delta: message, logprobs: logprobsAsChat(logprobs) };
}

/** Parallel lists as one list. The first token of an echoed prompt has no probability and is left out. */
function logprobsAsChat(value: JsonValue | undefined): JsonValue {
  const wire = objectOf(value);
  if (wire === undefined || Array.isArray(wire['content'])) return value ?? null;
  const values = listOf(wire['token_logprobs']);
  const tops = listOf(wire['top_logprobs']);
  const content: JsonObject[] = [];
  listOf(wire['tokens']).forEach((token, index) => {
    const logprob = values[index];
    if (typeof logprob !== 'number') return;
    const top = Object.entries(objectOf(tops[index]) ?? {});
    content.push({ token, logprob, top_logprobs: top.map(([name, chance]) => ({ token: name, logprob: chance })) });
  });
  return { content };
}
