// How many calls are under way at once, and the line of those that wait for their turn.

import { abortReason, SluiceError } from '../../core/error.ts';
import type { Clock } from '../../ports/clock.ts';
import { maxWaitingCalls } from './defaults.ts';

interface Waiter {
  admit(): void;
  refuse(error: SluiceError): void;
}

/** A bounded number of slots, given in the order of asking. Each `acquire` that resolved needs exactly one `release`. */
export class CallSlots {
  readonly #clock: Clock;
  readonly #waiting: Set<Waiter> = new Set();
  #free: number;

  constructor(slots: number, clock: Clock) {
    this.#free = slots;
    this.#clock = clock;
  }

  /** Rejects with `overloaded` after `waitMs` or when too many wait, and with the signal's reason when it aborts. */
  acquire(signal: AbortSignal, waitMs: number): Promise<void> {
    if (signal.aborted) return Promise.reject(abortReason(signal));
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    if (this.#waiting.size >= maxWaitingCalls)
      return Promise.reject(overloaded(`${maxWaitingCalls} calls wait already`));
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
        this.#waiting.delete(waiter);
      };
      const waiter: Waiter = {
        admit() {
          leave();
          resolve();
        },
        refuse(error) {
          leave();
          reject(error);
        },
      };
      const onAbort = (): void => waiter.refuse(abortReason(signal));
      const timer = this.#clock.setTimer(waitMs, () => waiter.refuse(overloaded(`no call ended within ${waitMs} ms`)));
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(waiter);
    });
  }

  /** Gives the slot to whoever has waited longest. */
  release(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free += 1;
    else next.admit();
  }

  /** Refuses all that wait with `draining`. */
  close(): void {
    for (const waiter of [...this.#waiting]) waiter.refuse(new SluiceError('draining'));
  }
}

function overloaded(detail: string): SluiceError {
  return new SluiceError('overloaded', { detail });
}
