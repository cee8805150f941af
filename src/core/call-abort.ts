// The abort of one call, as every call needs it. Node's own listeners keep what they refer to alive well past the call: with
// them each collection of young objects carried dead calls along, a sixth of the CPU of a request (docs/adr/0007).

import type { SluiceError } from './error.ts';

/** Told once when a call is aborted. Must not throw. An EventListenerObject too, for signals that Node or others made. */
export interface AbortListener {
  handleEvent(): void;
}

const listeners: unique symbol = Symbol('listeners of a CallAbort');

interface CallSignal extends AbortSignal {
  [listeners]?: AbortListener[];
}

/** An AbortController whose `signal` is an ordinary AbortSignal, and cheap for those who listen with `listenForAbort`. */
export class CallAbort {
  readonly #controller: AbortController = new AbortController();
  readonly #listeners: AbortListener[] = [];

  constructor() {
    const signal: CallSignal = this.#controller.signal;
    signal[listeners] = this.#listeners;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts, and tells everybody who listens. Only the first reason counts. */
  abort(reason: SluiceError): void {
    if (this.#controller.signal.aborted) return;
    this.#controller.abort(reason);
    for (const listener of this.#listeners.splice(0)) listener.handleEvent();
  }
}

/** Has the listener told when the signal aborts. Whoever may be late looks at `signal.aborted` first: nobody is told twice. */
export function listenForAbort(signal: AbortSignal, listener: AbortListener): void {
  const own = (signal as CallSignal)[listeners];
  if (own === undefined) signal.addEventListener('abort', listener, { once: true });
  else own.push(listener);
}

/** Ends `listenForAbort`. Harmless when the listener was told or never listened. */
export function stopListening(signal: AbortSignal, listener: AbortListener): void {
  const own = (signal as CallSignal)[listeners];
  if (own === undefined) {
    signal.removeEventListener('abort', listener);
    return;
  }
  const at = own.indexOf(listener);
  if (at >= 0) own.splice(at, 1);
}
