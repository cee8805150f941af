// Turns the deadline of a call and the caller's signal into the one signal that everything below listens to.

import { abortsBy, CallAbort, listenForAbort, stopListening } from '../core/call-abort.ts';
import type { CallContext } from '../core/call-context.ts';
import { abortReason, SluiceError } from '../core/error.ts';
import type { Clock } from '../ports/clock.ts';

/** The signal of one call, to be closed when the call is over. */
export interface AnswerScope {
  /** Aborts with the caller's reason or with `deadline_exceeded`. */
  readonly signal: AbortSignal;
  /** Forgets the timer and the listener. */
  close(): void;
}

/** The scope of a call that its reader may leave early. */
export interface CallScope extends AnswerScope {
  /** Aborts the work below, for a reader that has left. Does nothing when the call is over. */
  abandon(): void;
}

/**
 * The scope of a call whose answer comes in one piece. A caller in this process keeps the deadline itself: its signal is then all
 * that is needed, without a timer or a listener.
 */
export function openAnswerScope(context: CallContext, caller: AbortSignal, clock: Clock): AnswerScope {
  const isKept = abortsBy(caller, context.deadlineAtMs) && context.deadlineAtMs > clock.now();
  return isKept ? { signal: caller, close: nothing } : openCallScope(context, caller, clock);
}

function nothing(): void {}

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
