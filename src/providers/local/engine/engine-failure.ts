// Carries failures across the two threads: structured cloning would keep neither the class nor the reason of a SluiceError.

import { SluiceError, toSluiceError } from '../../../core/error.ts';
import type { EngineFailure } from './protocol.ts';

/** The failure to post for anything thrown in the model thread. What is not a SluiceError becomes a retryable `engine_failed`. */
export function toEngineFailure(thrown: unknown): EngineFailure {
  const error =
    thrown instanceof SluiceError
      ? thrown
      : new SluiceError('engine_failed', { detail: toSluiceError(thrown).detail ?? 'unknown' });
  return {
    reason: error.reason,
    message: error.message,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    ...(error.param === undefined ? {} : { param: error.param }),
  };
}

/** The error that the model thread meant. */
export function fromEngineFailure(failure: EngineFailure): SluiceError {
  const { reason, ...details } = failure;
  return new SluiceError(reason, details);
}
