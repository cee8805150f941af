// How busy one target is: what its calls take, and how many are under way. Streams and whole answers are measured apart: a caller
// of a stream waits for the first token, however long the rest is.

import { assumedLatencyMs, failureFactor, maxFailureLatencyMs } from './defaults.ts';
import type { Verdict } from './outcome.ts';
import { PeakEwma } from './peak-ewma.ts';

/** For people. Milliseconds; absent before the first call of the kind. */
export interface LoadReport {
  readonly inFlight: number;
  readonly firstTokenMs?: number;
  readonly wholeMs?: number;
}

/** The load of one target. */
export class TargetLoad {
  readonly #firstToken: PeakEwma = new PeakEwma();
  readonly #whole: PeakEwma = new PeakEwma();

  /** The first content of a stream, or a whole answer, has come. */
  answered(isStream: boolean, tookMs: number, nowMs: number): void {
    this.#of(isStream).observe(tookMs, nowMs);
  }

  /**
   * An attempt failed. What is the target's fault counts as slow, and slower with each in a row: a server that refuses everything at once
   * would look like the fastest. A caller who left, or was out of time, has waited so long at least. A request that was refused says nothing.
   */
  failed(isStream: boolean, verdict: Verdict, tookMs: number, nowMs: number): void {
    const estimate = this.#of(isStream);
    const before = estimate.at(nowMs) ?? assumedLatencyMs;
    if (verdict === 'failure' || verdict === 'rest') {
      estimate.observe(Math.max(tookMs, Math.min(maxFailureLatencyMs, before * failureFactor)), nowMs);
    } else if (verdict === 'none' && tookMs > before) estimate.observe(tookMs, nowMs);
  }

  /**
   * How long one more call would take beside those under way, in milliseconds. A target that nobody has asked yet takes nothing, so that
   * it is tried; with its first calls under way it is taken for an ordinary one, so that not all go there at once.
   */
  withOneMore(isStream: boolean, inFlight: number, nowMs: number): number {
    const known = this.#of(isStream).at(nowMs);
    if (known === undefined && inFlight === 0) return 0;
    return (known ?? assumedLatencyMs) * (inFlight + 1);
  }

  report(inFlight: number, nowMs: number): LoadReport {
    const firstTokenMs = this.#firstToken.at(nowMs);
    const wholeMs = this.#whole.at(nowMs);
    return {
      inFlight,
      ...(firstTokenMs === undefined ? {} : { firstTokenMs: Math.round(firstTokenMs) }),
      ...(wholeMs === undefined ? {} : { wholeMs: Math.round(wholeMs) }),
    };
  }

  #of(isStream: boolean): PeakEwma {
    return isStream ? this.#firstToken : this.#whole;
  }
}
