// Parameters of the Open Inference Protocol at our own ingress: what is wrong with one is the caller's to mend.

import { SluiceError } from '../../core/error.ts';
import type { TensorParameters } from '../../core/tensor.ts';
import {
  parametersFromWire as fromWire,
  parametersToWire as toWire,
  type WireParameters,
} from '../../open-inference/parameters.ts';

/** The parameters; undefined when there are none. Throws `invalid_request` for one without a value or beyond 2^53. */
export function parametersFromWire(wire: WireParameters, param: string): TensorParameters | undefined {
  return fromWire(wire, (name, problem) => {
    const path = `${param}.${name}`;
    return new SluiceError('invalid_request', { message: `${path} ${problem}.`, param: path });
  });
}

/** The reverse. What the wire has no form for (null, lists, objects) goes as JSON text. */
export function parametersToWire(parameters: TensorParameters | undefined): WireParameters {
  return toWire(parameters, (_name, value) => JSON.stringify(value));
}
