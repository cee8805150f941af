// Port Clock on the clocks and timers of the system. With timer-queue.ts the only reader of time in the product.

import type { Clock } from '../../ports/clock.ts';
import { TimerQueue } from './timer-queue.ts';

/** Real time. Its timers never keep the process alive by themselves. */
export function createSystemClock(): Clock {
  const timers = new TimerQueue();
  return {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    setTimer: (delayMs, run) => timers.set(delayMs, run),
  };
}
