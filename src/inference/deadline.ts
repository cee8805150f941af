// Turns the deadline of a call and the caller's signal into the one signal that everything below listens to.

import type { CallContext } from '../core/call-context.ts';
import { SluiceError } from '../core/error.ts';
import type { Clock } from '../ports/clock.ts';

/** The signal of one call, to be closed when the call is over. */
export interface CallScope {
  /** Aborts with the caller's reason or with `deadline_exceeded`. */
  readonly signal: AbortSignal;
  /** Aborts the work below, for a reader that has left. Does nothing when the call is over. */
  abandon(): void;
  /** Forgets the timer and the listener. */
  close(): void;
}

/** Opens the scope of a call. A deadline that has passed aborts at once. */
export function openCallScope(context: CallContext, caller: AbortSignal, clock: Clock): CallScope {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(caller.reason);
  if (caller.aborted) onAbort();
  else caller.addEventListener('abort', onAbort, { once: true });

  const expire = (): void => controller.abort(new SluiceError('deadline_exceeded'));
  const remainingMs = context.deadlineAtMs - clock.now();
  if (remainingMs <= 0) expire();
  const timer = remainingMs > 0 ? clock.setTimer(remainingMs, expire) : undefined;
  return {
    signal: controller.signal,
    abandon: () => controller.abort(new SluiceError('cancelled')),
    close() {
      timer?.cancel();
      caller.removeEventListener('abort', onAbort);
    },
  };
}
