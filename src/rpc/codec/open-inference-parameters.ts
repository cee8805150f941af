// Parameters of the Open Inference Protocol, core ↔ wire.

import { SluiceError } from '../../core/error.ts';
import type { JsonValue } from '../../core/json.ts';
import type { TensorParameters } from '../../core/tensor.ts';
import type { InferParameter } from '../generated/inference/open_inference.ts';

/** The wire's map of parameters. */
export type WireParameters = Record<string, InferParameter>;

/**
 * The parameters; undefined when there are none. Throws `invalid_request` for one without a value, and for a whole number beyond
 * 2^53, which JSON would round. That a number came as `double_param` is not kept where it is whole.
 */
export function parametersFromWire(wire: WireParameters, param: string): TensorParameters | undefined {
  const entries = Object.entries(wire);
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.map(([name, value]) => [name, valueFromWire(value, `${param}.${name}`)]));
}

function valueFromWire({ parameterChoice }: InferParameter, param: string): JsonValue {
  if (parameterChoice === undefined) {
    throw new SluiceError('invalid_request', { message: `${param} has no value.`, param });
  }
  const { value } = parameterChoice;
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new SluiceError('invalid_request', { message: `${param} is beyond 2^53.`, param });
}

/** The reverse. What the wire has no form for (null, lists, objects) goes as JSON text. */
export function parametersToWire(parameters: TensorParameters = {}): WireParameters {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, valueToWire(value)]));
}

function valueToWire(value: JsonValue): InferParameter {
  switch (typeof value) {
    case 'boolean':
      return { parameterChoice: { $case: 'boolParam', value } };
    case 'string':
      return { parameterChoice: { $case: 'stringParam', value } };
    case 'number':
      return Number.isSafeInteger(value)
        ? { parameterChoice: { $case: 'int64Param', value: BigInt(value) } }
        : { parameterChoice: { $case: 'doubleParam', value } };
    default:
      return { parameterChoice: { $case: 'stringParam', value: JSON.stringify(value) } };
  }
}
