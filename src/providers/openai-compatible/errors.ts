// What a vendor's failure means: status and body → reason. Retryability follows from the reason (core/error-catalogue.ts).

import type { IncomingHttpHeaders } from 'node:http';
import type { SluiceError } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { isPresent, objectOf, textValueOf } from '../translation/wire-values.ts';
import { retryAfterMsOf } from '../transport/retry-after.ts';
import { errorBodyOf, type FailureContext, type VendorError, vendorError } from '../transport/vendor-error.ts';
import { reasonBy, type VerdictRow } from '../transport/verdict-table.ts';

/** The failure that a status and body mean; what of it is shown: see vendorError. */
export function failureOf(
  status: number,
  headers: IncomingHttpHeaders,
  body: string,
  context: FailureContext,
): SluiceError {
  return toError(readError(status, errorBodyOf(body)), headers, context);
}

/** True for a body that is an error, whatever its status: some servers have `error`, older vLLM says so in `object`. */
export function isFailure(body: JsonObject): boolean {
  return isPresent(body['error']) || body['object'] === 'error';
}

/** The same for an `error` that came within a stream or under status 200. */
export function embeddedFailureOf(body: JsonObject, context: FailureContext): SluiceError {
  const error = readError(200, body);
  return toError({ ...error, status: embeddedStatus(body, error) }, {}, context);
}

function toError(error: VendorError, headers: IncomingHttpHeaders, context: FailureContext): SluiceError {
  return vendorError(
    reasonBy(verdicts, error),
    { ...error, retryAfterMs: retryAfterMsOf(headers, context.nowMs) },
    context,
  );
}

const accountCodes: ReadonlySet<string> = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_not_active',
  'account_deactivated',
  'insufficient_balance',
  'invalid_api_key',
  'authentication_error',
]);

/** xAI answers 400 to a wrong key, as do gateways. */
const accountWords: RegExp =
  /\b(?:incorrect|invalid|missing|expired|no) api[- _]?key|api[- _]?key (?:is |was )?(?:not (?:valid|found)|invalid|incorrect|missing|expired)/i;

const contextCodes: ReadonlySet<string> = new Set([
  'context_length_exceeded',
  'exceed_context_size_error', // llama.cpp
  'too_many_prompt_tokens', // Perplexity
]);

const filterCodes: ReadonlySet<string> = new Set(['content_filter', 'content_policy_violation', 'content_filtered']);

const modelCodes: ReadonlySet<string> = new Set([
  'model_not_found',
  'model_decommissioned', // Groq
  'invalid_model', // Mistral
  'DeploymentNotFound', // Azure
]);

const contextWords: RegExp =
  /maximum context length|context (?:length|window|size)|too many (?:input|prompt) tokens|(?:input|prompt) is too long|`max_new_tokens` must be|length of all messages is too long|reduce the length of the (?:messages|prompt)/i;

const filterWords: RegExp = /content (?:management|policy)|content filter|flagged .*moderation|requires moderation/i;

const modelWords: RegExp =
  /\bmodel\b.*(?:not found|not exist|no such|deprecated|unknown|not available|decommissioned)|(?:no such|unknown) model/is;

/** DeepSeek and xAI say so with a 400. */
const noModelWords: RegExp = /^\s*model(?: not exist|(?: is)? not found\b)/i;

/**
 * In order: what is wrong with this server's account: its key, or its credit (a 429 or 402 that no waiting mends); what the
 * vendor's code or words say about the request; then the status. A redirect is not followed, and is no answer.
 */
const verdicts: readonly VerdictRow[] = [
  { status: [401, 402], reason: 'upstream_unauthenticated' },
  { word: accountCodes, reason: 'upstream_unauthenticated' },
  { status: [400, 403], message: accountWords, reason: 'upstream_unauthenticated' },
  { status: [429], reason: 'upstream_rate_limited' },
  { word: contextCodes, reason: 'context_length_exceeded' },
  { word: filterCodes, reason: 'content_filtered' },
  { word: /^not_supported_error$/, reason: 'unsupported_capability' }, // llama.cpp, status 501
  { status: '4xx', word: modelCodes, reason: 'model_not_found' },
  { status: [404], message: modelWords, reason: 'model_not_found' },
  { status: '4xx', message: noModelWords, reason: 'model_not_found' },
  { status: [400, 413, 422], message: contextWords, reason: 'context_length_exceeded' },
  { status: [400, 403], message: filterWords, reason: 'content_filtered' },
  { status: [403], reason: 'upstream_unauthenticated' },
  { status: [408, 504], reason: 'upstream_timeout' },
  { status: [409], reason: 'upstream_unavailable' }, // A lock at the vendor: it goes away by waiting.
  { status: [424], reason: 'upstream_unavailable' }, // TGI's engine failed.
  { status: '5xx', reason: 'upstream_unavailable' },
  { status: '4xx', reason: 'upstream_rejected' },
  { reason: 'upstream_malformed' },
];

/**
 * The forms in use: `{error: {message, type, code, param}}` (OpenAI, Ollama, llama.cpp), `{error: text, error_type}` (TGI),
 * `{object: "error", message, type, code}` (older vLLM), `{message}` or `{detail}` (Mistral, FastAPI, proxies).
 */
function readError(status: number, body: JsonObject): VendorError {
  const error = objectOf(body['error']) ?? body;
  const { detail } = body;
  const fallback = typeof detail === 'string' ? detail : Array.isArray(detail) ? JSON.stringify(detail) : undefined;
  const inner = objectOf(error['innererror']) ?? objectOf(error['inner_error']); // Azure
  const isFiltered = inner?.['code'] === 'ResponsibleAIPolicyViolation';
  return {
    status,
    type: wordOf(error['type']) ?? wordOf(body['error_type']),
    code: isFiltered ? 'content_filter' : wordOf(error['code']),
    message: textValueOf(error['message']) ?? textValueOf(body['error']) ?? textValueOf(body['message']) ?? fallback,
    param: wordOf(error['param']),
  };
}

/** A type, code or parameter name: short and plain, or it is not one. Numbers (vLLM repeats the status) become text. */
function wordOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && /^[\w.[\]:/ -]{1,100}$/.test(value) ? value : undefined;
}

/** The status that an embedded error would have had: its own word for it, else what its type says, else 500. */
function embeddedStatus(body: JsonObject, error: VendorError): number {
  const inner = objectOf(body['error']) ?? body;
  for (const value of [inner['status_code'], inner['status'], inner['code'], body['status_code']]) {
    const status = Number(value);
    if (Number.isInteger(status) && status >= 400 && status < 600) return status;
  }
  const words = `${error.type ?? ''} ${error.code ?? ''}`;
  if (/rate_?limit/i.test(words)) return 429;
  if (/auth|permission/i.test(words)) return 401;
  if (/invalid_request|bad_?request|validation|context_length|content_(?:filter|policy)/i.test(words)) return 400;
  return 500;
}
