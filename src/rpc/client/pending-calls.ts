// The calls under way at a client: how many there may be, and what stops one before its answer (signal, deadline, close).

import type { CallContext } from '../../core/call-context.ts';
import { abortReason, SluiceError } from '../../core/error.ts';
import type { Clock } from '../../ports/clock.ts';

/** Counts calls and watches each until it is released. */
export class PendingCalls {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #stops: Set<(error: SluiceError) => void> = new Set();
  #isClosed = false;

  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#max = max;
  }

  /** How many calls are under way. */
  get size(): number {
    return this.#stops.size;
  }

  /**
   * Takes a call; `stop` is called at most once, and never after the returned release. Throws the signal's reason,
   * `deadline_exceeded`, `overloaded`, or `cancelled` after `close`.
   */
  admit(context: CallContext, signal: AbortSignal, stop: (error: SluiceError) => void): () => void {
    if (signal.aborted) throw abortReason(signal);
    if (this.#isClosed) throw new SluiceError('cancelled', { detail: 'the client is closed' });
    const leftMs = context.deadlineAtMs - this.#clock.now();
    if (leftMs <= 0) throw new SluiceError('deadline_exceeded');
    if (this.#stops.size >= this.#max) throw new SluiceError('overloaded');
    const halt = (error: SluiceError): void => {
      release();
      stop(error);
    };
    const onAbort = (): void => halt(abortReason(signal));
    const timer = this.#clock.setTimer(leftMs, () => halt(new SluiceError('deadline_exceeded')));
    const release = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
      this.#stops.delete(halt);
    };
    signal.addEventListener('abort', onAbort);
    this.#stops.add(halt);
    return release;
  }

  /** Stops every call with `cancelled` and takes no new one. */
  close(): void {
    this.#isClosed = true;
    for (const halt of [...this.#stops]) halt(new SluiceError('cancelled', { detail: 'the client was closed' }));
  }
}
