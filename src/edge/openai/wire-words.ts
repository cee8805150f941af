// The words of chat completions, and of legacy completions, for how an answer ended, what it cost and how likely its tokens were; the same
// in streams and whole answers.

import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { ChoiceEnding, Ending, TokenLogprob } from '../../core/predict.ts';
import { totalTokens, type Usage } from '../../core/usage.ts';
import { nativeFinishReasonOf } from '../native-finish-reason.ts';
import { spokenByField } from '../spoken-by.ts';
import { usageDetailsOf } from '../usage-details.ts';

/**
 * `finish_reason`, one of OpenAI's words. A vendor's word without a match (a paused turn, a call that could not be read) is
 * `length`: the answer is not all there, which a clean stop would say. Where the vendor says nothing, its calls do.
 */
function finishReasonOf(ending: ChoiceEnding, hasCalls: boolean = false): string {
  switch (ending.finishReason) {
    case 'tool-calls':
      return 'tool_calls';
    case 'content-filter':
      return 'content_filter';
    case 'other':
      if (ending.rawFinishReason === undefined) return hasCalls ? 'tool_calls' : 'stop';
      return ending.rawFinishReason === 'function_call' ? 'function_call' : 'length';
    default:
      return ending.finishReason;
  }
}

/**
 * `finish_reason` of a choice, and beside it, by the name that OpenRouter gave it, a vendor's word that OpenAI does not have, and, by
 * the name of vLLM's, the stop sequence that matched.
 */
export function endingFieldsOf(ending: ChoiceEnding, hasCalls: boolean): JsonObject {
  const finishReason = finishReasonOf(ending, hasCalls);
  const native = nativeFinishReasonOf(ending, finishReason);
  const fields: JsonObject = { finish_reason: finishReason };
  if (native !== undefined) fields['native_finish_reason'] = native;
  if (ending.stopSequence !== undefined) fields['stop_reason'] = ending.stopSequence;
  return fields;
}

/** Fields of a choice that are written elsewhere. */
const choiceFields: ReadonlySet<string> = new Set(['index', 'delta', 'message', 'text', 'logprobs']);

/** How a choice behind the first ended, with its fields without a name of ours; those of the first stand in the answer itself. */
export function otherChoiceFieldsOf(ending: ChoiceEnding, hasCalls: boolean): JsonObject {
  const unknown = Object.entries(ending.extra ?? {}).filter(([name]) => !choiceFields.has(name));
  return { ...Object.fromEntries(unknown), ...endingFieldsOf(ending, hasCalls) };
}

/** OpenAI's service tiers. */
const serviceTiers: ReadonlySet<unknown> = new Set(['auto', 'default', 'flex', 'scale', 'priority', 'fast', null]);

/** Fields of the answer without a name of ours. A service tier that OpenAI does not have is shown as the vendor's own. */
export function answerFieldsOf(extra: JsonObject | undefined): JsonObject {
  const tier = extra?.['service_tier'];
  if (extra === undefined || tier === undefined || serviceTiers.has(tier)) return extra ?? {};
  const { service_tier: _, ...others } = extra;
  return { ...others, native_service_tier: tier };
}

/** Fields of a chunk that unknown fields of the answer must not repeat. */
const reservedFields = ['id', 'object', 'created', 'model', 'choices', 'usage'] as const;

/** What the last chunks of a stream tell of the answer beside what every chunk has, as JSON text behind other fields: `,"a":1`, or ''. */
export function lastChunkFields(ending: Ending): string {
  const fields: JsonObject = { ...answerFieldsOf(ending.extra), ...spokenByField(ending) };
  if (ending.systemFingerprint !== undefined) fields['system_fingerprint'] = ending.systemFingerprint;
  for (const field of reservedFields) delete fields[field];
  return Object.keys(fields).length === 0 ? '' : `,${JSON.stringify(fields).slice(1, -1)}`;
}

/**
 * `usage` of a chat completion: counts, details that somebody gave, and what the vendor says beside them under its own names. Figures
 * that nobody counted carry `estimated: true`, which OpenAI does not have.
 */
export function chatUsageOf(usage: Usage): JsonObject {
  const { prompt_tokens_details: inputDetails, completion_tokens_details: outputDetails, ...extra } = usage.extra ?? {};
  const input = usageDetailsOf(inputDetails, {
    cached_tokens: usage.cachedInputTokens,
    cache_write_tokens: usage.cacheWriteInputTokens,
    audio_tokens: usage.audioInputTokens,
  });
  const output = usageDetailsOf(outputDetails, {
    reasoning_tokens: usage.reasoningTokens,
    audio_tokens: usage.audioOutputTokens,
    accepted_prediction_tokens: usage.acceptedPredictionTokens,
    rejected_prediction_tokens: usage.rejectedPredictionTokens,
  });
  return {
    ...extra,
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: totalTokens(usage),
    ...(input === undefined ? {} : { prompt_tokens_details: input }),
    ...(output === undefined ? {} : { completion_tokens_details: output }),
    ...(usage.source === 'estimated' ? { estimated: true } : {}),
  };
}

/** `logprobs` of a choice, of its text or of its refusal. */
export function logprobsOf(logprobs: readonly TokenLogprob[], of: 'content' | 'refusal' = 'content'): JsonObject {
  const tokens = logprobs.map((entry) => ({ ...tokenOf(entry), top_logprobs: entry.top.map(tokenOf) }));
  return { content: null, refusal: null, [of]: tokens };
}

/** What a tool call brought along: its own fields, and those that belong into its `function`. */
export function callFieldsOf(extra: JsonObject | undefined): {
  readonly outer: JsonObject;
  readonly inner: JsonObject;
} {
  const { function: inner, ...outer } = extra ?? {};
  return { outer, inner: isJsonObject(inner) ? inner : {} };
}

function tokenOf(entry: Omit<TokenLogprob, 'top'>): JsonObject {
  return { token: entry.token, logprob: entry.logprob, bytes: entry.bytes === undefined ? null : [...entry.bytes] };
}

/** Unix time in seconds, as OpenAI writes times. */
export function secondsOf(timeMs: number): number {
  return Math.floor(timeMs / 1000);
}
