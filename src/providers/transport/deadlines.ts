// Deadlines of many calls behind one timer. A timer per call and phase would cost more than the call's own work; here a
// deadline is a number, and the one timer is moved only when a deadline is earlier than all others.

import { Roster, type RosterMember } from '../../core/roster.ts';
import type { Clock, Timer } from '../../ports/clock.ts';

/** Something with a deadline. */
export interface Watched extends RosterMember {
  /** On `Clock.monotonicMs`. May be moved at any time; `update` must follow when it moves forward in time, towards now. */
  deadlineMs: number;
  /** Called once the deadline has passed, and again at each later check for as long as it is watched and due. */
  expire(): void;
}

/**
 * Watches deadlines. The timer fires at the earliest deadline it has heard of; deadlines that moved later meanwhile only
 * cause a check that finds nothing due. A check looks at every watched thing: a few hundred, every few seconds.
 */
export class DeadlineWatch {
  readonly #clock: Clock;
  readonly #watched: Roster<Watched> = new Roster();
  #timer: Timer | undefined;
  #firesAtMs: number = Number.POSITIVE_INFINITY;
  #isClosed: boolean = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts to watch. */
  add(item: Watched): void {
    if (this.#isClosed) return;
    this.#watched.add(item);
    this.update(item);
  }

  /** Takes notice of a deadline that may have moved towards now. Cheap when it has not. */
  update(item: Watched): void {
    if (item.deadlineMs < this.#firesAtMs && !this.#isClosed) this.#arm(item.deadlineMs);
  }

  /** Stops watching. Harmless when it was not watched. */
  remove(item: Watched): void {
    this.#watched.delete(item);
  }

  /** Stops watching, for good. */
  close(): void {
    this.#isClosed = true;
    this.#watched.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#firesAtMs = Number.POSITIVE_INFINITY;
  }

  #arm(atMs: number): void {
    this.#timer?.cancel();
    this.#firesAtMs = atMs;
    this.#timer = this.#clock.setTimer(Math.max(0, atMs - this.#clock.monotonicMs()), () => this.#check());
  }

  #check(): void {
    this.#timer = undefined;
    this.#firesAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.monotonicMs();
    const due: Watched[] = [];
    for (const item of this.#watched) if (item.deadlineMs <= nowMs) due.push(item);
    for (const item of due) item.expire();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const item of this.#watched) if (item.deadlineMs < nextMs) nextMs = item.deadlineMs;
    if (nextMs < this.#firesAtMs) this.#arm(nextMs);
  }
}
