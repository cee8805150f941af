// Parameters of the Open Inference Protocol at a server of somebody else's.

import { upstreamMalformed } from '../../core/error.ts';
import type { TensorParameters } from '../../core/tensor.ts';
import {
  parametersFromWire as fromWire,
  parametersToWire as toWire,
  type WireParameters,
} from '../../open-inference/parameters.ts';
import { unsupported } from '../translation/request-translation.ts';

/** Throws `unsupported_capability` for null, lists and objects, which the protocol has no form for. */
export function parametersToWire(
  parameters: TensorParameters | undefined,
  param: string = 'parameters',
): WireParameters {
  return toWire(parameters, (name) => {
    throw unsupported('a parameter that is neither text, a number nor a truth value', `${param}.${name}`);
  });
}

/** Undefined when there are none; one without a value counts as none. Throws `upstream_malformed` for one beyond 2^53. */
export function parametersFromWire(wire: WireParameters): TensorParameters | undefined {
  const given = Object.entries(wire).filter(([, { parameterChoice }]) => parameterChoice !== undefined);
  return fromWire(Object.fromEntries(given), (name, problem) => upstreamMalformed(`parameter ${name} ${problem}`));
}
