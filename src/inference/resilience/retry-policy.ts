// How often and how soon a call is sent again to a target that has failed it.

/** The policy of one model. */
export interface RetryPolicy {
  /** Most times that a call is sent again to the same target. 0: never. */
  readonly maxRepeats: number;
  /** Repeats that a target gets at most, as a share of the calls that it is sent first, 0 to 1. */
  readonly share: number;
  /** Longest wait before the first repeat, in milliseconds; doubled with each further one. */
  readonly baseDelayMs: number;
  /** Bound of the doubling. */
  readonly maxDelayMs: number;
  /** Longest wait that is worth keeping the caller: a vendor that names a longer one fails the call now. */
  readonly maxWaitMs: number;
}

/**
 * The wait before repeat number `repeat` (1 is the first), in milliseconds: drawn from 0 to the exponential bound (full jitter: "Exponential
 * Backoff and Jitter", AWS Architecture Blog), but never less than the vendor asked for.
 */
export function backoffMs(policy: RetryPolicy, repeat: number, retryAfterMs: number, random: () => number): number {
  const bound = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (repeat - 1));
  return Math.max(retryAfterMs, bound * random());
}
