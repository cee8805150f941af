// A circuit breaker as a state machine over given moments: no timers, no clock, no I/O. What counts as a failure is decided by
// its owner (outcome.ts); who is asked instead, by the attempt plan.

import { CallWindow } from './call-window.ts';

/** When a breaker opens, and for how long. */
export interface BreakerPolicy {
  /** False: it only watches. */
  readonly enabled: boolean;
  /** Calls older than this are forgotten, in milliseconds. */
  readonly windowMs: number;
  /** Fewer calls in the window say nothing about a share. */
  readonly minimumCalls: number;
  /** Opens when at least this share of the calls in the window failed, 0 to 1. */
  readonly failureShare: number;
  /** Opens after so many failures in a row, however few calls there were. */
  readonly consecutiveFailures: number;
  /** First rest, in milliseconds. */
  readonly restMs: number;
  /** Longest rest: the first one doubles with each failed probe until here. */
  readonly maxRestMs: number;
  /** Probes in a row that must succeed before all calls are let through again. */
  readonly probesToClose: number;
}

/**
 * `closed` lets every call through and watches. It becomes `open` when too many fail, and lets nothing through until `untilMs`. The
 * first call behind that moment makes it `half-open`: one call at a time is let through as a probe, the next when it has begun to answer. A probe that fails opens it
 * again for twice as long; `probesToClose` good ones in a row close it. Nothing else changes a state: a call that was let through
 * before the state changed says nothing about the state after, so its outcome is dropped.
 */
export type BreakerState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly untilMs: number; readonly trips: number }
  | { readonly kind: 'half-open'; readonly isProbing: boolean; readonly successes: number; readonly trips: number };

/** How a call ended, as far as its target is to blame. `none`: it says nothing (the caller left). */
export type Outcome = 'success' | 'failure' | 'none';

/** Leave for one call; its outcome is told exactly once. */
export interface Permit {
  /** The call has begun to answer: a probe that runs for minutes must not keep the next one waiting. */
  alive(): void;
  settle(outcome: Outcome, nowMs: number): void;
}

/** Watches the calls to one thing. Moments are milliseconds of one monotonic clock. */
export class Breaker {
  readonly #policy: BreakerPolicy;
  /** Draws from [0, 1): replicas that tripped together must not probe together. */
  readonly #random: () => number;
  readonly #onChange: (state: BreakerState) => void;
  readonly #window: CallWindow;
  #state: BreakerState = { kind: 'closed' };
  #failuresInARow: number = 0;
  /** Counts changes of the state; a permit of an earlier epoch is void. */
  #epoch: number = 0;

  /** `onChange` is told of each change between the three kinds of state. */
  constructor(policy: BreakerPolicy, random: () => number, onChange: (state: BreakerState) => void = () => {}) {
    this.#policy = policy;
    this.#random = random;
    this.#onChange = onChange;
    this.#window = new CallWindow(policy.windowMs);
  }

  /** As it is; an open breaker whose rest is over stays `open` until a call comes. */
  get state(): BreakerState {
    return this.#state;
  }

  /** Leave for a call, or undefined while there is none. */
  admit(nowMs: number): Permit | undefined {
    const state = this.#state;
    if (state.kind === 'closed') return new BreakerPermit(this, this.#epoch);
    if (state.kind === 'open') {
      if (nowMs < state.untilMs) return undefined;
      this.#become({ kind: 'half-open', isProbing: true, successes: 0, trips: state.trips });
      return new BreakerPermit(this, this.#epoch);
    }
    if (state.isProbing) return undefined;
    this.#state = { ...state, isProbing: true };
    return new BreakerPermit(this, this.#epoch);
  }

  /** A call of that epoch has begun to answer. */
  alive(epoch: number): void {
    const state = this.#state;
    if (epoch === this.#epoch && state.kind === 'half-open') this.#state = { ...state, isProbing: false };
  }

  /** How a call of that epoch ended. */
  settle(epoch: number, outcome: Outcome, nowMs: number): void {
    if (epoch !== this.#epoch) return;
    const state = this.#state;
    if (state.kind === 'half-open') this.#settleProbe(state, outcome, nowMs);
    else if (state.kind === 'closed' && outcome !== 'none') this.#count(outcome === 'failure', nowMs);
  }

  #settleProbe(state: Extract<BreakerState, { kind: 'half-open' }>, outcome: Outcome, nowMs: number): void {
    if (outcome === 'failure') this.#open(state.trips + 1, nowMs);
    else if (outcome === 'none') this.#state = { ...state, isProbing: false };
    else if (state.successes + 1 < this.#policy.probesToClose)
      this.#state = { ...state, isProbing: false, successes: state.successes + 1 };
    else this.#become({ kind: 'closed' });
  }

  #count(failed: boolean, nowMs: number): void {
    this.#window.add(failed, nowMs);
    this.#failuresInARow = failed ? this.#failuresInARow + 1 : 0;
    if (!failed) return;
    const { enabled, consecutiveFailures, minimumCalls, failureShare } = this.#policy;
    const { calls, failures } = this.#window;
    const isTooMuch = calls >= minimumCalls && failures >= failureShare * calls;
    if (enabled && (isTooMuch || this.#failuresInARow >= consecutiveFailures)) this.#open(1, nowMs);
  }

  /** The rest is drawn between half of its length and all of it. */
  #open(trips: number, nowMs: number): void {
    const { restMs, maxRestMs } = this.#policy;
    const fullMs = Math.min(maxRestMs, restMs * 2 ** (trips - 1));
    this.#become({ kind: 'open', untilMs: nowMs + fullMs * (0.5 + 0.5 * this.#random()), trips });
  }

  #become(state: BreakerState): void {
    this.#state = state;
    this.#epoch += 1;
    this.#failuresInARow = 0;
    this.#window.clear();
    this.#onChange(state);
  }
}

class BreakerPermit implements Permit {
  readonly #breaker: Breaker;
  readonly #epoch: number;
  #isSettled: boolean = false;

  constructor(breaker: Breaker, epoch: number) {
    this.#breaker = breaker;
    this.#epoch = epoch;
  }

  alive(): void {
    if (!this.#isSettled) this.#breaker.alive(this.#epoch);
  }

  settle(outcome: Outcome, nowMs: number): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#breaker.settle(this.#epoch, outcome, nowMs);
  }
}
