// The words of the Responses API for how an answer ended or failed, what it cost and how likely its tokens were.

import type { SluiceError } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Ending, TokenLogprob } from '../../../core/predict.ts';
import { totalTokens, type Usage } from '../../../core/usage.ts';
import { nativeFinishReasonOf } from '../../native-finish-reason.ts';
import { usageDetailsOf } from '../../usage-details.ts';

/** How a response ended well. */
export interface Outcome {
  readonly status: 'completed' | 'incomplete';
  readonly incompleteDetails: JsonObject | null;
}

/**
 * The status. An end for which this API has no reason is incomplete, with the provider's own word in place of the `reason` that it
 * lacks, so that it is not taken for a clean stop.
 */
export function outcomeOf(ending: Ending): Outcome {
  switch (ending.finishReason) {
    case 'length':
      return incomplete(ending, 'max_output_tokens');
    case 'content-filter':
      return incomplete(ending, 'content_filter');
    case 'other':
      if (ending.rawFinishReason === undefined) return { status: 'completed', incompleteDetails: null };
      return { status: 'incomplete', incompleteDetails: { provider_reason: ending.rawFinishReason } };
    default:
      return { status: 'completed', incompleteDetails: null };
  }
}

function incomplete(ending: Ending, reason: string): Outcome {
  const native = nativeFinishReasonOf(ending, reason);
  const details = native === undefined ? { reason } : { reason, provider_reason: native };
  return { status: 'incomplete', incompleteDetails: details };
}

/**
 * `usage`: counts, details, and what the vendor says beside them under its own names. Three details are 0 where nobody gave them, as
 * OpenAI's document requires them. Figures that nobody counted carry `estimated: true`, which OpenAI does not have.
 */
export function responseUsageOf(usage: Usage): JsonObject {
  const { input_tokens_details: inputDetails, output_tokens_details: outputDetails, ...extra } = usage.extra ?? {};
  return {
    ...extra,
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      ...usageDetailsOf(inputDetails, { audio_tokens: usage.audioInputTokens }),
      cached_tokens: usage.cachedInputTokens ?? 0,
      cache_write_tokens: usage.cacheWriteInputTokens ?? 0,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: {
      ...usageDetailsOf(outputDetails, { audio_tokens: usage.audioOutputTokens }),
      reasoning_tokens: usage.reasoningTokens ?? 0,
    },
    total_tokens: totalTokens(usage),
    ...(usage.source === 'estimated' ? { estimated: true } : {}),
  };
}

/** Log probabilities. The bytes of a token are those of its text where the vendor does not give them. */
export function textLogprobsOf(logprobs: readonly TokenLogprob[]): JsonObject[] {
  return logprobs.map((entry) => ({ ...tokenOf(entry), top_logprobs: entry.top.map(tokenOf) }));
}

function tokenOf({ token, logprob, bytes }: Omit<TokenLogprob, 'top'>): JsonObject {
  return { token, logprob, bytes: [...(bytes ?? Buffer.from(token))] };
}

/** Codes that `error` of a response may have, by OpenAI's document; all others are `server_error`. */
const responseCodes: ReadonlySet<string> = new Set([
  'server_error',
  'rate_limit_exceeded',
  'invalid_prompt',
  'data_residency_mismatch',
  'bio_policy',
  'vector_store_timeout',
  'invalid_image',
  'invalid_image_format',
  'invalid_base64_image',
  'invalid_image_url',
  'image_too_large',
  'image_too_small',
  'image_parse_error',
  'image_content_policy_violation',
  'invalid_image_mode',
  'image_file_too_large',
  'unsupported_image_media_type',
  'empty_image_file',
  'failed_to_download_image',
  'image_file_not_found',
]);

/** `error` of a failed response. */
export function responseErrorOf(error: SluiceError): JsonObject {
  return { code: responseCodeOf(error), message: error.message };
}

function responseCodeOf(error: SluiceError): string {
  const code = error.upstream?.code;
  if (code !== undefined && responseCodes.has(code)) return code;
  if (error.httpStatus === 429) return 'rate_limit_exceeded';
  return error.reason === 'content_filtered' ? 'invalid_prompt' : 'server_error';
}
