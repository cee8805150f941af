// What a failure of Anthropic's means: type, status and words → reason. Retryability follows from the reason
// (core/error-catalogue.ts).

import type { IncomingHttpHeaders } from 'node:http';
import type { SluiceError } from '../../core/error.ts';
import { entryOf, type JsonObject, type JsonValue } from '../../core/json.ts';
import { isPresent, objectOf, textValueOf } from '../translation/wire-values.ts';
import { errorBodyOf, type FailureContext, type VendorError, vendorError } from '../transport/vendor-error.ts';
import { reasonBy, type VerdictRow } from '../transport/verdict-table.ts';
import { retryAfterMsOf } from './retry-after.ts';

/** The status that an error has whose type came within a stream, where there is none. */
const statusByType: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** The failure that a status and body mean; what of it is shown: see vendorError. The log gets the vendor's request id. */
export function failureOf(
  status: number,
  headers: IncomingHttpHeaders,
  body: string,
  context: FailureContext,
): SluiceError {
  const error = readError(status, errorBodyOf(body));
  const requestId = error.requestId ?? wordOf(headers['request-id'] as JsonValue | undefined);
  return toError({ ...error, requestId }, headers, context);
}

/** True for a body that is an error, whatever its status; a gateway's has no type of its own. */
export function isFailure(body: JsonObject): boolean {
  return body['type'] === 'error' || isPresent(body['error']);
}

/** The same for an `error` event, or an error under status 200. */
export function embeddedFailureOf(body: JsonObject, context: FailureContext): SluiceError {
  const error = readError(200, body);
  return toError({ ...error, status: entryOf(statusByType, error.type) ?? 500 }, {}, context);
}

function toError(error: VendorError, headers: IncomingHttpHeaders, context: FailureContext): SluiceError {
  return vendorError(
    reasonBy(verdicts, error),
    { ...error, retryAfterMs: retryAfterMsOf(headers, context.nowMs) },
    context,
  );
}

const accountWords: RegExp =
  /credit balance|billing|usage limits?\b.*\b(?:reached|regain)|organization has been disabled|invalid x-api-key/i;
const contextWords: RegExp = /prompt is too long|exceeds? (?:the )?context (?:limit|window)|context limit/i;
const filterWords: RegExp = /blocked by (?:our )?content filter|content filtering policy/i;
const modelWords: RegExp = /^model:|\bmodel\b.*\b(?:not found|not exist|retired|deprecated|not available)/i;

/**
 * In order: this server's account (its key, its rights, its credit, which Anthropic reports as an invalid request too); limits
 * and load (529 is Anthropic's own status for overload); then what the words say about the request. A redirect is no answer.
 */
const verdicts: readonly VerdictRow[] = [
  { status: [401, 402, 403], reason: 'upstream_unauthenticated' },
  { status: [429], reason: 'upstream_rate_limited' },
  { word: /^rate_limit_error$/, reason: 'upstream_rate_limited' },
  { status: [408, 504], reason: 'upstream_timeout' },
  { word: /^timeout_error$/, reason: 'upstream_timeout' },
  { status: [409], reason: 'upstream_unavailable' }, // A lock at the vendor: it goes away by waiting.
  { status: '5xx', reason: 'upstream_unavailable' },
  { word: /^(?:overloaded|api)_error$/, reason: 'upstream_unavailable' },
  { status: [404], message: modelWords, reason: 'model_not_found' },
  { status: [404], reason: 'upstream_rejected' },
  { status: '4xx', message: accountWords, reason: 'upstream_unauthenticated' },
  { status: '4xx', message: contextWords, reason: 'context_length_exceeded' },
  { status: '4xx', message: filterWords, reason: 'content_filtered' },
  { status: '4xx', reason: 'upstream_rejected' },
  { reason: 'upstream_malformed' },
];

/**
 * `{type: "error", error: {type, message, details?: {error_code}}, request_id}`; proxies send `{message}` or `{error: text}`, and
 * Vertex, before a request has reached Anthropic, `{error: {code, message, status}}`.
 */
function readError(status: number, body: JsonObject): VendorError {
  const error = objectOf(body['error']) ?? body;
  const type = wordOf(error['type']) ?? wordOf(error['status']);
  return {
    status,
    type: type === 'error' ? undefined : type,
    code: wordOf(objectOf(error['details'])?.['error_code']),
    message: textValueOf(error['message']) ?? textValueOf(body['error']) ?? textValueOf(body['message']),
    requestId: wordOf(body['request_id']),
  };
}

/** A type, code or id: short and plain, or it is not one. */
function wordOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && /^[\w.-]{1,100}$/.test(value) ? value : undefined;
}
