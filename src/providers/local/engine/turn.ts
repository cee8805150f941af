// Long work in the model thread is cut into steps by this: between two of them the thread hears commands and serves other calls.

import { abortReason } from '../../../core/error.ts';

/** Lets everything else that waits in this thread go first. Throws the signal's reason when it aborted, also meanwhile. */
export async function nextTurn(signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw abortReason(signal);
  const { promise, resolve } = Promise.withResolvers<void>();
  setImmediate(resolve);
  await promise;
  if (signal.aborted) throw abortReason(signal);
}
