// SluiceError ↔ gRPC status. Between Sluice and Sluice nothing is lost but `detail` and `cause`, which are for the log of
// the process that failed; from anybody else the plain status is mapped to the nearest reason.

import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import { SluiceError, type UpstreamFailure } from '../core/error.ts';
import { type ErrorReason, isErrorReason, type StatusCode } from '../core/error-catalogue.ts';
import { present } from './codec/present.ts';
import { ErrorDetail } from './generated/sluice/inference/v1/inference.ts';

/** Trailing metadata that holds the serialised ErrorDetail. */
const errorDetailKey = 'sluice-error-bin';

/** What a plain status of a server that is not Sluice most likely means. Its text is not for users. */
const reasonOfStatus: Readonly<Record<StatusCode, ErrorReason>> = {
  CANCELLED: 'cancelled',
  UNKNOWN: 'internal',
  INVALID_ARGUMENT: 'invalid_request',
  DEADLINE_EXCEEDED: 'deadline_exceeded',
  NOT_FOUND: 'not_found',
  ALREADY_EXISTS: 'already_exists',
  PERMISSION_DENIED: 'permission_denied',
  RESOURCE_EXHAUSTED: 'rate_limited',
  FAILED_PRECONDITION: 'invalid_request',
  ABORTED: 'inference_unavailable',
  OUT_OF_RANGE: 'invalid_request',
  UNIMPLEMENTED: 'unimplemented',
  INTERNAL: 'internal',
  UNAVAILABLE: 'inference_unavailable',
  DATA_LOSS: 'upstream_truncated',
  UNAUTHENTICATED: 'invalid_api_key',
};

/** The failure as a message. */
export function errorToWire(error: SluiceError): ErrorDetail {
  const { reason, message, param, retryAfterMs, upstream } = error;
  return { reason, message, param, retryAfterMs, upstream: upstream && upstreamToWire(upstream) };
}

/** The reverse of `errorToWire`. A reason that this version does not know becomes the nearest one of `code`. */
export function errorFromWire(error: ErrorDetail, code: StatusCode = 'UNKNOWN'): SluiceError {
  const reason = isErrorReason(error.reason) ? error.reason : reasonOfStatus[code];
  const { message, param, retryAfterMs, upstream } = error;
  const isForeign = reason !== error.reason;
  return new SluiceError(
    reason,
    present({
      message,
      param,
      retryAfterMs,
      upstream: upstream && present(upstream),
      detail: isForeign ? `unknown reason ${error.reason}` : undefined,
    }),
  );
}

/** The failure as the status of a gRPC call. `metadata` is sent with it. */
export function errorToStatus(error: SluiceError, metadata: Metadata = new Metadata()): StatusObject {
  metadata.set(errorDetailKey, Buffer.from(ErrorDetail.encode(errorToWire(error)).finish()));
  return { code: status[error.code], details: error.message, metadata };
}

/** What a failed gRPC call means. Never throws; a status that is no failure, or is unknown, counts as UNKNOWN. */
export function errorFromStatus(failure: Pick<ServiceError, 'code' | 'details' | 'metadata'>): SluiceError {
  const name = status[failure.code] ?? '';
  const code: StatusCode = Object.hasOwn(reasonOfStatus, name) ? (name as StatusCode) : 'UNKNOWN';
  const [bytes] = failure.metadata?.get(errorDetailKey) ?? [];
  if (bytes instanceof Uint8Array) {
    try {
      return errorFromWire(ErrorDetail.decode(bytes), code);
    } catch (cause) {
      return new SluiceError(reasonOfStatus[code], {
        detail: `unreadable ${errorDetailKey}: ${failure.details}`,
        cause,
      });
    }
  }
  return tooLarge(code, failure.details) ?? plainFailure(code, failure.details);
}

/** grpc-js reports some failures of the transport itself under statuses that mean something else from a server. */
function plainFailure(code: StatusCode, details: string): SluiceError {
  const isTransport = code === 'INTERNAL' && (details.includes('RST_STREAM') || details.includes('stream closed'));
  return new SluiceError(isTransport ? 'inference_unavailable' : reasonOfStatus[code], {
    detail: `gRPC ${code}: ${details}`,
  });
}

/** A message over the limit of either end: grpc-js and the libraries of other languages say so in prose only. */
function tooLarge(code: StatusCode, details: string): SluiceError | undefined {
  const [, limit] = /\blarger than (?:max \(\d+ vs\.? )?(\d+)/.exec(details) ?? [];
  if (code !== 'RESOURCE_EXHAUSTED' || limit === undefined) return undefined;
  const detail = `gRPC ${code}: ${details}`;
  // The word of a grpc-js server for its own answer; our own requests it "attempted to send".
  if (details.startsWith('Sent ')) {
    return new SluiceError('internal', { message: `The answer is larger than ${limit} bytes.`, detail });
  }
  return new SluiceError('body_too_large', { message: `The request is larger than ${limit} bytes.`, detail });
}

function upstreamToWire({ target, status: httpStatus, type, code }: UpstreamFailure): ErrorDetail['upstream'] {
  return { target, status: httpStatus, type, code };
}
