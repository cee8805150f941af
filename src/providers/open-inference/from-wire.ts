// Messages of the protocol as our tensor answers. Nothing is believed: an answer whose data does not fit its shape is
// `upstream_malformed`, whichever form it came in.

import { upstreamMalformed } from '../../core/error.ts';
import type { InferRequest, InferResponse, Tensor, TensorDescription, TensorMetadata } from '../../core/tensor.ts';
import { checkTensorData, isTensorDatatype, type Refuse } from '../../core/tensor-data.ts';
import type {
  ModelInferResponse,
  ModelMetadataResponse,
  ModelInferResponse_InferOutputTensor as OutputTensor,
  ModelMetadataResponse_TensorMetadata as WireDescription,
} from '../../open-inference/generated/inference/open_inference.ts';
import { rawOfContents } from '../../open-inference/tensor-contents.ts';

import { parametersFromWire } from './parameters.ts';

/** `target` is `provider/model`. */
export function inferFromWire(
  wire: ModelInferResponse,
  request: InferRequest,
  model: string,
  target: string,
): InferResponse {
  const { outputs, rawOutputContents } = wire;
  if (rawOutputContents.length > 0 && rawOutputContents.length !== outputs.length) {
    throw upstreamMalformed(`${rawOutputContents.length} raw contents for ${outputs.length} outputs`);
  }
  const parameters = parametersFromWire(wire.parameters);
  return {
    model: wire.modelName === '' ? model : wire.modelName,
    version: wire.modelVersion,
    id: wire.id === '' ? request.id : wire.id,
    target,
    attempts: 1,
    outputs: outputs.map((output, index) => tensorFromWire(output, rawOutputContents[index])),
    ...(parameters === undefined ? {} : { parameters }),
  };
}

function tensorFromWire(wire: OutputTensor, raw: Uint8Array | undefined): Tensor {
  const { name, datatype, contents } = wire;
  const refuse: Refuse = (problem) => upstreamMalformed(`output ${name}: ${problem}`);
  if (!isTensorDatatype(datatype)) throw refuse('unknown datatype');
  const shape = wire.shape.map(Number);
  const parameters = parametersFromWire(wire.parameters);
  const data = raw === undefined ? rawOfContents(datatype, shape, contents, refuse) : plain(raw);
  if (raw !== undefined) checkTensorData({ datatype, shape, data }, refuse);
  return { name, datatype, shape, data, ...(parameters === undefined ? {} : { parameters }) };
}

/** The same memory without Node's methods: core types promise no more than a Uint8Array. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** What a model says of its tensors. */
export function metadataFromWire(wire: ModelMetadataResponse, model: string, target: string): TensorMetadata {
  return {
    model: wire.name === '' ? model : wire.name,
    target,
    attempts: 1,
    versions: wire.versions,
    platform: wire.platform,
    inputs: wire.inputs.map(descriptionFromWire),
    outputs: wire.outputs.map(descriptionFromWire),
  };
}

function descriptionFromWire(wire: WireDescription): TensorDescription {
  const { name, datatype } = wire;
  if (!isTensorDatatype(datatype)) throw upstreamMalformed(`tensor ${name} has an unknown datatype`);
  const shape = wire.shape.map(Number);
  if (shape.some((length) => !Number.isSafeInteger(length)))
    throw upstreamMalformed(`tensor ${name} has a shape beyond 2^53`);
  return { name, datatype, shape };
}
