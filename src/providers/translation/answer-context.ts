// What every vendor's answer is made with, and how it reports what the request lost on its way.

import { type Downgraded, reportOf } from '../../core/downgraded.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelCall } from '../../ports/model.ts';
import type { TokenEstimator } from '../../ports/token-estimator.ts';

/** What an answer needs beside the vendor's bytes. */
export interface AnswerContext {
  /** `provider/model`. */
  readonly target: string;
  /** The model's name as it was asked for, where the vendor does not say. */
  readonly model: string;
  /** Stands in for the answer's id where the vendor gives none. */
  readonly requestId: string;
  /** Now, Unix time in milliseconds, where the vendor does not say. */
  readonly nowMs: number;
  /** Counts where the vendor does not. */
  readonly estimator: TokenEstimator;
  /** Fields of the request that were left out. */
  readonly downgrades?: readonly string[];
}

/** The context of one call. `downgrades` are those of its request. */
export function answerContextOf(
  { targetOf }: { targetOf(call: ModelCall): string },
  { clock, estimator }: { readonly clock: Clock; readonly estimator: TokenEstimator },
  call: ModelCall,
  downgrades: readonly string[] = [],
): AnswerContext {
  const { model, context } = call;
  return { target: targetOf(call), model, requestId: context.requestId, nowMs: clock.now(), estimator, downgrades };
}

/** The part of an answer that reports what was left out; nothing when all of the request was honoured. */
export function downgradesOf({ downgrades = [] }: Pick<AnswerContext, 'downgrades'>): Downgraded {
  return reportOf(downgrades);
}
