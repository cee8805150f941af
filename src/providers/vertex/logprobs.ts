// The log probabilities of a candidate.

import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { TokenLogprob } from '../../core/predict.ts';
import { listOf, objectOf } from '../translation/wire-values.ts';

/** By token, with the alternatives of the same step; undefined when there are none. Google gives no bytes. */
export function logprobsOf(value: JsonValue | undefined): TokenLogprob[] | undefined {
  const result = objectOf(value);
  const chosen = listOf(result?.['chosenCandidates']);
  if (result === undefined || chosen.length === 0) return undefined;
  const alternatives = listOf(result['topCandidates']);
  return chosen.map((item, step) => ({
    ...oneOf(objectOf(item) ?? {}),
    top: listOf(objectOf(alternatives[step])?.['candidates']).map((top) => oneOf(objectOf(top) ?? {})),
  }));
}

/** A probability of 1 has the logarithm 0, which this wire may leave out. */
function oneOf(wire: JsonObject): { token: string; logprob: number } {
  const { token, logProbability = 0 } = wire;
  if (typeof token !== 'string' || typeof logProbability !== 'number') {
    throw upstreamMalformed('a log probability has no token or value');
  }
  return { token, logprob: logProbability };
}
