// Tensors in, tensors out, with a local ONNX graph.

import { reportOf } from '../../../core/downgraded.ts';
import { SluiceError } from '../../../core/error.ts';
import type {
  InferRequest,
  InferResponse,
  TensorMetadata,
  TensorMetadataRequest,
  TensorParameters,
} from '../../../core/tensor.ts';
import type { ModelCall } from '../../../ports/model.ts';
import { maxTensorBytes } from '../defaults.ts';
import { askInTime, cannot, type Host, requireCapability, type ServedModel } from './operation.ts';

/** The only version of a directory. */
const version = '1';

/** What KServe's documents call an ONNX graph. */
const platform = 'onnxruntime_onnx';

/** Parameters that say how the tensors travel (Triton's binary extension): they were for the edge. */
const carriage: ReadonlySet<string> = new Set(['binary_data', 'binary_data_output', 'binary_data_size']);

/** Parameters of Triton's that say how urgent the call is: they change no answer, and are reported as not honoured. */
const urgency: ReadonlySet<string> = new Set(['priority', 'timeout']);

/** Runs the graph once. */
export async function infer(
  model: ServedModel,
  request: InferRequest,
  call: ModelCall,
  { clock }: Host,
): Promise<InferResponse> {
  const target = model.description.id;
  requireCapability(model, 'tensors', 'take tensors');
  checkVersion(request.version, target);
  const ignored = ignoredParameters(request, target);
  const bytes = request.inputs.reduce((sum, { data }) => sum + data.byteLength, 0);
  if (bytes > maxTensorBytes) {
    const message = `The tensors may have at most ${maxTensorBytes} bytes together.`;
    throw new SluiceError('context_length_exceeded', { message, param: 'inputs' });
  }
  const names = request.outputs.map(({ name }) => name);
  const inputs = request.inputs.map(({ parameters: _, ...tensor }) => tensor);
  const outputs = await askInTime(model, { type: 'infer', inputs, outputs: names }, call, clock);
  return { model: model.name, version, id: request.id, target, attempts: 1, outputs, ...reportOf(ignored) };
}

/** The tensors of the graph. */
export async function tensorMetadata(
  model: ServedModel,
  request: TensorMetadataRequest,
  call: ModelCall,
  { clock }: Host,
): Promise<TensorMetadata> {
  const target = model.description.id;
  requireCapability(model, 'tensors', 'take tensors');
  checkVersion(request.version, target);
  const { tensors } = await askInTime(model, { type: 'load' }, call, clock);
  if (tensors === undefined) throw cannot(target, 'take tensors');
  return { model: model.name, target, attempts: 1, versions: [version], platform, ...tensors };
}

function checkVersion(asked: string, target: string): void {
  if (asked === '' || asked === version) return;
  const message = `The model '${target}' has version ${version} only.`;
  throw new SluiceError('model_not_found', { message, param: 'model_version' });
}

/** Paths of those that change no answer. Throws `unsupported_capability` for those that might. */
function ignoredParameters({ parameters, inputs, outputs }: InferRequest, target: string): string[] {
  return [
    ...ignoredOf(parameters, 'parameters', target),
    ...inputs.flatMap((input, index) => ignoredOf(input.parameters, `inputs[${index}].parameters`, target)),
    ...outputs.flatMap((output, index) => ignoredOf(output.parameters, `outputs[${index}].parameters`, target)),
  ];
}

function ignoredOf(parameters: TensorParameters | undefined, path: string, target: string): string[] {
  const names = Object.keys(parameters ?? {}).filter((name) => !carriage.has(name));
  const unknown = names.find((name) => !urgency.has(name));
  if (unknown !== undefined) throw cannot(target, `honour the parameter \`${unknown}\``, `${path}.${unknown}`);
  return names.map((name) => `${path}.${name}`);
}
