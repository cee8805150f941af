// How many of the latest calls failed: counts in a ring of buckets, so that a busy target costs no more memory than a quiet one.

import { windowBuckets } from './defaults.ts';

/** Counts of the calls of the last `lengthMs`, exact to a tenth of it. Moments must not go back. */
export class CallWindow {
  readonly #bucketMs: number;
  readonly #calls: number[] = new Array<number>(windowBuckets).fill(0);
  readonly #failures: number[] = new Array<number>(windowBuckets).fill(0);
  /** Number of the newest bucket, counted from moment 0. */
  #newest: number = 0;
  #totalCalls: number = 0;
  #totalFailures: number = 0;

  constructor(lengthMs: number) {
    this.#bucketMs = lengthMs / windowBuckets;
  }

  /** Calls in the window, as of the last one added. */
  get calls(): number {
    return this.#totalCalls;
  }

  /** Those of them that failed. */
  get failures(): number {
    return this.#totalFailures;
  }

  add(failed: boolean, nowMs: number): void {
    this.#moveTo(Math.floor(nowMs / this.#bucketMs));
    const slot = this.#newest % windowBuckets;
    this.#calls[slot] = (this.#calls[slot] ?? 0) + 1;
    this.#totalCalls += 1;
    if (!failed) return;
    this.#failures[slot] = (this.#failures[slot] ?? 0) + 1;
    this.#totalFailures += 1;
  }

  clear(): void {
    this.#calls.fill(0);
    this.#failures.fill(0);
    this.#totalCalls = 0;
    this.#totalFailures = 0;
  }

  /** Empties the buckets that were passed over. */
  #moveTo(bucket: number): void {
    const passed = Math.min(bucket - this.#newest, windowBuckets);
    for (let step = 1; step <= passed; step += 1) this.#empty((this.#newest + step) % windowBuckets);
    if (passed > 0) this.#newest = bucket;
  }

  #empty(slot: number): void {
    this.#totalCalls -= this.#calls[slot] ?? 0;
    this.#totalFailures -= this.#failures[slot] ?? 0;
    this.#calls[slot] = 0;
    this.#failures[slot] = 0;
  }
}
