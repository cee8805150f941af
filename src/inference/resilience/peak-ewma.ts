// How long a target takes, as one number that rises at once and falls slowly: Finagle's "Peak EWMA"
// (com.twitter.finagle.loadbalancer.PeakEwma), over given moments.

import { latencyDecayMs } from './defaults.ts';

/**
 * An exponentially weighted moving average in which a sample above it counts in full. Nobody who is slow is asked often, so it also
 * falls while no sample comes: in the end the slow one is asked again, and shows what it takes now. No sample, however small, lets it fall
 * faster than that, so a quick question among slow ones does not hide them. Moments must not go back.
 */
export class PeakEwma {
  #valueMs: number = 0;
  #atMs: number = 0;
  #hasSample: boolean = false;

  observe(tookMs: number, nowMs: number): void {
    const weight = this.#weightOfOld(nowMs);
    this.#valueMs = tookMs > this.#valueMs ? tookMs : this.#valueMs * weight + tookMs * (1 - weight);
    this.#atMs = nowMs;
    this.#hasSample = true;
  }

  /** The value as of now; undefined before the first sample. */
  at(nowMs: number): number | undefined {
    return this.#hasSample ? this.#valueMs * this.#weightOfOld(nowMs) : undefined;
  }

  #weightOfOld(nowMs: number): number {
    return Math.exp(-Math.max(0, nowMs - this.#atMs) / latencyDecayMs);
  }
}
