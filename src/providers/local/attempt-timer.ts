// Holds one attempt to its time limits: first token, idle, total. The engine hears of them only as an aborted signal.

import { SluiceError } from '../../core/error.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { AttemptTimeouts } from '../../ports/model.ts';

/** The limits of one attempt under way. */
export interface AttemptTimer {
  /** Aborts when the caller's signal does, or with `upstream_timeout` when a limit passes. */
  readonly signal: AbortSignal;
  /**
   * Starts to wait for a part; does nothing while it waits. The first wait has the limit for the first token, later ones the idle
   * limit.
   */
  wait(): void;
  /** A part came: the reader's own time does not count. */
  arrived(): void;
  /** Clears all timers. */
  end(): void;
}

/** Starts the clock of an attempt. */
export function startAttemptTimer(timeouts: AttemptTimeouts, clock: Clock, signal: AbortSignal): AttemptTimer {
  const abort = new AbortController();
  const expire = (limit: string, ms: number) => (): void =>
    abort.abort(new SluiceError('upstream_timeout', { detail: `local engine: ${limit} of ${ms} ms passed` }));
  const total = clock.setTimer(timeouts.totalMs, expire('totalMs', timeouts.totalMs));
  let waiting: Timer | undefined;
  let isFirst = true;
  return {
    signal: AbortSignal.any([signal, abort.signal]),
    wait() {
      if (waiting !== undefined) return;
      const [limit, ms] = isFirst
        ? (['firstTokenMs', timeouts.firstTokenMs] as const)
        : (['idleMs', timeouts.idleMs] as const);
      waiting = clock.setTimer(ms, expire(limit, ms));
    },
    arrived() {
      waiting?.cancel();
      waiting = undefined;
      isFirst = false;
    },
    end() {
      waiting?.cancel();
      total.cancel();
    },
  };
}
