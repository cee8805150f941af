// Which target answers: the first one that can, by the plan of the call. A failed attempt is followed by another only when its
// failure says nothing of that one (`failover`) and nothing of its answer was shown to the caller.

import { SluiceError } from '../core/error.ts';
import type { PredictPart } from '../core/predict.ts';
import type { AttemptPlan, Turn } from './attempt-plan.ts';

/** Makes attempts until one succeeds. The answer carries the number of attempts made. */
export async function firstAnswer<T extends { readonly attempts: number }>(
  plan: AttemptPlan,
  tryTarget: (turn: Turn) => Promise<T>,
): Promise<T> {
  for (;;) {
    const turn = await plan.next();
    try {
      const answer = await tryTarget(turn);
      return turn.attempts === 1 ? answer : { ...answer, attempts: turn.attempts };
    } catch (thrown) {
      plan.failed(turn, thrown);
    }
  }
}

/**
 * Makes attempts until one has shown content. The `start` part is held back until the first part with content has arrived, so
 * that a target that dies in between is replaced without a trace but the attempt count.
 */
export async function* firstStream(
  plan: AttemptPlan,
  tryTarget: (turn: Turn) => AsyncGenerator<PredictPart, void, undefined>,
): AsyncGenerator<PredictPart, void, undefined> {
  const { start, first, rest } = await firstOpen(plan, tryTarget);
  try {
    yield start;
    yield first;
    yield* rest;
  } finally {
    await rest.return();
  }
}

/** A stream that has content. Whoever has it must return `rest`. */
export interface OpenStream {
  readonly turn: Turn;
  /** With the number of attempts made. */
  readonly start: Extract<PredictPart, { type: 'start' }>;
  readonly first: PredictPart;
  readonly rest: AsyncGenerator<PredictPart, void, undefined>;
}

/** Makes attempts until one has content. */
export async function firstOpen(
  plan: AttemptPlan,
  tryTarget: (turn: Turn) => AsyncGenerator<PredictPart, void, undefined>,
): Promise<OpenStream> {
  for (;;) {
    const turn = await plan.next();
    try {
      return await openStream(turn, tryTarget(turn));
    } catch (thrown) {
      plan.failed(turn, thrown);
    }
  }
}

/** Reads on to the first content. Rejects when the stream fails before. */
export async function openStream(turn: Turn, parts: AsyncGenerator<PredictPart, void, undefined>): Promise<OpenStream> {
  const start = await parts.next();
  const first = start.done === true ? start : await parts.next();
  if (start.done === true || first.done === true) throw new SluiceError('upstream_truncated');
  if (start.value.type !== 'start') {
    await parts.return();
    throw new SluiceError('upstream_malformed', {
      detail: `the stream begins with ${start.value.type}, not with start`,
    });
  }
  const attempts = turn.attempts === 1 ? start.value : { ...start.value, attempts: turn.attempts };
  return { turn, start: attempts, first: first.value, rest: parts };
}
