// The body of an inference call: JSON, or JSON with the elements of tensors behind it as bytes (the binary tensor data extension).

import { SluiceError } from '../../core/error.ts';
import { isJsonObject, type JsonValue } from '../../core/json.ts';
import type { InferRequest, TensorParameters } from '../../core/tensor.ts';
import { parseWithBigIntegers } from '../../open-inference/big-integers.ts';
import { parametersOfRest, type RefuseAt, tensorsOfRest } from '../../open-inference/tensor-rest.ts';
import { parseJsonBody } from '../parse-json.ts';
import type { ModelPath } from './model-path.ts';

/** A request, and the form in which its caller wants each output. */
export interface InferCall {
  readonly request: InferRequest;
  readonly isBinary: (output: string) => boolean;
}

/** The extension's header: how many bytes of the body are JSON. */
export const jsonLengthHeader = 'inference-header-content-length';

/**
 * Parses the body. `jsonLength` is the extension's header, if it came. Throws `malformed_json`, `invalid_request` with the path of
 * the offending field, and `unsupported_capability` for tensors in shared memory.
 */
export function parseInferCall(
  bytes: Buffer,
  jsonLength: string | undefined,
  path: ModelPath,
  maxNesting: number,
): InferCall {
  const length = jsonLength === undefined ? bytes.length : lengthOf(jsonLength, bytes.length);
  const body = parseBody(bytes.subarray(0, length), maxNesting);
  refuseUnknown(body, ['id', 'parameters', 'inputs', 'outputs'], '');
  const { id, inputs } = body;
  if (id !== undefined && typeof id !== 'string') throw invalid('id', 'must be text');
  const tensors = tensorsOfRest(inputs, 'inputs', bytes.subarray(length), invalid);
  for (const [index, input] of (inputs as Readonly<Record<string, unknown>>[]).entries()) {
    refuseUnknown(input, ['name', 'datatype', 'shape', 'data', 'parameters'], `inputs[${index}].`);
  }
  if (tensors.length === 0) throw invalid('inputs', 'must not be empty');
  for (const [index, { parameters }] of tensors.entries()) refuseSharedMemory(parameters, `inputs[${index}]`);
  const { binary_data_output: isBinaryByDefault, ...others } = parametersOf(body['parameters'], 'parameters');
  const outputs = outputsOf(body['outputs']);
  const forms = new Map(outputs.map(({ name, isBinary }) => [name, isBinary]));
  return {
    request: {
      model: path.model,
      version: path.version,
      id: id ?? '',
      inputs: tensors,
      outputs: outputs.map(({ name, parameters }) => ({ name, ...unlessEmpty(parameters) })),
      ...unlessEmpty(others),
    },
    isBinary: (output) => forms.get(output) ?? isBinaryByDefault === true,
  };
}

function lengthOf(header: string, bodyLength: number): number {
  if (/^\d{1,12}$/.test(header) && Number(header) <= bodyLength) return Number(header);
  const message = 'The header Inference-Header-Content-Length must be the length of the JSON at the start of the body.';
  throw new SluiceError('invalid_request', { message, param: jsonLengthHeader });
}

function parseBody(json: Buffer, maxNesting: number): Readonly<Record<string, unknown>> {
  const body = parseJsonBody(json, maxNesting, parseWithBigIntegers);
  if (!isJsonObject(body)) throw new SluiceError('invalid_request', { message: 'The body must be a JSON object.' });
  return body;
}

interface Output {
  readonly name: string;
  /** Undefined: as the request says for all. */
  readonly isBinary: boolean | undefined;
  readonly parameters: TensorParameters;
}

function outputsOf(value: unknown): Output[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid('outputs', 'must be an array');
  return value.map((output: unknown, index) => {
    const param = `outputs[${index}]`;
    const name = isJsonObject(output) ? output['name'] : undefined;
    if (!isJsonObject(output) || typeof name !== 'string' || name === '') {
      throw invalid(`${param}.name`, 'must be text');
    }
    refuseUnknown(output, ['name', 'parameters'], `${param}.`);
    const { binary_data: isBinary, ...parameters } = parametersOf(output['parameters'], `${param}.parameters`);
    refuseSharedMemory(parameters, param);
    return { name, isBinary: typeof isBinary === 'boolean' ? isBinary : undefined, parameters };
  });
}

/** The protocol is extended by parameters; a field that it has not would get lost. */
function refuseUnknown(fields: Readonly<Record<string, unknown>>, known: readonly string[], at: string): void {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw invalid(`${at}${unknown.slice(0, 100)}`, 'is not a field of the protocol; extensions go into parameters');
  }
}

function parametersOf(value: unknown, param: string): TensorParameters {
  return parametersOfRest(value, param, invalid) ?? {};
}

function unlessEmpty(parameters: Readonly<Record<string, JsonValue>>): { readonly parameters?: TensorParameters } {
  return Object.keys(parameters).length === 0 ? {} : { parameters };
}

function refuseSharedMemory(parameters: TensorParameters = {}, param: string): void {
  if (!Object.hasOwn(parameters, 'shared_memory_region')) return;
  const message = `${param} lies in shared memory, which this server does not have: send its contents.`;
  throw new SluiceError('unsupported_capability', { message, param: `${param}.parameters` });
}

const invalid: RefuseAt = (param, problem) => {
  return new SluiceError('invalid_request', { message: `${param} ${problem}.`, param });
};
