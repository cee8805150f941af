// What travels with every call through every hop, beside the request itself.

import type { RoutingHints } from './routing-hints.ts';

/**
 * The context of one call. Plain data, so that the direct and the gRPC form of a port cannot differ. Cancellation is not in
 * here: it travels as an AbortSignal beside it.
 */
export interface CallContext {
  /** Names the call in logs, traces and the `x-sluice-request-id` header. */
  readonly requestId: string;
  /** The tenant on whose behalf the call is made. */
  readonly tenantId: string;
  /** The API key that was used; '' for a call without one (loopback gRPC). Never the key itself. */
  readonly keyId: string;
  /** Absolute deadline, Unix time in milliseconds. On a wire it is sent as the time that remains. */
  readonly deadlineAtMs: number;
  /** W3C trace context of the calling hop. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** Absent, as with nearly all calls: the caller does not care who answers. */
  readonly routing?: RoutingHints;
}
