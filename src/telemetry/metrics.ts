// The catalogue of metrics: their names, labels, buckets and meaning. docs/metrics.md lists exactly these (checked).

/** What a metric is. */
export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in the metric's unit. */
  readonly buckets?: readonly number[];
}

/** Seconds, from 5 ms to 2 min: covers a cache hit and a long generation. */
const latencyBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120] as const;

/** Names of the metrics. Seconds, tokens, bytes; counters end in `_total` (Prometheus conventions). */
export type MetricName =
  | 'sluice_http_requests_total'
  | 'sluice_http_request_duration_seconds'
  | 'sluice_http_requests_in_flight'
  | 'sluice_streams_open'
  | 'sluice_time_to_first_token_seconds'
  | 'sluice_tokens_total'
  | 'sluice_attempts_total'
  | 'sluice_attempt_duration_seconds'
  | 'sluice_attempts_held_back_total'
  | 'sluice_rescues_total'
  | 'sluice_breaker_state'
  | 'sluice_breaker_changes_total'
  | 'sluice_auth_failures_total'
  | 'sluice_responses_not_stored_total'
  | 'sluice_rpc_calls_total'
  | 'sluice_rpc_call_duration_seconds'
  | 'sluice_rpc_calls_in_flight'
  | 'sluice_config_reloads_total';

/** The catalogue. Label values are bounded: routes, models of the configuration, reasons of the error catalogue. */
export const metricCatalogue: Readonly<Record<MetricName, MetricDefinition>> = {
  sluice_http_requests_total: {
    kind: 'counter',
    help: 'HTTP requests answered, by route, status and reason of failure (empty on success).',
    labels: ['route', 'status', 'reason'],
  },
  sluice_http_request_duration_seconds: {
    kind: 'histogram',
    help: 'From the first byte of the request to the last byte of the answer.',
    labels: ['route'],
    buckets: latencyBuckets,
  },
  sluice_http_requests_in_flight: { kind: 'gauge', help: 'HTTP requests not yet answered in full.', labels: [] },
  sluice_streams_open: { kind: 'gauge', help: 'Server-sent event streams open now.', labels: [] },
  sluice_time_to_first_token_seconds: {
    kind: 'histogram',
    help: 'From the start of an attempt to the first part with content, by target.',
    labels: ['target'],
    buckets: latencyBuckets,
  },
  sluice_tokens_total: {
    kind: 'counter',
    help: 'Tokens used, by target, direction (input, output) and source of the figure (provider, engine, estimated).',
    labels: ['target', 'direction', 'source'],
  },
  sluice_attempts_total: {
    kind: 'counter',
    help: 'Attempts at targets, by operation (predict, predict_stream, embed) and outcome (ok or the reason of failure).',
    labels: ['target', 'operation', 'outcome'],
  },
  sluice_attempt_duration_seconds: {
    kind: 'histogram',
    help: 'Whole duration of an attempt, by target and operation.',
    labels: ['target', 'operation'],
    buckets: latencyBuckets,
  },
  sluice_attempts_held_back_total: {
    kind: 'counter',
    help: 'Attempts that were not made, by target and why (failing, slow-to-begin, rate-limited, no-budget).',
    labels: ['target', 'why'],
  },
  sluice_rescues_total: {
    kind: 'counter',
    help: 'Streams that died after content was shown, by the target that died, the one that went on (empty: none was asked) and outcome (ok, a reason of failure, or why none was asked: policy, not-text, no-target, no-progress, too-many).',
    labels: ['from', 'to', 'outcome'],
  },
  sluice_breaker_state: {
    kind: 'gauge',
    help: 'State of a breaker, by target and breaker (calls, first-token): 0 closed, 1 half-open, 2 open.',
    labels: ['target', 'breaker'],
  },
  sluice_breaker_changes_total: {
    kind: 'counter',
    help: 'Changes of a breaker, by target, breaker and the state that it changed to.',
    labels: ['target', 'breaker', 'state'],
  },
  sluice_auth_failures_total: { kind: 'counter', help: 'Requests refused for their credentials.', labels: ['reason'] },
  sluice_responses_not_stored_total: {
    kind: 'counter',
    help: 'Answers of the Responses API that were given but could not be stored, by reason (too_large, late or an error).',
    labels: ['reason'],
  },
  sluice_rpc_calls_total: {
    kind: 'counter',
    help: 'Calls answered over gRPC, by method, transport (unary, multiplex) and outcome (ok or the reason of failure).',
    labels: ['method', 'transport', 'outcome'],
  },
  sluice_rpc_call_duration_seconds: {
    kind: 'histogram',
    help: 'Whole duration of a call over gRPC, by method.',
    labels: ['method'],
    buckets: latencyBuckets,
  },
  sluice_rpc_calls_in_flight: { kind: 'gauge', help: 'Calls over gRPC not yet answered in full.', labels: [] },
  sluice_config_reloads_total: {
    kind: 'counter',
    help: 'Reloads of the configuration file, by result (applied, refused).',
    labels: ['result'],
  },
};

/** Records metrics. `labels` are the values in the order of the definition's label names. */
export interface Metrics {
  /** Adds to a counter. */
  add(name: MetricName, labels: readonly string[], by?: number): void;
  /** Sets a gauge. */
  set(name: MetricName, labels: readonly string[], value: number): void;
  /** Records a value in a histogram. */
  observe(name: MetricName, labels: readonly string[], value: number): void;
}
