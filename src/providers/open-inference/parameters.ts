// Parameters of a request or a tensor, core ↔ the messages of gRPC.

import type { JsonValue } from '../../core/json.ts';
import type { TensorParameters } from '../../core/tensor.ts';
import { malformed } from '../openai-compatible/answer-fields.ts';
import { unsupported } from '../openai-compatible/request-translation.ts';
import type { InferParameter } from './generated/inference/open_inference.ts';

type WireParameters = Record<string, InferParameter>;

/**
 * Whole numbers go as `int64_param`, other numbers as `double_param`. Throws `unsupported_capability` for null, lists and
 * objects, which the protocol has no form for.
 */
export function parametersToWire(parameters: TensorParameters = {}, param: string = 'parameters'): WireParameters {
  const entries = Object.entries(parameters);
  return Object.fromEntries(entries.map(([name, value]) => [name, valueToWire(value, `${param}.${name}`)]));
}

function valueToWire(value: JsonValue, param: string): InferParameter {
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
      throw unsupported('a parameter that is neither text, a number nor a truth value', param);
  }
}

/** Undefined when there are none. Throws `upstream_malformed` for a whole number beyond 2^53, which would be rounded. */
export function parametersFromWire(wire: WireParameters): TensorParameters | undefined {
  const values = Object.entries(wire).flatMap(([name, { parameterChoice }]): [string, JsonValue][] => {
    if (parameterChoice === undefined) return [];
    const { value } = parameterChoice;
    if (typeof value !== 'bigint') return [[name, value]];
    if (!Number.isSafeInteger(Number(value))) throw malformed(`parameter ${name} is beyond 2^53`);
    return [[name, Number(value)]];
  });
  return values.length === 0 ? undefined : Object.fromEntries(values);
}
