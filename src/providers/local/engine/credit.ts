// Back-pressure inside the model thread: work waits until the reader has room for its result.

import { abortReason } from '../../../core/error.ts';

/** Counts how many parts the reader still takes. */
export interface Credit {
  /** Uses one unit, waiting for it if there is none. Rejects with the signal's reason. One waiter at a time. */
  take(signal: AbortSignal): Promise<void>;
  add(parts: number): void;
}

/** Creates a credit with a first window. */
export function createCredit(initial: number): Credit {
  let available = initial;
  let wake: (() => void) | undefined;

  const moreOrAborted = async (signal: AbortSignal): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const proceed = (): void => resolve();
    wake = proceed;
    signal.addEventListener('abort', proceed);
    await promise;
    signal.removeEventListener('abort', proceed);
  };

  return {
    async take(signal) {
      while (available === 0 && !signal.aborted) await moreOrAborted(signal);
      if (signal.aborted) throw abortReason(signal);
      available -= 1;
    },
    add(parts) {
      available += parts;
      wake?.();
    },
  };
}
