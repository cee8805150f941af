// Requests and answers of the Open Inference Protocol as the ingress reads and writes them. Inside, tensors are always raw; typed
// contents are converted at the door, and back for a caller who sent them.

import { SluiceError, upstreamMalformed } from '../../core/error.ts';
import type { InferRequest, InferResponse, Tensor, TensorDescription, TensorMetadata } from '../../core/tensor.ts';
import { checkTensorData, isTensorDatatype, type Refuse } from '../../core/tensor-data.ts';
import type {
  InferTensorContents,
  ModelInferRequest_InferInputTensor as InputTensor,
  ModelInferRequest,
  ModelInferResponse,
  ModelMetadataResponse,
  ModelMetadataResponse_TensorMetadata as WireDescription,
} from '../../open-inference/generated/inference/open_inference.ts';
import {
  contentsOfRaw,
  hasTypedContents,
  rawOfContents,
  type TypedContents,
} from '../../open-inference/tensor-contents.ts';
import { asBuffer, asBytes } from './bytes.ts';
import { parametersFromWire, parametersToWire } from './open-inference-parameters.ts';
import { present } from './present.ts';

/** A request, and the form in which its caller expects the answer. */
export interface OpenInferenceCall {
  readonly request: InferRequest;
  /** The contents came raw. */
  readonly isRaw: boolean;
}

/** Throws `invalid_request` with the path of the offending field, and `unsupported_capability` for tensors in shared memory. */
export function inferRequestFromOpenInference(wire: ModelInferRequest): OpenInferenceCall {
  const { modelName, modelVersion, id, inputs, outputs, rawInputContents } = wire;
  requireThat(modelName !== '', 'model_name', 'must not be empty');
  requireThat(inputs.length > 0, 'inputs', 'must not be empty');
  const isRaw = rawInputContents.length > 0;
  if (isRaw && rawInputContents.length !== inputs.length) {
    const problem = `has ${rawInputContents.length} entries for ${inputs.length} inputs; it must have one for each or none`;
    throw invalid('raw_input_contents', problem);
  }
  const seen = new Set<string>();
  const request = present({
    model: modelName,
    version: modelVersion,
    id,
    inputs: inputs.map((input, index) => {
      requireThat(!seen.has(input.name), `inputs[${index}].name`, 'is the name of another input');
      seen.add(input.name);
      return tensorFromWire(input, rawInputContents[index], `inputs[${index}]`);
    }),
    outputs: outputs.map(({ name, parameters }, index) => {
      requireThat(name !== '', `outputs[${index}].name`, 'must not be empty');
      return present({ name, parameters: parametersFromWire(parameters, `outputs[${index}].parameters`) });
    }),
    parameters: parametersFromWire(wire.parameters, 'parameters'),
  });
  return { request, isRaw };
}

function tensorFromWire(wire: InputTensor, raw: Uint8Array | undefined, param: string): Tensor {
  const { name, datatype, contents } = wire;
  requireThat(name !== '', `${param}.name`, 'must not be empty');
  if (!isTensorDatatype(datatype))
    throw invalid(`${param}.datatype`, 'is not a datatype of the protocol, such as FP32');
  if (Object.hasOwn(wire.parameters, 'shared_memory_region')) {
    const message = `${param} lies in shared memory, which this server does not have: send its contents.`;
    throw new SluiceError('unsupported_capability', { message, param: `${param}.parameters` });
  }
  const shape = wire.shape.map(Number);
  const parameters = parametersFromWire(wire.parameters, `${param}.parameters`);
  const refuse: Refuse = (problem) => invalid(param, `('${printable(name)}'): ${problem}`);
  if (raw === undefined) {
    return present({ name, datatype, shape, data: rawOfContents(datatype, shape, contents, refuse), parameters });
  }
  if (contents !== undefined && hasElements(contents)) {
    throw refuse('has contents beside those in raw_input_contents; only one form is allowed');
  }
  const data = asBytes(raw);
  checkTensorData({ datatype, shape, data }, refuse);
  return present({ name, datatype, shape, data, parameters });
}

function hasElements(contents: InferTensorContents): boolean {
  return Object.values(contents).some((list) => list.length > 0);
}

/**
 * The answer to a call, under the name that its caller gave the model. Raw for a caller who sent raw contents, and where an output
 * has no typed form (FP16, BF16): the protocol wants all outputs in one form.
 */
export function inferResponseToOpenInference(response: InferResponse, call: OpenInferenceCall): ModelInferResponse {
  const { outputs, parameters } = response;
  const isRaw = call.isRaw || outputs.some(({ datatype }) => !hasTypedContents(datatype));
  return {
    modelName: call.request.model,
    modelVersion: response.version,
    id: call.request.id,
    parameters: parametersToWire(parameters),
    outputs: outputs.map((tensor) => ({
      name: tensor.name,
      datatype: tensor.datatype,
      shape: tensor.shape.map(BigInt),
      parameters: parametersToWire(tensor.parameters),
      contents: isRaw ? undefined : contentsToWire(tensor),
    })),
    rawOutputContents: isRaw ? outputs.map(({ data }) => asBuffer(data)) : [],
  };
}

function contentsToWire({ name, datatype, data }: Tensor): InferTensorContents {
  const contents = contentsOfRaw(datatype, data, (problem) => {
    return upstreamMalformed(`output ${name}: ${problem}`);
  });
  return { ...mutable(contents), bytesContents: contents.bytesContents.map(asBuffer) };
}

/** Generated types are writable, although nothing writes to a message that is being sent. */
function mutable(contents: TypedContents): Omit<InferTensorContents, 'bytesContents'> {
  return contents as InferTensorContents;
}

/** What a model says of its tensors, under the name that the caller gave it. */
export function metadataToOpenInference(metadata: TensorMetadata, name: string): ModelMetadataResponse {
  const { versions, platform, inputs, outputs } = metadata;
  return {
    name,
    versions: [...versions],
    platform,
    inputs: inputs.map(descriptionToWire),
    outputs: outputs.map(descriptionToWire),
    properties: {},
  };
}

function descriptionToWire({ name, datatype, shape }: TensorDescription): WireDescription {
  return { name, datatype, shape: shape.map(BigInt) };
}

function requireThat(holds: boolean, param: string, problem: string): void {
  if (!holds) throw invalid(param, problem);
}

function invalid(param: string, problem: string): SluiceError {
  return new SluiceError('invalid_request', { message: `${param} ${problem}.`, param });
}

/** A name of the caller's, fit for a message: short and on one line. */
function printable(name: string): string {
  return name.slice(0, 100).replace(/\p{Cc}/gu, '?');
}
