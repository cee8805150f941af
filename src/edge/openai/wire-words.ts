// OpenAI's words for how an answer ended, what it cost and how likely its tokens were; the same in streams and whole answers.

import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Ending, TokenLogprob } from '../../core/predict.ts';
import { totalTokens, type Usage } from '../../core/usage.ts';

/** `finish_reason`. What OpenAI has no word for is given in the vendor's own, so that it is not taken for a clean stop. */
export function finishReasonOf(ending: Ending): string {
  switch (ending.finishReason) {
    case 'tool-calls':
      return 'tool_calls';
    case 'content-filter':
      return 'content_filter';
    case 'other':
      return ending.rawFinishReason ?? 'stop';
    default:
      return ending.finishReason;
  }
}

/** `usage` of a chat completion. Figures that nobody counted carry `estimated: true`, which OpenAI does not have. */
export function chatUsageOf(usage: Usage): JsonObject {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: totalTokens(usage),
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
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
