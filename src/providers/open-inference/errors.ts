// What a failure of the server means: a gRPC status, or an HTTP status and body → reason. Retryability follows from the reason.

import { type ServiceError, status } from '@grpc/grpc-js';
import { SluiceError } from '../../core/error.ts';
import { type ErrorReason, errorCatalogue, type StatusCode } from '../../core/error-catalogue.ts';
import { failureOf } from '../openai-compatible/errors.ts';
import { safeMessage } from '../transport/safe-message.ts';
import type { FailureContext } from '../transport/vendor-error.ts';
import type { WholeAnswer } from '../transport/whole-call.ts';
import { maxMessageBytes } from './defaults.ts';

/**
 * By status. NOT_FOUND is the model or its version: a call names nothing else. INTERNAL and UNKNOWN are what backends say when
 * running a model failed. CANCELLED is not by us: our own cancellations never get here.
 */
const reasonOfStatus: Readonly<Record<StatusCode, ErrorReason>> = {
  CANCELLED: 'upstream_unavailable',
  UNKNOWN: 'upstream_unavailable',
  INVALID_ARGUMENT: 'upstream_rejected',
  DEADLINE_EXCEEDED: 'upstream_timeout',
  NOT_FOUND: 'model_not_found',
  ALREADY_EXISTS: 'upstream_rejected',
  PERMISSION_DENIED: 'upstream_unauthenticated',
  RESOURCE_EXHAUSTED: 'upstream_rate_limited',
  FAILED_PRECONDITION: 'upstream_rejected',
  ABORTED: 'upstream_unavailable',
  OUT_OF_RANGE: 'upstream_rejected',
  UNIMPLEMENTED: 'unsupported_capability',
  INTERNAL: 'upstream_unavailable',
  UNAVAILABLE: 'upstream_unavailable',
  DATA_LOSS: 'upstream_truncated',
  UNAUTHENTICATED: 'upstream_unauthenticated',
};

/** The failure of a gRPC call. */
export function failureOfStatus(failure: Pick<ServiceError, 'code' | 'details'>, context: FailureContext): SluiceError {
  const { details } = failure;
  const name = status[failure.code] ?? '';
  const code: StatusCode = Object.hasOwn(reasonOfStatus, name) ? (name as StatusCode) : 'UNKNOWN';
  const reason = transportReason(code, details) ?? reasonOfStatus[code];
  const message = safeMessage(details, context.secrets);
  if (reason === 'body_too_large') {
    const limit = `The request is larger than the ${limitOf(details)} bytes that a message to the model may have.`;
    return new SluiceError(reason, { message: limit, detail: `gRPC ${code}: ${message ?? ''}` });
  }
  const isVerdict = errorCatalogue[reason].vendorShows === 'words';
  return new SluiceError(reason, {
    ...(isVerdict && message !== undefined ? { message } : {}),
    detail: isVerdict ? `gRPC ${code}` : `gRPC ${code}: ${message ?? ''}`,
    upstream: { target: context.target, code },
  });
}

/** grpc-js reports faults of the messages themselves under statuses that mean something else from a server. */
function transportReason(code: StatusCode, details: string): ErrorReason | undefined {
  if (code === 'INTERNAL' && /response message parsing|deserializ|decompress/i.test(details))
    return 'upstream_malformed';
  const limit = limitOf(details);
  if (code !== 'RESOURCE_EXHAUSTED' || limit === undefined) return undefined;
  // Both sides word it alike: our own limit for answers is told by its figure.
  return details.startsWith('Received') && limit === maxMessageBytes ? 'upstream_malformed' : 'body_too_large';
}

/** The limit that a message was found to break, in bytes: "larger than max (9 vs 4)", "with a size larger than 4". */
function limitOf(details: string): number | undefined {
  const limit = /larger than (?:(?:the )?max\D*\d+ vs\.? )?(\d+)/i.exec(details)?.[1];
  return limit === undefined ? undefined : Number(limit);
}

/** The failure that an HTTP answer with a status of failure means. Triton says 400 for a model that it does not have. */
export function failureOfAnswer({ status: code, headers, body }: WholeAnswer, context: FailureContext): SluiceError {
  const isUnknownModel = code === 400 && /unknown model|model.{0,200}not found/is.test(body.slice(0, 1000));
  return failureOf(isUnknownModel ? 404 : code, headers, body, context);
}
