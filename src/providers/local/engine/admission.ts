// Decides which calls an engine works on now: a fixed number at a time, a bounded queue in order of arrival, refusal beyond.

import { abortReason, SluiceError } from '../../../core/error.ts';

/** Limits of one admission. */
export interface AdmissionLimits {
  readonly active: number;
  readonly waiting: number;
  /** What a refused caller is told to wait. */
  readonly retryAfterMs: number;
}

/** Hands out places. */
export interface Admission {
  /**
   * Waits for a place and returns the function that gives it back (calling it twice does nothing). Rejects with `overloaded`
   * when the queue is full, with the signal's reason when it aborts, and with the reason given to `close`.
   */
  enter(signal: AbortSignal): Promise<() => void>;
  /** Rejects everybody who waits or comes later. */
  close(reason: SluiceError): void;
}

interface Waiter {
  admit(): void;
  refuse(error: SluiceError): void;
}

/** Creates an admission with nobody in it. */
export function createAdmission(limits: AdmissionLimits): Admission {
  const waiters = new Set<Waiter>();
  let active = 0;
  let closed: SluiceError | undefined;

  const leave = (): (() => void) => {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      active -= 1;
      const [next] = waiters;
      if (next !== undefined && active < limits.active) next.admit();
    };
  };

  const wait = (signal: AbortSignal): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const settle = (): void => {
        waiters.delete(waiter);
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        admit() {
          settle();
          active += 1;
          resolve(leave());
        },
        refuse(error) {
          settle();
          reject(error);
        },
      };
      const onAbort = (): void => waiter.refuse(abortReason(signal));
      signal.addEventListener('abort', onAbort);
      waiters.add(waiter);
    });

  return {
    async enter(signal) {
      if (closed !== undefined) throw closed;
      if (signal.aborted) throw abortReason(signal);
      if (active < limits.active) {
        active += 1;
        return leave();
      }
      if (waiters.size >= limits.waiting) {
        throw new SluiceError('overloaded', {
          message: 'The local model engine has too many calls waiting.',
          retryAfterMs: limits.retryAfterMs,
        });
      }
      return wait(signal);
    },
    close(reason) {
      closed = reason;
      for (const waiter of [...waiters]) waiter.refuse(reason);
    },
  };
}
