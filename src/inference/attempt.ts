// One attempt at one target: its span, its metrics, and nothing else. Whether another attempt follows is decided in
// fallback.ts.

import type { CallContext } from '../core/call-context.ts';
import { SluiceError, toSluiceError } from '../core/error.ts';
import type { PredictPart } from '../core/predict.ts';
import type { Usage } from '../core/usage.ts';
import type { Clock } from '../ports/clock.ts';
import type { AttemptTimeouts, ModelCall } from '../ports/model.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type ActiveSpan, endSpan, failSpan, startAttemptSpan } from '../telemetry/tracing.ts';
import type { AttemptWatch } from './resilience/target-health.ts';
import type { Target } from './routing-table.ts';

/** What is asked of a target; the label of its metrics. */
export type Operation =
  | 'predict'
  | 'predict_stream'
  | 'embed'
  | 'rank'
  | 'classify'
  | 'moderate'
  | 'transcribe'
  | 'count_tokens'
  | 'infer'
  | 'tensor_metadata';

/** What an attempt needs to know. */
export interface AttemptInput {
  readonly target: Target;
  /** Learns how the attempt goes. */
  readonly watch: AttemptWatch;
  readonly operation: Operation;
  readonly context: CallContext;
  readonly timeouts: AttemptTimeouts;
  readonly signal: AbortSignal;
}

/** Where attempts are timed and counted. */
export interface AttemptMeter {
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** Operation names of the OpenTelemetry GenAI conventions where they have one, ours where they have none. */
const spanOperation: Readonly<Record<Operation, string>> = {
  predict: 'chat',
  predict_stream: 'chat',
  embed: 'embeddings',
  rank: 'rank',
  classify: 'classify',
  moderate: 'moderate',
  transcribe: 'transcribe',
  count_tokens: 'count_tokens',
  infer: 'infer',
  tensor_metadata: 'tensor_metadata',
};

/** Runs `call` as an attempt and records how it went. */
export async function attempt<T extends { readonly usage?: Usage }>(
  input: AttemptInput,
  meter: AttemptMeter,
  run: (call: ModelCall) => Promise<T>,
): Promise<T> {
  const recorder = beginAttempt(input, meter);
  try {
    const result = await run(recorder.call);
    recorder.succeeded(result.usage);
    return result;
  } catch (thrown) {
    throw recorder.failed(thrown);
  }
}

/**
 * Runs a stream as an attempt. A provider stream that ends without an `end` part becomes `upstream_truncated` here, whatever
 * the provider thought of it; a reader that returns early is recorded as `cancelled`.
 */
export async function* attemptStream(
  input: AttemptInput,
  meter: AttemptMeter,
  run: (call: ModelCall) => AsyncIterable<PredictPart>,
): AsyncGenerator<PredictPart, void, undefined> {
  const recorder = beginAttempt(input, meter);
  let settled = false;
  let hasContent = false;
  try {
    for await (const part of run(recorder.call)) {
      if (!hasContent && part.type !== 'start') {
        hasContent = true;
        recorder.firstContent();
      }
      if (part.type === 'end') {
        settled = true;
        recorder.succeeded(part.usage);
        yield part;
        return;
      }
      yield part;
    }
    throw new SluiceError('upstream_truncated', { upstream: { target: input.target.name } });
  } catch (thrown) {
    if (settled) throw thrown;
    settled = true;
    throw recorder.failed(thrown);
  } finally {
    if (!settled) recorder.failed(new SluiceError('cancelled'));
  }
}

interface AttemptRecorder {
  readonly call: ModelCall;
  firstContent(): void;
  /** `usage`: undefined for what is not counted in tokens. */
  succeeded(usage: Usage | undefined): void;
  /** Records the failure and returns it, to be thrown. */
  failed(thrown: unknown): SluiceError;
}

function beginAttempt(input: AttemptInput, meter: AttemptMeter): AttemptRecorder {
  const { target, operation, context, timeouts, signal, watch } = input;
  const { clock, metrics } = meter;
  const startedMs = clock.monotonicMs();
  const span = startAttemptSpan(spanOperation[operation], target.provider.name, target.model, context);
  const finish = (outcome: string): void => {
    metrics.add('sluice_attempts_total', [target.name, operation, outcome]);
    metrics.observe('sluice_attempt_duration_seconds', [target.name, operation], secondsSince(startedMs, clock));
  };
  return {
    call: { model: target.model, context: withTrace(context, span), timeouts, signal },
    firstContent() {
      watch.begun();
      metrics.observe('sluice_time_to_first_token_seconds', [target.name], secondsSince(startedMs, clock));
    },
    succeeded(usage) {
      watch.succeeded();
      finish('ok');
      if (usage !== undefined) {
        metrics.add('sluice_tokens_total', [target.name, 'input', usage.source], usage.inputTokens);
        metrics.add('sluice_tokens_total', [target.name, 'output', usage.source], usage.outputTokens);
      }
      endSpan(span, usage);
    },
    failed(thrown) {
      const error = toSluiceError(thrown);
      watch.failed(error);
      finish(error.reason);
      failSpan(span, error);
      return error;
    },
  };
}

function withTrace(context: CallContext, span: ActiveSpan): CallContext {
  // As a rule the trace is not recorded and the attempt has no span of its own.
  if (span.traceparent === context.traceparent && span.tracestate === context.tracestate) return context;
  return {
    ...context,
    ...(span.traceparent === undefined ? {} : { traceparent: span.traceparent }),
    ...(span.tracestate === undefined ? {} : { tracestate: span.tracestate }),
  };
}

function secondsSince(startedMs: number, clock: Clock): number {
  return (clock.monotonicMs() - startedMs) / 1000;
}
