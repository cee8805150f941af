// The one error class of Sluice. Whoever first sees a failure picks the reason; everybody after only reads it.

import { type ErrorEntry, type ErrorReason, errorCatalogue, type StatusCode } from './error-catalogue.ts';

/** What the upstream vendor said, kept so that the caller sees the vendor's own status, type and code. */
export interface UpstreamFailure {
  /** `provider/model` that answered. */
  readonly target?: string;
  /** HTTP status of the vendor, absent when there was no answer. */
  readonly status?: number;
  /** The vendor's error type, such as `invalid_request_error`. */
  readonly type?: string;
  /** The vendor's error code, such as `context_length_exceeded`. */
  readonly code?: string;
}

/** What may accompany a reason. */
export interface ErrorDetails {
  /** Safe to show to the caller. Default: the sentence of the catalogue. */
  readonly message?: string;
  /** For logs only: may hold addresses and upstream text, never prompt content or secrets. */
  readonly detail?: string;
  /** Path of the offending field in the caller's body, such as `messages[0].role`. */
  readonly param?: string;
  /** How long the caller should wait before a retry, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly upstream?: UpstreamFailure;
  readonly cause?: unknown;
}

/** A failure with a reason from the catalogue. `message` is safe for users. */
export class SluiceError extends Error {
  override readonly name: string = 'SluiceError';
  readonly reason: ErrorReason;
  readonly detail: string | undefined;
  readonly param: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly upstream: UpstreamFailure | undefined;

  constructor(reason: ErrorReason, details: ErrorDetails = {}) {
    super(details.message ?? errorCatalogue[reason].sentence, { cause: details.cause });
    this.reason = reason;
    this.detail = details.detail;
    this.param = details.param;
    this.retryAfterMs = details.retryAfterMs;
    this.upstream = details.upstream;
  }

  /** The catalogue row of the reason. */
  get entry(): ErrorEntry {
    return errorCatalogue[this.reason];
  }

  /** The gRPC status name. */
  get code(): StatusCode {
    return this.entry.code;
  }

  /** The HTTP status: the vendor's own where a vendor answered with a failure (400 to 599), else the catalogue's. */
  get httpStatus(): number {
    const vendor = this.upstream?.status;
    const isShown = this.entry.vendorShows !== 'nothing' && vendor !== undefined && vendor >= 400 && vendor < 600;
    return isShown ? vendor : this.entry.httpStatus;
  }

  /** True when the same request may succeed if it is sent again. */
  get retryable(): boolean {
    return this.entry.retryable;
  }

  /** True when another target of the same route may answer the same request. */
  get failover(): boolean {
    return this.entry.failover;
  }
}

/** `upstream_malformed`, with what was wrong for the log. */
export function upstreamMalformed(detail: string): SluiceError {
  return new SluiceError('upstream_malformed', { detail });
}

/**
 * Turns anything thrown into a SluiceError. An unknown error becomes `internal`: it loses its message (which may hold
 * secrets) and keeps itself as `cause` for the log. An abort becomes `cancelled`, unless the signal's own reason says more.
 */
export function toSluiceError(thrown: unknown): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return thrown.cause instanceof SluiceError ? thrown.cause : new SluiceError('cancelled', { cause: thrown });
  }
  return new SluiceError('internal', {
    detail: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown),
    cause: thrown,
  });
}

/** The SluiceError with which a signal was aborted; `cancelled` when it was aborted without one. */
export function abortReason(signal: AbortSignal): SluiceError {
  return signal.reason instanceof SluiceError ? signal.reason : new SluiceError('cancelled', { cause: signal.reason });
}
