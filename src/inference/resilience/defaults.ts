// Policy constants of the attempt engine that no operator sets, each with its reason; the others are in the configuration.

/** Repeats that a target has in hand while it has seen no traffic yet, and the most that it saves up. */
export const savedRepeats: number = 10;

/** Buckets of a breaker's window: old calls leave it in steps of a tenth. */
export const windowBuckets: number = 10;

/** Rest after a 429 that names no time; doubled with each further one in a row. Vendors' windows are seconds to a minute. */
export const rateLimitRestMs: number = 500;

/** Longest rest after a 429, also when the vendor names a longer one: quotas are raised, and one refused call an interval is cheap. */
export const maxRateLimitRestMs: number = 60_000;

/** Targets whose health is kept. Those of the configuration are far fewer; others are model names that callers made up. */
export const maxTrackedTargets: number = 2_048;

/**
 * In so long what is known of a target's latency falls to a third. Finagle's 10 s are for thousands of calls a second; calls of models
 * are seconds apart, and a slow target is to be tried again after minutes, not after each.
 */
export const latencyDecayMs: number = 30_000;

/** What a target is taken to need before it has shown it: the first token of a large model. */
export const assumedLatencyMs: number = 1_000;

/** A failure counts as so many times the latency: for half a minute after it the others are preferred, unless they are as slow. */
export const failureFactor: number = 4;

/** However many fail: a target that has come back is tried again within minutes. */
export const maxFailureLatencyMs: number = 60_000;
