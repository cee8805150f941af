// Which target is asked next, and when: the targets of the route in order, then those again that a repeat may mend. It decides
// and waits; the attempts themselves are made by its users (fallback.ts).

import { abortReason, SluiceError, toSluiceError } from '../core/error.ts';
import type { Clock } from '../ports/clock.ts';
import { pause } from '../ports/pause.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { HealthRegistry } from './resilience/health-registry.ts';
import { backoffMs, type RetryPolicy } from './resilience/retry-policy.ts';
import type { Admission, AttemptWatch, RestReason } from './resilience/target-health.ts';
import type { Target } from './routing-table.ts';

/** What a plan is made of. */
export interface AttemptPlanOptions {
  /** In order of preference; at least one. */
  readonly targets: readonly Target[];
  /** Absent: the caller named the target itself. It gets that target, resting or not, and its first answer. */
  readonly retries: RetryPolicy | undefined;
  readonly isStream: boolean;
  /** Unix time in milliseconds: no wait goes beyond it. */
  readonly deadlineAtMs: number;
  /** Ends a wait with its reason. */
  readonly signal: AbortSignal;
}

/** What all plans of a process share. */
export interface AttemptPlanRuntime {
  readonly clock: Clock;
  readonly health: HealthRegistry;
  readonly metrics: Metrics;
  /** Draws from [0, 1). */
  readonly random: () => number;
}

/** One attempt to be made. */
export interface Turn {
  readonly target: Target;
  readonly watch: AttemptWatch;
  /** 1 for the first attempt of the call. */
  readonly attempts: number;
  /** The target's place among those of the plan. */
  readonly index: number;
}

/**
 * The plan of one call. Its rounds: in the first, every target that is not resting is asked once. In each later one, those are asked
 * again whose failure a repeat may mend, behind a wait with full jitter that is never shorter than what a vendor asked for, as long
 * as the repeats of the call, the budget of the target and the deadline allow. Over when a round has nobody left to ask.
 */
export class AttemptPlan {
  readonly #options: AttemptPlanOptions;
  readonly #runtime: AttemptPlanRuntime;
  /** Places of the targets of this round; undefined: all of them, in order. */
  #round: readonly number[] | undefined;
  #position: number = 0;
  #repeat: number = 0;
  #attempts: number = 0;
  /** When each target may be asked again, on the monotonic clock; infinite: not by this call. Made with the first failure. */
  #askAgainAtMs: number[] | undefined;
  #failure: SluiceError | undefined;
  /** Of the targets that were passed over: what to tell when nobody was asked. */
  #resting: SluiceError | undefined;

  constructor(options: AttemptPlanOptions, runtime: AttemptPlanRuntime) {
    this.#options = options;
    this.#runtime = runtime;
  }

  /**
   * The next attempt, after the wait that it needs. Rejects with what the caller is to be told when there is none. Targets for which
   * `canServe` is false are left out.
   */
  async next(canServe?: (target: Target) => boolean): Promise<Turn> {
    for (;;) {
      const index = this.#round === undefined ? this.#position : this.#round[this.#position];
      const target = index === undefined ? undefined : this.#options.targets[index];
      if (index === undefined || target === undefined) {
        await this.#beginRound();
        continue;
      }
      this.#position += 1;
      if (canServe?.(target) === false) continue;
      const turn = this.#ask(target, index);
      if (turn !== undefined) return turn;
    }
  }

  /** Notes why an attempt failed. Throws when the call is over: the caller left, or nobody else is to be asked for this. */
  failed({ index }: Turn, thrown: unknown): void {
    const { signal, retries } = this.#options;
    if (signal.aborted) throw abortReason(signal);
    const failure = toSluiceError(thrown);
    if (!failure.failover || retries === undefined) throw failure;
    this.#failure = worthTelling(this.#failure, failure);
    this.#askAgainIn(index, mayMend(failure) ? (failure.retryAfterMs ?? 0) : Number.POSITIVE_INFINITY);
  }

  #ask(target: Target, index: number): Turn | undefined {
    const { retries, isStream } = this.#options;
    const health = this.#runtime.health.of(target.name);
    if (this.#repeat > 0 && !health.retries.hasOne) {
      this.#heldBack(target, 'no-budget');
      return undefined;
    }
    const admission = retries === undefined ? health.admitAnyway(isStream) : health.admit(isStream);
    if (admission.kind === 'resting') {
      this.#passOver(target, index, admission);
      return undefined;
    }
    if (this.#repeat > 0) health.retries.withdraw();
    else if (retries !== undefined) health.retries.deposit(retries.share);
    this.#attempts += 1;
    return { target, watch: admission.watch, attempts: this.#attempts, index };
  }

  /** A rate limit is soon over and worth a wait where nobody else answers; a target that fails is not waited for. */
  #passOver(target: Target, index: number, { why, forMs }: Extract<Admission, { kind: 'resting' }>): void {
    this.#heldBack(target, why);
    const isLimited = why === 'rate-limited';
    this.#askAgainIn(index, isLimited ? forMs : Number.POSITIVE_INFINITY);
    const resting = new SluiceError(isLimited ? 'upstream_rate_limited' : 'upstream_unavailable', {
      message: isLimited
        ? 'The provider is rate limiting, and has not been asked again yet.'
        : 'The provider has failed repeatedly, and has not been asked again yet.',
      detail: `${target.name} rests: ${why}`,
      retryAfterMs: Math.ceil(forMs),
      upstream: { target: target.name },
    });
    this.#resting = sooner(this.#resting, resting);
  }

  #heldBack(target: Target, why: RestReason | 'no-budget'): void {
    this.#runtime.metrics.add('sluice_attempts_held_back_total', [target.name, why]);
  }

  #askAgainIn(index: number, waitMs: number): void {
    this.#askAgainAtMs ??= new Array<number>(this.#options.targets.length).fill(Number.POSITIVE_INFINITY);
    this.#askAgainAtMs[index] = this.#runtime.clock.monotonicMs() + waitMs;
  }

  /** Waits for the next round. Throws when there is none. */
  async #beginRound(): Promise<void> {
    const { retries, deadlineAtMs } = this.#options;
    const { clock, random } = this.#runtime;
    const over = this.#failure ?? this.#resting ?? new SluiceError('internal', { detail: 'a route without targets' });
    this.#repeat += 1;
    if (retries === undefined || this.#repeat > retries.maxRepeats) throw over;
    const nowMs = clock.monotonicMs();
    const readyInMs = (this.#askAgainAtMs ?? []).map((atMs) => atMs - nowMs);
    const soonestMs = Math.min(Number.POSITIVE_INFINITY, ...readyInMs);
    const waitMs = backoffMs(retries, this.#repeat, Math.max(0, soonestMs), random);
    if (waitMs > retries.maxWaitMs || clock.now() + waitMs >= deadlineAtMs) throw over;
    this.#round = readyInMs.flatMap((inMs, index) => (inMs <= waitMs ? [index] : []));
    this.#position = 0;
    await pause(clock, waitMs, this.#options.signal);
  }
}

/**
 * Whether asking the same target for the same thing again may mend it. Not what took the target too long: the caller has waited for it
 * once. Not what it says of the request or of our account, which no repeat changes.
 */
function mayMend(failure: SluiceError): boolean {
  return failure.retryable && failure.reason !== 'upstream_timeout';
}

/**
 * Which of two failures the caller is told of when no target is left: the one that a retry may mend, since then the call as a
 * whole may succeed; the later of two such; else the first, that of the target which the operator wanted most.
 */
function worthTelling(before: SluiceError | undefined, now: SluiceError): SluiceError {
  return before === undefined || now.retryable ? now : before;
}

/** Of two targets that rest, the one that is back first. */
function sooner(one: SluiceError | undefined, other: SluiceError): SluiceError {
  return one === undefined || (other.retryAfterMs ?? 0) < (one.retryAfterMs ?? 0) ? other : one;
}
