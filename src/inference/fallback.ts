// Which target answers: the first one that can, in order. A failed attempt is followed by the next target only when its
// failure says nothing of that one (`failover`) and nothing of its answer was shown to the caller.

import { abortReason, SluiceError, toSluiceError } from '../core/error.ts';
import type { PredictPart } from '../core/predict.ts';
import type { Target } from './routing-table.ts';

/** Tries targets in turn. The answer carries the number of attempts made. */
export async function firstAnswer<T extends { readonly attempts: number }>(
  targets: readonly Target[],
  signal: AbortSignal,
  tryTarget: (target: Target) => Promise<T>,
): Promise<T> {
  let failure: SluiceError | undefined;
  for (const [index, target] of targets.entries()) {
    try {
      const answer = await tryTarget(target);
      return index === 0 ? answer : { ...answer, attempts: index + 1 };
    } catch (thrown) {
      failure = worthTelling(failure, verdict(thrown, signal));
    }
  }
  throw failure ?? new SluiceError('internal', { detail: 'a route without targets' });
}

/**
 * Tries targets in turn until one has shown content. The `start` part is held back until the first part with content has
 * arrived, so that a target that dies in between is replaced without a trace but the attempt count.
 */
export async function* firstStream(
  targets: readonly Target[],
  signal: AbortSignal,
  tryTarget: (target: Target) => AsyncGenerator<PredictPart, void, undefined>,
): AsyncGenerator<PredictPart, void, undefined> {
  let failure: SluiceError | undefined;
  for (const [index, target] of targets.entries()) {
    const parts = tryTarget(target);
    let opening: Opening;
    try {
      opening = await openStream(parts);
    } catch (thrown) {
      failure = worthTelling(failure, verdict(thrown, signal));
      continue;
    }
    try {
      yield index === 0 ? opening.start : { ...opening.start, attempts: index + 1 };
      yield opening.first;
      yield* parts;
    } finally {
      await parts.return();
    }
    return;
  }
  throw failure ?? new SluiceError('internal', { detail: 'a route without targets' });
}

/** The first two parts of a stream: it has content now, so it counts as shown. */
interface Opening {
  readonly start: Extract<PredictPart, { type: 'start' }>;
  readonly first: PredictPart;
}

async function openStream(parts: AsyncGenerator<PredictPart, void, undefined>): Promise<Opening> {
  const start = await parts.next();
  const first = start.done === true ? start : await parts.next();
  if (start.done === true || first.done === true) throw new SluiceError('upstream_truncated');
  if (start.value.type !== 'start') {
    await parts.return();
    throw new SluiceError('upstream_malformed', {
      detail: `the stream begins with ${start.value.type}, not with start`,
    });
  }
  return { start: start.value, first: first.value };
}

/** Returns the failure when the next target may be tried, throws it when the call is over. */
function verdict(thrown: unknown, signal: AbortSignal): SluiceError {
  if (signal.aborted) throw abortReason(signal);
  const failure = toSluiceError(thrown);
  if (!failure.failover) throw failure;
  return failure;
}

/**
 * Which of two failures the caller is told of when no target is left: the one that a retry may mend, since then the call as a
 * whole may succeed; the later of two such; else the first, that of the target which the operator wanted most.
 */
function worthTelling(before: SluiceError | undefined, now: SluiceError): SluiceError {
  return before === undefined || now.retryable ? now : before;
}
