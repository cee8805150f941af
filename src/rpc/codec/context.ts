// CallContext, core ↔ the frames of the multiplexed stream. The deadline travels as the time that remains.

import type { CallContext } from '../../core/call-context.ts';
import { maxTimeoutMs } from '../defaults.ts';
import type { Context } from '../generated/sluice/internal/v1/multiplex.ts';
import { present } from './present.ts';

/** `nowMs` is the sender's clock. */
export function contextToWire(context: CallContext, nowMs: number): Context {
  const { requestId, tenantId, keyId, deadlineAtMs, traceparent, tracestate } = context;
  return { requestId, tenantId, keyId, timeoutMs: Math.max(0, deadlineAtMs - nowMs), traceparent, tracestate };
}

/** `nowMs` is the receiver's clock; `defaultTimeoutMs` is for a context without a usable time limit. */
export function contextFromWire(context: Context | undefined, nowMs: number, defaultTimeoutMs: number): CallContext {
  const { requestId = '', tenantId = '', keyId = '', timeoutMs = Number.NaN, traceparent, tracestate } = context ?? {};
  const leftMs = timeoutMs >= 0 ? Math.min(timeoutMs, maxTimeoutMs) : defaultTimeoutMs;
  return present({ requestId, tenantId, keyId, deadlineAtMs: nowMs + leftMs, traceparent, tracestate });
}
