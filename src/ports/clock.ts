// Port Clock: the only way to read or wait for time, so that tests can move it.

/** A timer that was set. */
export interface Timer {
  /** Does nothing when the timer has fired or was cancelled. */
  cancel(): void;
}

/** Time. The system's implementation is adapters/system/clock.ts; tests use test/fixtures/fake-clock.ts. */
export interface Clock {
  /** Unix time in milliseconds. May jump: use it for timestamps and deadlines that cross processes. */
  now(): number;

  /** Milliseconds since some fixed moment, with fractions; never goes back: use it for durations. */
  monotonicMs(): number;

  /** Calls `run` once after at least `delayMs`. The timer alone does not keep the process alive. */
  setTimer(delayMs: number, run: () => void): Timer;
}
