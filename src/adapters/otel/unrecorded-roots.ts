// Begins the traces that are not recorded, nine of ten by default, without the SDK: of such a span only the ids are ever used, and
// all that the SDK does around them cost about a tenth of a request's CPU (docs/adr/0007).

import { ROOT_CONTEXT, type Span, TraceFlags, type Tracer, type TracerProvider, trace } from '@opentelemetry/api';
import { RandomIdGenerator, SamplingDecision, type TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';

/** Ids for the SDK and for the spans that pass it by. */
export class RootIds extends RandomIdGenerator {
  #decided: string | undefined;

  /** The trace id about which the decision was made, else a new one. */
  override generateTraceId(): string {
    const decided = this.#decided;
    this.#decided = undefined;
    return decided ?? super.generateTraceId();
  }

  /** Makes this the next trace id of the SDK. */
  decide(traceId: string): void {
    this.#decided = traceId;
  }
}

/**
 * The provider, asked only for spans that may be recorded: those of a trace that began elsewhere, and of new traces that the
 * sampler takes. `ids` must be the provider's own, and `sampler` its sampler for new traces.
 */
export function withoutUnrecordedRoots(
  provider: TracerProvider,
  sampler: TraceIdRatioBasedSampler,
  ids: RootIds,
): TracerProvider {
  /** The span of a new trace that is not recorded; undefined when the SDK must make it. */
  const unrecordedRoot = (): Span | undefined => {
    const traceId = ids.generateTraceId();
    if (sampler.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.NOT_RECORD) {
      return trace.wrapSpanContext({ traceId, spanId: ids.generateSpanId(), traceFlags: TraceFlags.NONE });
    }
    ids.decide(traceId);
    return undefined;
  };
  return {
    getTracer(...args) {
      const tracer: Tracer = provider.getTracer(...args);
      return {
        startSpan(name, options, parent) {
          const span = parent === ROOT_CONTEXT ? unrecordedRoot() : undefined;
          return span ?? tracer.startSpan(name, options, parent);
        },
        startActiveSpan: tracer.startActiveSpan.bind(tracer),
      };
    },
  };
}
