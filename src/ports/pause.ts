// Waiting for a while that a call may end before.

import { abortReason } from '../core/error.ts';
import type { Clock } from './clock.ts';

/** Resolves after the time; rejects with the signal's reason as soon as it aborts. Leaves neither a timer nor a listener behind. */
export function pause(clock: Clock, pauseMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.reject(abortReason(signal));
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      timer.cancel();
      reject(abortReason(signal));
    };
    const timer = clock.setTimer(pauseMs, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    signal.addEventListener('abort', stop, { once: true });
  });
}
