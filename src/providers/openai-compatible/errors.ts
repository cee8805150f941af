// What a vendor's failure means: status and body → reason. Retryability follows from the reason (core/error-catalogue.ts).

import type { IncomingHttpHeaders } from 'node:http';
import { type ErrorDetails, SluiceError } from '../../core/error.ts';
import type { ErrorReason } from '../../core/error-catalogue.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { retryAfterMsOf } from './retry-after.ts';
import { safeMessage } from './safe-message.ts';
import { objectOf, textValueOf } from './wire-values.ts';

/** What an error is made from beside the vendor's answer. */
export interface FailureContext {
  /** `provider/model`. */
  readonly target: string;
  /** Exact texts that must never be shown. */
  readonly secrets: readonly string[];
  readonly nowMs: number;
}

/** What the vendor said. */
interface VendorError {
  readonly status: number;
  readonly type: string | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly param: string | undefined;
}

/**
 * The failure that a status and body mean. What the caller may see: for a verdict on the request (4xx) the vendor's own
 * message, cleaned; for anything about this server's account, a rate limit or a fault of the vendor, only the catalogue's
 * sentence. The log's detail holds no message of a verdict, since vendors quote the prompt in it.
 */
export function failureOf(
  status: number,
  headers: IncomingHttpHeaders,
  body: string,
  context: FailureContext,
): SluiceError {
  return toError(parseError(status, body), headers, context);
}

/** The same for an `error` that came within a stream or under status 200. */
export function embeddedFailureOf(body: JsonObject, context: FailureContext): SluiceError {
  const error = readError(200, body);
  return toError({ ...error, status: embeddedStatus(body, error) }, {}, context);
}

function toError(error: VendorError, headers: IncomingHttpHeaders, context: FailureContext): SluiceError {
  const reason = reasonOf(error);
  const isVerdict = callersVerdicts.has(reason);
  const message = safeMessage(error.message, context.secrets);
  const retryAfterMs = retryAfterMsOf(headers, context.nowMs);
  const facts = [`status ${error.status}`, error.type, error.code, isVerdict ? error.param : message];
  const details: ErrorDetails = {
    ...(isVerdict && message !== undefined ? { message } : {}),
    ...(isVerdict && error.param !== undefined ? { param: error.param } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    detail: facts.filter((fact) => fact !== undefined).join(', '),
    upstream: {
      target: context.target,
      status: error.status,
      ...(error.type === undefined ? {} : { type: error.type }),
      ...(error.code === undefined ? {} : { code: error.code }),
    },
  };
  return new SluiceError(reason, details);
}

/** Reasons that are about what the caller sent. */
const callersVerdicts: ReadonlySet<ErrorReason> = new Set([
  'upstream_rejected',
  'context_length_exceeded',
  'content_filtered',
  'model_not_found',
  'unsupported_capability',
]);

/**
 * In order: an account without credit (a 429 or 402 that no waiting mends, a matter of this server's account, as is a
 * refused key); what the vendor's code or words say about the request; then the status. A redirect is not followed, and is
 * no answer.
 */
function reasonOf(error: VendorError): ErrorReason {
  const { status, code, type } = error;
  if (status === 402 || noCredit.has(code ?? '') || noCredit.has(type ?? '')) return 'upstream_unauthenticated';
  if (status === 401) return 'upstream_unauthenticated';
  if (status === 429) return 'upstream_rate_limited';
  const verdict = verdictOf(error);
  if (verdict !== undefined) return verdict;
  if (status === 403) return 'upstream_unauthenticated';
  if (status === 408) return 'upstream_timeout';
  if (status === 409) return 'upstream_rate_limited'; // A lock at the vendor: it goes away by waiting.
  if (status === 424 || status >= 500) return 'upstream_unavailable'; // 424: TGI's engine failed.
  return status >= 400 ? 'upstream_rejected' : 'upstream_malformed';
}

const noCredit: ReadonlySet<string> = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'insufficient_balance',
]);
const contextCodes: ReadonlySet<string> = new Set([
  'context_length_exceeded',
  'exceed_context_size_error', // llama.cpp
  'too_many_prompt_tokens', // Perplexity
]);
const filterCodes: ReadonlySet<string> = new Set(['content_filter', 'content_policy_violation', 'content_filtered']);
const modelCodes: ReadonlySet<string> = new Set(['model_not_found', 'invalid_model', 'DeploymentNotFound']);

const contextWords: RegExp =
  /maximum context length|context (?:length|window|size)|too many (?:input|prompt) tokens|(?:input|prompt) is too long|`max_new_tokens` must be|length of all messages is too long|reduce the length of the (?:messages|prompt)/i;
const filterWords: RegExp = /content (?:management|policy)|content filter|flagged .*moderation|requires moderation/i;
const modelWords: RegExp =
  /\bmodel\b.*(?:not found|not exist|no such|deprecated|unknown|not available|decommissioned)|(?:no such|unknown) model/is;

/** What the vendor's code or words say about the request; undefined when they say nothing known. */
function verdictOf(error: VendorError): ErrorReason | undefined {
  const { status, code = '', type = '', message = '' } = error;
  if (contextCodes.has(code) || contextCodes.has(type)) return 'context_length_exceeded';
  if (filterCodes.has(code) || filterCodes.has(type)) return 'content_filtered';
  if (type === 'not_supported_error') return 'unsupported_capability'; // llama.cpp, status 501
  return status >= 400 && status < 500 ? worded(status, code, message) : undefined;
}

/** Verdicts of a 4xx that only the wording tells. */
function worded(status: number, code: string, message: string): ErrorReason | undefined {
  if (modelCodes.has(code) || (status === 404 && modelWords.test(message))) return 'model_not_found';
  if ((status === 400 || status === 413 || status === 422) && contextWords.test(message))
    return 'context_length_exceeded';
  return (status === 400 || status === 403) && filterWords.test(message) ? 'content_filtered' : undefined;
}

function parseError(status: number, body: string): VendorError {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    // An error page, or plain text such as `upstream connect error`: safeMessage decides what may be shown of it.
    return { status, type: undefined, code: undefined, message: textValueOf(body.trim()), param: undefined };
  }
  const object = Array.isArray(parsed) ? parsed[0] : parsed; // Gemini's endpoint sends a list.
  return readError(status, isJsonObject(object) ? object : {});
}

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
