// Percentiles of durations, in microseconds up to ten minutes, kept in constant memory.

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Records durations given in milliseconds. */
export class Durations {
  readonly #micros: RecordableHistogram = createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 });

  record(durationMs: number): void {
    this.#micros.record(Math.min(600_000_000, Math.max(1, Math.round(durationMs * 1000))));
  }

  /** A percentile in milliseconds; NaN when nothing was recorded. */
  percentileMs(percentile: number): number {
    return this.#micros.count === 0 ? Number.NaN : this.#micros.percentile(percentile) / 1000;
  }

  maxMs(): number {
    return this.percentileMs(100);
  }
}
