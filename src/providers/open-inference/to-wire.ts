// Our tensor requests as messages of the protocol. Contents go raw: the form that every datatype has and that costs least.

import { SluiceError } from '../../core/error.ts';
import type { InferRequest, Tensor } from '../../core/tensor.ts';
import { checkTensorData } from '../../core/tensor-data.ts';
import type { ModelInferRequest } from '../../open-inference/generated/inference/open_inference.ts';
import { parametersToWire } from './parameters.ts';

/** Throws `invalid_request` for a tensor whose data does not fit its shape: not every server checks, and some crash. */
export function inferToWire(request: InferRequest, model: string): ModelInferRequest {
  const { version, id, inputs, outputs, parameters } = request;
  checkInputs(inputs);
  return {
    modelName: model,
    modelVersion: version,
    id,
    parameters: parametersToWire(parameters),
    inputs: inputs.map((tensor, index) => ({
      name: tensor.name,
      datatype: tensor.datatype,
      shape: tensor.shape.map(BigInt),
      parameters: parametersToWire(tensor.parameters, `inputs[${index}].parameters`),
      contents: undefined,
    })),
    outputs: outputs.map((output, index) => ({
      name: output.name,
      parameters: parametersToWire(output.parameters, `outputs[${index}].parameters`),
    })),
    rawInputContents: inputs.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  };
}

/** Throws `invalid_request` for the first tensor whose data does not fit. */
export function checkInputs(inputs: readonly Tensor[]): void {
  for (const [index, tensor] of inputs.entries()) {
    const param = `inputs[${index}]`;
    checkTensorData(tensor, (problem) => {
      return new SluiceError('invalid_request', { message: `${param}: ${problem}.`, param });
    });
  }
}
