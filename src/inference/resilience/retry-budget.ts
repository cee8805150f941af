// A bound on repeats as a share of traffic. A count for each request would multiply the load on a target just when it fails
// everything; a share cannot.

import { savedRepeats } from './defaults.ts';

/** Repeats that one target may still get. Begins full. */
export class RetryBudget {
  #saved: number = savedRepeats;

  /** A call was sent for the first time: a `share` of a repeat is earned, up to `savedRepeats` in all. */
  deposit(share: number): void {
    this.#saved = Math.min(savedRepeats, this.#saved + share);
  }

  get hasOne(): boolean {
    return this.#saved >= 1;
  }

  /** Takes one; only when there is one. */
  withdraw(): void {
    this.#saved = Math.max(0, this.#saved - 1);
  }
}
