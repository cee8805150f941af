// Port Clock on the timers of Node. The only file of the product that reads time or sets timers.

import type { Clock, Timer } from '../../ports/clock.ts';

/** Longest delay that setTimeout takes: beyond it Node warns and fires after 1 ms. Longer waits are made of several. */
const maxDelayMs = 2 ** 31 - 1;

/** Real time. Its timers never keep the process alive by themselves. */
export function createSystemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    setTimer,
  };
}

function setTimer(delayMs: number, run: () => void): Timer {
  let leftMs = delayMs;
  let handle: NodeJS.Timeout;
  const arm = (): void => {
    const stepMs = Math.min(leftMs, maxDelayMs);
    leftMs -= stepMs;
    handle = setTimeout(leftMs > 0 ? arm : run, stepMs).unref();
  };
  arm();
  return { cancel: () => clearTimeout(handle) };
}
