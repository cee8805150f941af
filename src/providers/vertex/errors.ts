// What Google's failure means: a google.rpc.Status and the HTTP status → reason. Retryability follows from the reason.

import type { SluiceError } from '../../core/error.ts';
import { entryOf, type JsonObject, type JsonValue } from '../../core/json.ts';
import { isPresent, listOf, objectOf, textValueOf } from '../translation/wire-values.ts';
import { boundedWait, retryAfterMsOf } from '../transport/retry-after.ts';
import { errorBodyOf, type FailureContext, vendorError } from '../transport/vendor-error.ts';
import { reasonBy, type VerdictRow } from '../transport/verdict-table.ts';
import type { WholeAnswer } from '../transport/whole-call.ts';

/** What Google said. */
interface RpcStatus {
  readonly status: number;
  /** The name of google.rpc.Code, such as RESOURCE_EXHAUSTED. */
  readonly code: string | undefined;
  /** `reason` of ErrorInfo, such as API_KEY_INVALID. */
  readonly errorReason: string | undefined;
  readonly message: string | undefined;
  readonly retryDelayMs: number | undefined;
}

/** The failure that a status and body mean; what of it is shown: see vendorError. Debug information is never read. */
export function failureOf(answer: WholeAnswer, context: FailureContext): SluiceError {
  const status = readStatus(answer.status, errorBodyOf(answer.body));
  return toError(status, status.retryDelayMs ?? retryAfterMsOf(answer.headers, context.nowMs), context);
}

/** True for a body that is an error, whatever its status. */
export function isFailure(body: JsonObject): boolean {
  return isPresent(body['error']);
}

/** The same for an `error` that came within a stream or under status 200. */
export function embeddedFailureOf(body: JsonObject, context: FailureContext): SluiceError {
  const named = readStatus(500, body);
  const code = objectOf(body['error'])?.['code'];
  const isStatus = typeof code === 'number' && code >= 400 && code < 600;
  const status = isStatus ? code : (entryOf(statusOfCode, named.code) ?? 500);
  return toError({ ...named, status }, named.retryDelayMs, context);
}

function toError(rpc: RpcStatus, retryAfterMs: number | undefined, context: FailureContext): SluiceError {
  const { status, code: type, errorReason: code, message } = rpc;
  const said = { status, type, code, message, retryAfterMs };
  return vendorError(reasonBy(verdicts, said), said, context);
}

/** `reason`s of ErrorInfo: bad keys, services that are off, missing permissions, no billing. */
const accountReasons: RegExp = /^(?:API_KEY_|SERVICE_DISABLED|BILLING_|CONSUMER_|ACCESS_TOKEN_|USER_PROJECT_)/;
const accountWords: RegExp =
  /API key (?:not valid|not found|expired)|enable billing|billing (?:to be|is) (?:dis|en)abled/i;

const contextWords: RegExp =
  /(?:input )?token count.{0,40}exceeds|exceeds the maximum number of (?:input )?tokens|maximum (?:input )?token|context (?:length|window)|input is too long/i;

const filterWords: RegExp =
  /Responsible AI|sensitive words|safety (?:filter|setting|policy)|prohibited (?:content|use)/i;

const modelWords: RegExp = /\bmodels?\b.*(?:not found|not exist|not available|not supported)|Publisher Model/is;

/**
 * In order: whatever is wrong with this server's account (Google says 400 for a bad key); then the status, and of a 4xx what the words say
 * about the request. A 404 that is not about the model is about a file or a cache that the request names. A redirect is not
 * followed, and is no answer.
 */
const verdicts: readonly VerdictRow[] = [
  { status: [401, 402, 403], reason: 'upstream_unauthenticated' },
  { word: /^UNAUTHENTICATED$/, reason: 'upstream_unauthenticated' },
  { word: accountReasons, reason: 'upstream_unauthenticated' },
  { status: [400], message: accountWords, reason: 'upstream_unauthenticated' },
  { status: [408, 504], reason: 'upstream_timeout' },
  { status: [409], reason: 'upstream_unavailable' }, // ABORTED: a conflict at Google that passes.
  { status: [429], reason: 'upstream_rate_limited' },
  { status: [499], reason: 'upstream_unavailable' }, // CANCELLED, although nobody here did.
  { status: [501], reason: 'unsupported_capability' },
  { status: '5xx', reason: 'upstream_unavailable' },
  { status: [404], message: modelWords, reason: 'model_not_found' },
  { status: [404], message: /^$/, reason: 'model_not_found' },
  { status: [404], reason: 'upstream_rejected' },
  { status: '4xx', message: contextWords, reason: 'context_length_exceeded' },
  { status: '4xx', message: filterWords, reason: 'content_filtered' },
  { status: '4xx', reason: 'upstream_rejected' },
  { reason: 'upstream_malformed' },
];

/** HTTP status by name, for errors that carry no number. Source: google/rpc/code.proto. */
const statusOfCode: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ABORTED: 409,
  ALREADY_EXISTS: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** `{error: {code, message, status, details}}`, or OAuth's `{error: text, error_description}`. */
function readStatus(status: number, body: JsonObject): RpcStatus {
  const error = objectOf(body['error']) ?? {};
  const message = textValueOf(error['message']) ?? textValueOf(body['error_description']) ?? textValueOf(body['error']);
  const details = listOf(error['details']).map(objectOf);
  const detailOf = (type: string): JsonObject | undefined =>
    details.find((detail) => textValueOf(detail?.['@type'])?.endsWith(`google.rpc.${type}`));
  return {
    status,
    code: wordOf(error['status']),
    errorReason: wordOf(detailOf('ErrorInfo')?.['reason']),
    message,
    retryDelayMs: delayOf(detailOf('RetryInfo')?.['retryDelay'], message),
  };
}

/** A duration such as `34.4s`, or the words that say the same where the detail is missing. */
function delayOf(value: JsonValue | undefined, message: string | undefined): number | undefined {
  const text = textValueOf(value) ?? /retry in (\d+(?:\.\d+)?s)\b/i.exec(message ?? '')?.[1];
  const seconds = text === undefined ? undefined : /^(\d+(?:\.\d+)?)s$/.exec(text)?.[1];
  if (seconds === undefined) return undefined;
  return boundedWait(Number.parseFloat(seconds) * 1000);
}

function wordOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && /^[A-Z][A-Z0-9_]{0,99}$/.test(value) ? value : undefined;
}
