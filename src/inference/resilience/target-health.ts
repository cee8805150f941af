// What is known of one target: whether it may be called now, and what its calls have shown. Two breakers, because a server can
// answer whole and yet never begin a stream in time; and a rest after rate limits, because a target that says 429 is not broken.

import type { SluiceError } from '../../core/error.ts';
import { Breaker, type BreakerPolicy, type BreakerState, type Permit } from './breaker.ts';
import { maxRateLimitRestMs, rateLimitRestMs } from './defaults.ts';
import { type Verdict, verdictOf } from './outcome.ts';
import { RetryBudget } from './retry-budget.ts';
import { type LoadReport, TargetLoad } from './target-load.ts';

/** Why a target is not called now. */
export type RestReason = 'failing' | 'slow-to-begin' | 'rate-limited';

/** Leave for one attempt, or when to ask again. */
export type Admission =
  | { readonly kind: 'admitted'; readonly watch: AttemptWatch }
  | { readonly kind: 'resting'; readonly why: RestReason; readonly forMs: number };

/** What an attempt tells of how it goes. One of `succeeded` and `failed` is called exactly once. */
export interface AttemptWatch {
  /** The first part with content came. */
  begun(): void;
  succeeded(): void;
  failed(failure: SluiceError): void;
}

/** For people and metrics. */
export interface HealthReport {
  readonly calls: BreakerState['kind'];
  readonly firstToken: BreakerState['kind'];
  /** Milliseconds until a call will be let through again; 0 when one would be now. */
  readonly restsForMs: number;
  readonly why?: RestReason;
  /** Only of targets that are chosen by their latency. */
  readonly load?: LoadReport;
}

/** Which of a target's breakers. */
export type BreakerName = 'calls' | 'first-token';

/** What the health of a target is made of. */
export interface TargetHealthOptions {
  readonly policy: BreakerPolicy;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
  /** Draws from [0, 1). */
  readonly random: () => number;
  /** Told of every change of a breaker. */
  readonly onChange: (breaker: BreakerName, state: BreakerState['kind']) => void;
}

/** The health of one target. */
export class TargetHealth {
  readonly retries: RetryBudget = new RetryBudget();
  readonly #calls: Breaker;
  readonly #firstToken: Breaker;
  readonly #random: () => number;
  readonly #nowMs: () => number;
  readonly #rests: boolean;
  #restUntilMs: number = 0;
  #rateLimitsInARow: number = 0;
  #inFlight: number = 0;
  /** Made when somebody first asks for it: nobody else pays for the measuring. */
  #load: TargetLoad | undefined;

  constructor({ policy, nowMs, random, onChange }: TargetHealthOptions) {
    this.#calls = new Breaker(policy, random, (state) => onChange('calls', state.kind));
    this.#firstToken = new Breaker(policy, random, (state) => onChange('first-token', state.kind));
    this.#random = random;
    this.#nowMs = nowMs;
    this.#rests = policy.enabled;
  }

  /** True when nothing is held against the target: it can be forgotten. */
  get isPlain(): boolean {
    return this.#calls.state.kind === 'closed' && this.#firstToken.state.kind === 'closed' && this.#limitedForMs() <= 0;
  }

  /** How long one more call would take, in milliseconds; 0 when nothing is known. Measured from the first time on that this is asked. */
  loadMs(isStream: boolean): number {
    this.#load ??= new TargetLoad();
    return this.#load.withOneMore(isStream, this.#inFlight, this.#nowMs());
  }

  /** Leave for an attempt now. */
  admit(isStream: boolean): Admission {
    const nowMs = this.#nowMs();
    const limitedForMs = this.#limitedForMs();
    if (limitedForMs > 0) return { kind: 'resting', why: 'rate-limited', forMs: limitedForMs };
    const calls = this.#calls.admit(nowMs);
    if (calls === undefined) return { kind: 'resting', why: 'failing', forMs: restOf(this.#calls, nowMs) };
    if (!isStream) return { kind: 'admitted', watch: this.#watch(calls, undefined, nowMs) };
    const firstToken = this.#firstToken.admit(nowMs);
    if (firstToken !== undefined) return { kind: 'admitted', watch: this.#watch(calls, firstToken, nowMs) };
    calls.settle('none', nowMs);
    return { kind: 'resting', why: 'slow-to-begin', forMs: restOf(this.#firstToken, nowMs) };
  }

  /** Leave for an attempt also while the target rests. What such an attempt shows counts only where it was let through. */
  admitAnyway(isStream: boolean): Extract<Admission, { kind: 'admitted' }> {
    const admission = this.admit(isStream);
    return admission.kind === 'admitted' ? admission : { kind: 'admitted', watch: unwatched };
  }

  report(): HealthReport {
    const nowMs = this.#nowMs();
    const rests: [RestReason, number][] = [
      ['rate-limited', this.#limitedForMs()],
      ['failing', restOf(this.#calls, nowMs)],
      ['slow-to-begin', restOf(this.#firstToken, nowMs)],
    ];
    const [why, restsForMs] = rests.find(([, forMs]) => forMs > 0) ?? [undefined, 0];
    return {
      calls: this.#calls.state.kind,
      firstToken: this.#firstToken.state.kind,
      restsForMs: Math.round(restsForMs),
      ...(why === undefined ? {} : { why }),
      ...(this.#load === undefined ? {} : { load: this.#load.report(this.#inFlight, nowMs) }),
    };
  }

  /** For its attempts only. */
  settle(calls: Permit, firstToken: Permit | undefined, failure: SluiceError | undefined, timing: Timing): void {
    const nowMs = this.#nowMs();
    const verdict = failure === undefined ? 'success' : verdictOf(failure);
    this.#inFlight -= 1;
    this.#measure(timing, failure === undefined ? undefined : verdict, nowMs);
    if (verdict === 'rest' && this.#rests) this.#rest(failure?.retryAfterMs, nowMs);
    else if (verdict === 'success') this.#rateLimitsInARow = 0;
    if (firstToken === undefined) {
      calls.settle(outcomeOf(verdict), nowMs);
      return;
    }
    // The stream never began: what it says of the time to the first token is not held against whole answers.
    const neverBegan = failure?.reason === 'upstream_timeout';
    calls.settle(neverBegan ? 'none' : outcomeOf(verdict), nowMs);
    firstToken.settle(neverBegan ? 'failure' : 'none', nowMs);
  }

  /** For its attempts only: a stream has begun. */
  begun(calls: Permit, firstToken: Permit, { startedMs }: Timing): void {
    const nowMs = this.#nowMs();
    calls.alive();
    firstToken.settle('success', nowMs);
    if (startedMs !== undefined) this.#load?.answered(true, nowMs - startedMs, nowMs);
  }

  #watch(calls: Permit, firstToken: Permit | undefined, nowMs: number): Watch {
    this.#inFlight += 1;
    return new Watch(this, calls, firstToken, this.#load === undefined ? undefined : nowMs);
  }

  #measure({ startedMs, isStream, hasBegun }: Timing, failed: Verdict | undefined, nowMs: number): void {
    if (this.#load === undefined || startedMs === undefined) return;
    // The wait for a stream that has begun is measured already.
    const tookMs = hasBegun ? 0 : nowMs - startedMs;
    if (failed !== undefined) this.#load.failed(isStream, failed, tookMs, nowMs);
    else if (!isStream) this.#load.answered(false, tookMs, nowMs);
  }

  /** As long as the vendor asks, else a draw below a bound that doubles with each 429 in a row. */
  #rest(retryAfterMs: number | undefined, nowMs: number): void {
    const bound = Math.min(maxRateLimitRestMs, rateLimitRestMs * 2 ** this.#rateLimitsInARow);
    const restMs = Math.min(maxRateLimitRestMs, retryAfterMs ?? bound * (0.5 + 0.5 * this.#random()));
    this.#rateLimitsInARow = Math.min(this.#rateLimitsInARow + 1, 16);
    this.#restUntilMs = Math.max(this.#restUntilMs, nowMs + restMs);
  }

  #limitedForMs(): number {
    return this.#restUntilMs - this.#nowMs();
  }
}

/** What is known of the time of one attempt. */
interface Timing {
  /** Absent: nobody measures. */
  readonly startedMs: number | undefined;
  readonly isStream: boolean;
  readonly hasBegun: boolean;
}

/** A rate limit is the word of a server that lives. */
function outcomeOf(verdict: ReturnType<typeof verdictOf>): 'success' | 'failure' | 'none' {
  return verdict === 'rest' ? 'none' : verdict;
}

/** How long the breaker lets nothing through; while it probes that is not known, and soon over. */
function restOf(breaker: Breaker, nowMs: number): number {
  const { state } = breaker;
  if (state.kind === 'open') return Math.max(0, state.untilMs - nowMs);
  return state.kind === 'half-open' && state.isProbing ? 1000 : 0;
}

const unwatched: AttemptWatch = { begun() {}, succeeded() {}, failed() {} };

class Watch implements AttemptWatch, Timing {
  readonly startedMs: number | undefined;
  readonly isStream: boolean;
  readonly #health: TargetHealth;
  readonly #calls: Permit;
  #firstToken: Permit | undefined;

  constructor(health: TargetHealth, calls: Permit, firstToken: Permit | undefined, startedMs: number | undefined) {
    this.startedMs = startedMs;
    this.isStream = firstToken !== undefined;
    this.#health = health;
    this.#calls = calls;
    this.#firstToken = firstToken;
  }

  get hasBegun(): boolean {
    return this.isStream && this.#firstToken === undefined;
  }

  begun(): void {
    if (this.#firstToken === undefined) return;
    this.#health.begun(this.#calls, this.#firstToken, this);
    this.#firstToken = undefined;
  }

  succeeded(): void {
    this.#health.settle(this.#calls, this.#firstToken, undefined, this);
  }

  failed(failure: SluiceError): void {
    this.#health.settle(this.#calls, this.#firstToken, failure, this);
  }
}
