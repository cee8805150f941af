// A failure in Anthropic's envelope.

import type { SluiceError } from '../../core/error.ts';
import type { ErrorReason } from '../../core/error-catalogue.ts';
import type { RenderedError } from '../dialect.ts';
import { threadParam } from './defaults.ts';

/** Anthropic's error types, by which its clients tell failures apart, but the one for all the rest. */
const errorTypes: ReadonlySet<string> = new Set([
  'authentication_error',
  'billing_error',
  'permission_error',
  'not_found_error',
  'conflict_error',
  'request_too_large',
  'rate_limit_error',
  'timeout_error',
  'api_error',
  'overloaded_error',
]);

/** What is said of a refusal for which there is no other word. */
const plainRefusal = 'invalid_request_error';

const typeByStatus: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
};

/** Refusals for load, ours or the vendor's: the caller should come back later. */
const overloadReasons: ReadonlySet<ErrorReason> = new Set<ErrorReason>(['overloaded', 'draining']);

/** The status Anthropic answers when it is overloaded. */
const vendorOverloadedStatus = 529;

/** The whole error answer. */
export function renderError(error: SluiceError, requestId: string): RenderedError {
  return {
    status: error.httpStatus,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: renderErrorBody(error, requestId),
  };
}

/** The envelope: the body of an error answer, and the data of the `error` event that ends a failed stream. */
export function renderErrorBody(error: SluiceError, requestId: string): string {
  return JSON.stringify({
    type: 'error',
    error: { type: errorTypeOf(error), message: messageOf(error), ...detailsOf(error) },
    request_id: requestId,
  });
}

/** There is no field for the place of a fault: Anthropic's own messages begin with it, dotted (`messages.0.content.1: …`). */
function messageOf({ reason, param, message }: SluiceError): string {
  const isOfRequest = reason === 'invalid_request' || reason === 'unsupported_capability';
  if (param === undefined || !isOfRequest) return message;
  const path = param.replaceAll(/\[(\d+)\]/g, '.$1');
  return message.includes(path) ? message : `${path}: ${message}`;
}

/** The one machine-readable detail that we have to give: at it, Anthropic's clients send the conversation without a thread. */
function detailsOf(error: SluiceError): { details?: { error_code: string } } {
  if (error.reason !== 'unsupported_capability' || error.param !== threadParam) return {};
  return { details: { error_code: 'thread_unsupported_request' } };
}

/**
 * The vendor's own type where it is one of Anthropic's words; else by reason and status. OpenAI says `invalid_request_error` of a wrong key
 * and of a model that is not there too: the status says more than this word, as it does at Anthropic.
 */
function errorTypeOf(error: SluiceError): string {
  const { reason, httpStatus, upstream } = error;
  const type = upstream?.type;
  if (type !== undefined && errorTypes.has(type)) return type;
  if (overloadReasons.has(reason) || upstream?.status === vendorOverloadedStatus) return 'overloaded_error';
  const named = typeByStatus[httpStatus];
  if (named !== undefined) return named;
  return httpStatus < 500 ? plainRefusal : 'api_error';
}
