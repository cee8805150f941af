// Log probabilities of output tokens, core ↔ wire.

import type { TokenLogprob } from '../../core/predict.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { present, unlessEmpty } from './present.ts';

/** One for each token; none is the same as an empty list. */
export function logprobsToWire(logprobs: readonly TokenLogprob[] | undefined): wire.TokenLogprob[] {
  return logprobs?.map(logprobToWire) ?? [];
}

/** The reverse of `logprobsToWire`. */
export function logprobsFromWire(logprobs: readonly wire.TokenLogprob[]): readonly TokenLogprob[] | undefined {
  return unlessEmpty(logprobs.map(logprobFromWire));
}

function logprobToWire({ token, logprob, bytes, top }: TokenLogprob): wire.TokenLogprob {
  const utf8 = bytes && Buffer.from(bytes);
  return { token, logprob, utf8, top: top.map((other) => logprobToWire({ ...other, top: [] })) };
}

function logprobFromWire({ token, logprob, utf8, top }: wire.TokenLogprob): TokenLogprob {
  const alternatives = top.map((other) => {
    return present({ token: other.token, logprob: other.logprob, bytes: other.utf8 && [...other.utf8] });
  });
  return present({ token, logprob, bytes: utf8 && [...utf8], top: alternatives });
}
