// The loads that a worker thread makes (run-load.ts), and what it sees.

import type { Target } from './subject.ts';

/** Arrivals at a fixed rate, whatever the answers do. */
export interface OpenLoopLoad {
  readonly kind: 'open';
  readonly target: Target;
  readonly ratePerSecond: number;
  readonly seconds: number;
}

/** Streams one after another on each of some connections, as fast as they come. */
export interface StreamLoad {
  readonly kind: 'streams';
  readonly target: Target;
  readonly concurrency: number;
  readonly seconds: number;
}

/** Streams that begin within the first second and last for a known number of tokens. */
export interface PacedLoad {
  readonly kind: 'paced';
  readonly target: Target;
  readonly streams: number;
  readonly tokensPerSecond: number;
  readonly seconds: number;
}

/** Latency is from the moment at which a request was due, so a client that falls behind cannot hide a stall. */
export interface OpenLoopResult {
  readonly requests: number;
  readonly failures: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What streams saw. */
export interface StreamResult {
  readonly streams: number;
  /** Streams that did not end with a 2xx answer and `[DONE]`. */
  readonly failures: number;
  readonly tokens: number;
  readonly tokensPerSecond: number;
  /** From sending the request to the first token with content. */
  readonly firstTokenP50Ms: number;
  readonly firstTokenP99Ms: number;
}

/** What paced streams saw. */
export interface PacedResult extends StreamResult {
  /** Tokens under way for at most 250 ms, over tokens that were due; below 1 the subject falls behind. */
  readonly share: number;
  /** How long a token was under way from the upstream to the client. */
  readonly transitP50Ms: number;
  readonly transitP99Ms: number;
}

/** The result that belongs to a load. */
export type ResultOf<L> = L extends OpenLoopLoad
  ? OpenLoopResult
  : L extends StreamLoad
    ? StreamResult
    : L extends PacedLoad
      ? PacedResult
      : never;
