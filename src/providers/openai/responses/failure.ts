// Failures that the Responses API reports under status 200: an `error` event, or a response whose status is `failed`. They have
// a code but no HTTP status; the status that each code stands for is decided here, the rest in openai-compatible/errors.ts.

import type { SluiceError } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import { embeddedFailureOf } from '../../openai-compatible/errors.ts';
import { objectOf, textValueOf } from '../../translation/wire-values.ts';
import type { FailureContext } from '../../transport/vendor-error.ts';

/** Codes that are a verdict on the content rather than on the form of the request. */
const filtered: ReadonlySet<string> = new Set(['bio_policy', 'cyber_policy', 'image_content_policy_violation']);

/** Codes about what the caller sent; OpenAI's list of image faults has no common prefix. */
const callersFault: RegExp =
  /^(?:invalid_|unsupported_|empty_image|image_|failed_to_download_image|context_length|string_above|data_residency)/;

/** The failure in an `error` event: `{type: "error", code, message, param}`, or with these inside `error`. */
export function failureOfEvent(event: JsonObject, context: FailureContext): SluiceError {
  return failureOfError(objectOf(event['error']) ?? event, context);
}

/** The failure of a response with the status `failed`. */
export function failureOfResponse(response: JsonObject, context: FailureContext): SluiceError {
  return failureOfError(objectOf(response['error']) ?? {}, context);
}

function failureOfError(error: JsonObject, context: FailureContext): SluiceError {
  const { type, ...rest } = error;
  const code = textValueOf(error['code']);
  const status = code === undefined ? undefined : statusOf(code);
  const body: JsonObject = {
    ...rest,
    ...(type === undefined || type === 'error' ? {} : { type }),
    ...(status === undefined ? {} : { status }),
    ...(filtered.has(code ?? '') ? { type: 'content_filter' } : {}),
  };
  return embeddedFailureOf({ error: body }, context);
}

/** undefined: the type or the words decide, and 500 where they say nothing. */
function statusOf(code: string): number | undefined {
  if (filtered.has(code) || callersFault.test(code)) return 400;
  if (code === 'vector_store_timeout') return 503;
  return undefined;
}
