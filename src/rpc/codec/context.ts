// CallContext, core ↔ the frames of the multiplexed stream. The deadline travels as the time that remains.

import type { CallContext } from '../../core/call-context.ts';
import type { RoutingHints } from '../../core/routing-hints.ts';
import { maxTimeoutMs } from '../defaults.ts';
import type { Context, RoutingHints as WireHints } from '../generated/sluice/internal/v1/multiplex.ts';
import { present, unlessEmpty } from './present.ts';

/** `nowMs` is the sender's clock. */
export function contextToWire(context: CallContext, nowMs: number): Context {
  const { requestId, tenantId, keyId, deadlineAtMs, traceparent, tracestate } = context;
  const timeoutMs = Math.max(0, deadlineAtMs - nowMs);
  return { requestId, tenantId, keyId, timeoutMs, traceparent, tracestate, routing: hintsToWire(context.routing) };
}

/** `nowMs` is the receiver's clock; `defaultTimeoutMs` is for a context without a usable time limit. */
export function contextFromWire(context: Context | undefined, nowMs: number, defaultTimeoutMs: number): CallContext {
  const { requestId = '', tenantId = '', keyId = '', timeoutMs = Number.NaN, traceparent, tracestate } = context ?? {};
  const leftMs = timeoutMs >= 0 ? Math.min(timeoutMs, maxTimeoutMs) : defaultTimeoutMs;
  const routing = hintsFromWire(context?.routing);
  return present({ requestId, tenantId, keyId, deadlineAtMs: nowMs + leftMs, traceparent, tracestate, routing });
}

function hintsToWire(hints: RoutingHints | undefined): WireHints | undefined {
  return hints === undefined ? undefined : { canary: [...(hints.canary ?? [])], conversation: hints.conversation };
}

function hintsFromWire(hints: WireHints | undefined): RoutingHints | undefined {
  return hints === undefined
    ? undefined
    : present({ canary: unlessEmpty(hints.canary), conversation: hints.conversation });
}
