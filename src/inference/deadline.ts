// Turns the deadline of a call and the caller's signal into the one signal that everything below listens to.

import { CallAbort, listenForAbort, stopListening } from '../core/call-abort.ts';
import type { CallContext } from '../core/call-context.ts';
import { abortReason, SluiceError } from '../core/error.ts';
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
  const work = new CallAbort();
  const relay = { handleEvent: (): void => work.abort(abortReason(caller)) };
  if (caller.aborted) relay.handleEvent();
  else listenForAbort(caller, relay);

  const expire = (): void => work.abort(new SluiceError('deadline_exceeded'));
  const remainingMs = context.deadlineAtMs - clock.now();
  if (remainingMs <= 0) expire();
  const timer = remainingMs > 0 ? clock.setTimer(remainingMs, expire) : undefined;
  return {
    signal: work.signal,
    abandon: () => work.abort(new SluiceError('cancelled')),
    close() {
      timer?.cancel();
      stopListening(caller, relay);
    },
  };
}
