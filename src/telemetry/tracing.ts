// Names and attributes of spans, and the two helpers that make them. Only the OpenTelemetry API is used here: without an SDK
// (adapters/otel) every call is a no-op, and the trace context of the caller still passes through.

import {
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  INVALID_TRACEID,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { CallContext } from '../core/call-context.ts';
import type { SluiceError } from '../core/error.ts';
import type { Usage } from '../core/usage.ts';

/** Span names: `HTTP {method} {route}` at the edge, `{operation} {model}` for an attempt (OpenTelemetry GenAI 1.41). */
const tracer = trace.getTracer('sluice');

/** A span and the trace context that its callees must carry. */
export interface ActiveSpan {
  readonly span: Span;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

/** Starts the span of an HTTP request at the edge, as a child of the caller's trace context when there is one. */
export function startHttpSpan(method: string, route: string, headers: Carrier): ActiveSpan {
  const parent = contextOf(headers.traceparent, headers.tracestate);
  const attributes = { 'http.request.method': method, 'http.route': route };
  return active(tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent), headers);
}

/**
 * Starts the span of one attempt at one target. In a trace that is not recorded there is nothing to start: the attempt then
 * carries the trace context of its call on, which saves the SDK's work for nine requests of ten.
 */
export function startAttemptSpan(operation: string, provider: string, model: string, call: CallContext): ActiveSpan {
  if (call.traceparent !== undefined && unrecorded.test(call.traceparent)) {
    return { span: noSpan, traceparent: call.traceparent, tracestate: call.tracestate };
  }
  const parent = contextOf(call.traceparent, call.tracestate);
  const attributes = {
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': model,
    'sluice.request_id': call.requestId,
  };
  return active(tracer.startSpan(`${operation} ${model}`, { kind: SpanKind.CLIENT, attributes }, parent), call);
}

/** Ends a span well, with the usage when there is one. */
export function endSpan(active: ActiveSpan, usage?: Usage): void {
  if (usage !== undefined) {
    active.span.setAttribute('gen_ai.usage.input_tokens', usage.inputTokens);
    active.span.setAttribute('gen_ai.usage.output_tokens', usage.outputTokens);
  }
  active.span.end();
}

/** Ends a span with a failure. Only the reason is recorded, never a message that could hold content. */
export function failSpan(active: ActiveSpan, error: SluiceError): void {
  active.span.setAttribute('error.type', error.reason);
  active.span.setStatus({ code: SpanStatusCode.ERROR });
  active.span.end();
}

/** A traceparent of version 00 whose sampled flag is not set (W3C Trace Context §3.2.2.5). */
const unrecorded = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f][02468ace]$/;

/** Takes everything and does nothing. */
const noSpan: Span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/** Where the W3C trace context of a caller is found. */
interface Carrier {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

function contextOf(traceparent: string | undefined, tracestate: string | undefined): Context {
  const root = context.active();
  if (traceparent === undefined) return root;
  return propagation.extract(root, tracestate === undefined ? { traceparent } : { traceparent, tracestate });
}

/** In the form of the W3C Trace Context, version 00. A span without a context, where there is no SDK, lets the received one pass. */
function active(span: Span, received: Carrier): ActiveSpan {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  if (traceId === INVALID_TRACEID) return { span, traceparent: received.traceparent, tracestate: received.tracestate };
  const flags = traceFlags.toString(16).padStart(2, '0');
  const traceparent = `00-${traceId}-${spanId}-${flags}`;
  return { span, traceparent, tracestate: traceState?.serialize() ?? received.tracestate };
}
