// Runs the route of a call whose body has arrived, and hands its answer to the writer that fits.

import { toSluiceError } from '../core/error.ts';
import { failCall, writeAnswer } from './answer.ts';
import type { EdgeCall } from './call.ts';
import type { EdgeAnswer, EdgeRoute } from './dialect.ts';
import { streamEvents } from './sse.ts';

/** Answers the call, now or later; adds no promise of its own where the route has none. Never throws. */
export function runRoute(call: EdgeCall, route: EdgeRoute): void {
  const onFailure = (thrown: unknown): void => failCall(call, toSluiceError(thrown));
  // Aborted while the body arrived: the caller has its error already.
  if (call.signal.aborted) return;
  try {
    const answer = route.handle(call);
    if (answer instanceof Promise) answer.then((late) => deliver(call, late)).catch(onFailure);
    else deliver(call, answer);
  } catch (thrown) {
    onFailure(thrown);
  }
}

function deliver(call: EdgeCall, answer: EdgeAnswer): void {
  if (call.state !== 'waiting') return;
  if (answer.kind === 'whole') writeAnswer(call, answer);
  else {
    // Nothing has been asked of the model yet: that begins with the first pull.
    call.beginStream();
    void streamEvents(call, answer);
  }
}
