// Tensor requests, responses and metadata, core ↔ wire, losing nothing. The data is passed on as it is, without
// copying; what is read must fit together.

import { SluiceError } from '../../core/error.ts';
import type {
  InferRequest,
  InferResponse,
  Tensor,
  TensorDatatype,
  TensorDescription,
  TensorMetadata,
} from '../../core/tensor.ts';
import { checkTensorData, isTensorDatatype } from '../../core/tensor-data.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { answerObject, asAnswer } from './answer.ts';
import { asBuffer, asBytes } from './bytes.ts';
import { jsonToWire, optionalJsonObjectFromWire } from './json.ts';
import { present, unlessEmpty } from './present.ts';
import { wholeNumber } from './whole-number.ts';

/** What to run. Throws `invalid_request` for a shape that the wire cannot carry. */
export function inferRequestToWire(request: InferRequest): wire.InferRequest {
  const { model, version, id, inputs, outputs, parameters } = request;
  return {
    model,
    version,
    id,
    inputs: inputs.map((tensor, index) => tensorToWire(tensor, `inputs[${index}]`)),
    outputs: outputs.map((output) => ({ name: output.name, parametersJson: jsonToWire(output.parameters) })),
    parametersJson: jsonToWire(parameters),
  };
}

/** The reverse of `inferRequestToWire`. Throws `invalid_request` with the path of the offending field. */
export function inferRequestFromWire(request: wire.InferRequest): InferRequest {
  const { inputs, outputs, parametersJson, ...named } = request;
  return present({
    ...named,
    inputs: inputs.map((tensor, index) => tensorFromWire(tensor, `inputs[${index}]`)),
    outputs: outputs.map((output, index) => outputFromWire(output, `outputs[${index}]`)),
    parameters: optionalJsonObjectFromWire(parametersJson, 'parameters_json'),
  });
}

/** What the model answered. */
export function inferResponseToWire(response: InferResponse): wire.InferResponse {
  const { model, version, id, target, attempts, outputs, parameters, downgrades = [] } = response;
  return {
    model,
    version,
    id,
    target,
    attempts,
    outputs: outputs.map((tensor, index) => asAnswer(() => tensorToWire(tensor, `outputs[${index}]`))),
    parametersJson: jsonToWire(parameters),
    downgrades: [...downgrades],
  };
}

/** The reverse of `inferResponseToWire`. Throws `upstream_malformed`. */
export function inferResponseFromWire(response: wire.InferResponse): InferResponse {
  const { outputs, parametersJson, downgrades, ...named } = response;
  return present({
    ...named,
    outputs: outputs.map((tensor, index) => asAnswer(() => tensorFromWire(tensor, `outputs[${index}]`))),
    parameters: answerObject(parametersJson, 'parameters_json'),
    downgrades: unlessEmpty(downgrades),
  });
}

/** What a model says of its tensors. */
export function tensorMetadataToWire(metadata: TensorMetadata): wire.TensorMetadataResponse {
  const { model, target, attempts, versions, platform, inputs, outputs } = metadata;
  return {
    model,
    target,
    attempts,
    versions: [...versions],
    platform,
    inputs: inputs.map((tensor, index) => descriptionToWire(tensor, `inputs[${index}]`)),
    outputs: outputs.map((tensor, index) => descriptionToWire(tensor, `outputs[${index}]`)),
  };
}

/** The reverse of `tensorMetadataToWire`. Throws `upstream_malformed`. */
export function tensorMetadataFromWire({ inputs, outputs, ...named }: wire.TensorMetadataResponse): TensorMetadata {
  return {
    ...named,
    inputs: inputs.map((tensor, index) => descriptionFromWire(tensor, `inputs[${index}]`)),
    outputs: outputs.map((tensor, index) => descriptionFromWire(tensor, `outputs[${index}]`)),
  };
}

function tensorToWire({ name, datatype, shape, data, parameters }: Tensor, param: string): wire.Tensor {
  const parametersJson = jsonToWire(parameters);
  return { name, datatype, shape: shapeToWire(shape, param), data: asBuffer(data), parametersJson };
}

function tensorFromWire(tensor: wire.Tensor, param: string): Tensor {
  const { name, shape, parametersJson } = tensor;
  const datatype = datatypeFromWire(tensor.datatype, param);
  const data = asBytes(tensor.data);
  checkTensorData({ datatype, shape, data }, (problem) => invalid(param, `does not fit together: ${problem}`));
  const parameters = optionalJsonObjectFromWire(parametersJson, `${param}.parameters_json`);
  return present({ name, datatype, shape, data, parameters });
}

function outputFromWire(output: wire.RequestedOutput, param: string): InferRequest['outputs'][number] {
  const parameters = optionalJsonObjectFromWire(output.parametersJson, `${param}.parameters_json`);
  return present({ name: output.name, parameters });
}

function descriptionToWire({ name, datatype, shape }: TensorDescription, param: string): wire.TensorDescription {
  return { name, datatype, shape: asAnswer(() => shapeToWire(shape, param)) };
}

function descriptionFromWire({ name, datatype, shape }: wire.TensorDescription, param: string): TensorDescription {
  return { name, datatype: asAnswer(() => datatypeFromWire(datatype, param)), shape };
}

/** A length that is no whole number would break the stream that it travels on. */
function shapeToWire(shape: readonly number[], param: string): number[] {
  for (const length of shape) wholeNumber(length, `${param}.shape`);
  return [...shape];
}

function datatypeFromWire(word: string, param: string): TensorDatatype {
  if (isTensorDatatype(word)) return word;
  throw invalid(`${param}.datatype`, 'is not a datatype of the Open Inference Protocol, such as FP32');
}

function invalid(param: string, problem: string): SluiceError {
  return new SluiceError('invalid_request', { message: `${param} ${problem}.`, param });
}
