// What whole answers and the chunks of a stream have in common on the wire: who answered, log probabilities, reasoning under
// its several names, content given as a list, and the fields that Sluice has no name for.

import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Answerer, TokenLogprob } from '../../core/predict.ts';
import { type AnswerContext, downgradesOf } from '../translation/answer-context.ts';
import { keepField, keepFields } from '../translation/extra-fields.ts';
import { isPresent, listOf, objectOf, strictListOf, strictTextOf, textValueOf } from '../translation/wire-values.ts';
import { maxContentPieces } from './defaults.ts';

/** Top-level fields that are read; all others travel on in `extra`. `obfuscation` and Mistral's `p` are only padding. */
const answerFields: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'choices',
  'usage',
  'system_fingerprint',
  'error',
  'obfuscation',
  'p',
]);

/** Fields of a choice that are read. */
const choiceFields: ReadonlySet<string> = new Set([
  'index',
  'message',
  'delta',
  'finish_reason',
  'stop_reason',
  'logprobs',
  'usage',
]);

/** Fields of a message or a delta that are read. */
const messageFields: ReadonlySet<string> = new Set([
  'role',
  'content',
  'refusal',
  'tool_calls',
  'function_call',
  'reasoning',
  'reasoning_content',
]);

/** Who answered, from any chunk or the whole answer. Azure's first chunk has empty names; those count as absent. */
export function answererOf(body: JsonObject, context: AnswerContext): Answerer {
  return {
    id: textValueOf(body['id']) ?? context.requestId,
    model: textValueOf(body['model']) ?? context.model,
    target: context.target,
    createdAtMs: createdAtOf(body['created'], context.nowMs),
    attempts: 1,
    ...downgradesOf(context),
  };
}

/** Seconds by the rules; some servers send milliseconds, recognisable by their size. */
function createdAtOf(created: JsonValue | undefined, nowMs: number): number {
  if (typeof created !== 'number' || !(created > 0)) return nowMs;
  return Math.round(created > 1e11 ? created : created * 1000);
}

/** Collects fields of the answer and of its choice that have no name here, the last value of each. */
export function collectExtra(into: JsonObject, body: JsonObject, choice: JsonObject | undefined): void {
  keepFields(into, body, answerFields);
  for (const name in choice) {
    if (!choiceFields.has(name) && !Object.hasOwn(body, name)) keepField(into, name, choice[name]);
  }
}

/** Collects those of a choice behind the first, which has them for itself. */
export function collectChoiceExtra(into: JsonObject, choice: JsonObject): void {
  keepFields(into, choice, choiceFields);
}

/** Fields of a message or delta that have no name here; undefined when there are none. */
export function unknownMessageFields(message: JsonObject): JsonObject | undefined {
  let found: JsonObject | undefined;
  for (const name in message) {
    if (messageFields.has(name)) continue;
    const value = message[name];
    if (!isPresent(value)) continue;
    found ??= {};
    found[name] = value;
  }
  return found;
}

/** Reasoning text: `reasoning_content` (vLLM, DeepSeek, llama.cpp, xAI) or `reasoning` (Ollama, Groq, OpenRouter, newer vLLM). */
export function reasoningOf(message: JsonObject): string {
  const { reasoning_content: content, reasoning } = message;
  return strictTextOf(content, 'reasoning_content') || strictTextOf(reasoning, 'reasoning');
}

/** A piece of content. */
export type ContentPiece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'refusal'; readonly text: string }
  | { readonly type: 'opaque'; readonly value: JsonObject };

/** Content that is a list (Mistral sends thinking and references so). Throws `upstream_malformed` for anything else. */
export function contentPieces(content: JsonValue): readonly ContentPiece[] {
  if (!Array.isArray(content)) throw upstreamMalformed('content is neither text nor a list');
  if (content.length > maxContentPieces) throw upstreamMalformed(`more than ${maxContentPieces} pieces of content`);
  return content.map((item) => {
    const part = objectOf(item);
    if (part === undefined) throw upstreamMalformed('a content part is not an object');
    const { type } = part;
    if (typeof type !== 'string') throw upstreamMalformed('a content part has no type');
    if (type === 'text' || type === 'refusal') return { type, text: strictTextOf(part[type], type) };
    if (type === 'thinking') return { type: 'reasoning', text: thinkingOf(part['thinking']) };
    return { type: 'opaque', value: part };
  });
}

function thinkingOf(thinking: JsonValue | undefined): string {
  if (typeof thinking === 'string') return thinking;
  let text = '';
  for (const item of strictListOf(thinking, 'thinking')) text += strictTextOf(objectOf(item)?.['text'], 'text');
  return text;
}

/**
 * The log probabilities of a choice; undefined when it has none. A choice that refuses has them under `refusal`: they are of
 * the refusal's tokens then.
 */
export function logprobsOf(choice: JsonObject): { of: 'text' | 'refusal'; tokens: TokenLogprob[] } | undefined {
  const wire = objectOf(choice['logprobs']);
  if (wire === undefined) return undefined;
  const tokens = logprobsFromWire(wire['content']);
  if (tokens.length > 0) return { of: 'text', tokens };
  const refused = logprobsFromWire(wire['refusal']);
  return refused.length > 0 ? { of: 'refusal', tokens: refused } : undefined;
}

/** A list of log probabilities as OpenAI writes them; empty for anything that is not a list. */
export function logprobsFromWire(wire: JsonValue | undefined): TokenLogprob[] {
  return listOf(wire).map((item) => {
    const token = objectOf(item) ?? {};
    return { ...oneLogprob(token), top: listOf(token['top_logprobs']).map((top) => oneLogprob(objectOf(top) ?? {})) };
  });
}

function oneLogprob(wire: JsonObject): { token: string; logprob: number; bytes?: readonly number[] } {
  const { token, logprob, bytes } = wire;
  if (typeof token !== 'string' || typeof logprob !== 'number')
    throw upstreamMalformed('a log probability has no token or value');
  return Array.isArray(bytes) ? { token, logprob, bytes: bytes as number[] } : { token, logprob };
}

/** Fields of a call's function beside its name and arguments; undefined where there are none, as in nearly every delta. */
export function functionFieldsOf(definition: JsonObject | undefined): JsonObject | undefined {
  let fields: JsonObject | undefined;
  for (const name in definition) {
    const value = definition[name];
    if (name === 'name' || name === 'arguments' || !isPresent(value)) continue;
    fields ??= {};
    fields[name] = value;
  }
  return fields;
}
