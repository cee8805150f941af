// Parameters of a request, a tensor or an answer, core ↔ the messages of gRPC. What the wire or we have no form for is for the
// two ends to judge: the ingress blames its caller, the provider the server.

import type { JsonValue } from '../core/json.ts';
import type { TensorParameters } from '../core/tensor.ts';
import type { InferParameter } from './generated/inference/open_inference.ts';

/** The wire's map of parameters. */
export type WireParameters = Record<string, InferParameter>;

/** Makes the error for a problem with the parameter of that name; `problem` is the rest of a sentence. */
export type RefuseParameter = (name: string, problem: string) => Error;

/**
 * The parameters; undefined when there are none. Throws what `refuse` makes for one without a value, and for a whole number
 * beyond 2^53, which JSON would round. That a number came as `double_param` is not kept where it is whole.
 */
export function parametersFromWire(wire: WireParameters, refuse: RefuseParameter): TensorParameters | undefined {
  const entries = Object.entries(wire);
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.map(([name, parameter]) => [name, valueFromWire(name, parameter, refuse)]));
}

function valueFromWire(name: string, { parameterChoice }: InferParameter, refuse: RefuseParameter): JsonValue {
  if (parameterChoice === undefined) throw refuse(name, 'has no value');
  const { value } = parameterChoice;
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw refuse(name, 'is beyond 2^53');
  return number;
}

/**
 * Whole numbers go as `int64_param`, other numbers as `double_param`. Null, lists and objects have no form: what goes in their
 * place is what `withoutForm` returns, or it throws.
 */
export function parametersToWire(
  parameters: TensorParameters | undefined,
  withoutForm: (name: string, value: JsonValue) => string,
): WireParameters {
  const entries = Object.entries(parameters ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, valueToWire(name, value, withoutForm)]));
}

function valueToWire(
  name: string,
  value: JsonValue,
  withoutForm: (name: string, value: JsonValue) => string,
): InferParameter {
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
      return { parameterChoice: { $case: 'stringParam', value: withoutForm(name, value) } };
  }
}
