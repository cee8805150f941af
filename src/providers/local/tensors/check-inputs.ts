// Holds the tensors of a call against what the graph takes, so that a mistake is named instead of failing inside onnxruntime.

import { SluiceError } from '../../../core/error.ts';
import type { Tensor, TensorDescription } from '../../../core/tensor.ts';
import { checkTensorData, type Refuse } from '../../../core/tensor-data.ts';
import type { TensorSignature } from '../engine/protocol.ts';

/** Throws `invalid_request` or `unsupported_capability` unless each input of the graph is there once and fits. */
export function checkInputs(inputs: readonly Tensor[], signature: TensorSignature): void {
  const wanted = new Map(signature.inputs.map((input) => [input.name, input]));
  const seen = new Set<string>();
  for (const [position, input] of inputs.entries()) {
    const description = wanted.get(input.name);
    if (description === undefined) {
      throw refusalAt(`inputs[${position}].name`)(
        `the model has no input '${input.name}'; it takes ${[...wanted.keys()].join(', ')}`,
      );
    }
    if (seen.has(input.name)) throw refusalAt(`inputs[${position}].name`)(`the input '${input.name}' is there twice`);
    seen.add(input.name);
    checkInput(input, position, description);
  }
  const missing = signature.inputs.find(({ name }) => !seen.has(name));
  if (missing !== undefined) throw refusalAt('inputs')(`the input '${missing.name}' is missing`);
}

/** The names of the wanted outputs; all when none is named. Throws `invalid_request` for a name that the graph has not. */
export function chooseOutputs(names: readonly string[], signature: TensorSignature): readonly string[] {
  const known = signature.outputs.map(({ name }) => name);
  for (const [position, name] of names.entries()) {
    if (!known.includes(name)) {
      throw refusalAt(`outputs[${position}].name`)(`the model has no output '${name}'; it gives ${known.join(', ')}`);
    }
  }
  return names.length === 0 ? known : [...new Set(names)];
}

function checkInput(input: Tensor, position: number, description: TensorDescription): void {
  const { datatype, shape } = description;
  if (input.datatype !== datatype) {
    throw refusalAt(`inputs[${position}].datatype`)(
      `the input '${input.name}' is ${datatype} and not ${input.datatype}`,
    );
  }
  checkTensorData(input, refusalAt(`inputs[${position}]`));
  // A graph that leaves the shape open says [], and so does one that takes a scalar.
  if (shape.length === 0) return;
  const fits =
    shape.length === input.shape.length && shape.every((size, axis) => size < 0 || size === input.shape[axis]);
  if (!fits) {
    throw refusalAt(`inputs[${position}].shape`)(
      `the input '${input.name}' has the shape [${shape.join(', ')}] (-1 is any) and not [${input.shape.join(', ')}]`,
    );
  }
}

/** Makes `invalid_request` of a problem at a place of the request. */
export function refusalAt(param: string): Refuse {
  return (problem) =>
    new SluiceError('invalid_request', { message: `${problem.charAt(0).toUpperCase()}${problem.slice(1)}.`, param });
}
