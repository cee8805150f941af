// The protocol over REST, with the binary tensor data extension where it is wanted or needed.

import { SluiceError, upstreamMalformed } from '../../core/error.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { InferRequest, InferResponse, TensorDescription, TensorMetadata } from '../../core/tensor.ts';
import { isTensorDatatype } from '../../core/tensor-data.ts';
import { parseWithBigIntegers } from '../../open-inference/big-integers.ts';
import {
  fitsJson,
  parametersOfRest,
  type RefuseAt,
  tensorsOfRest,
  tensorToRest,
} from '../../open-inference/tensor-rest.ts';

import type { Connection, Payload } from '../transport/connection.ts';
import { utf8TextOf } from '../transport/utf8-text.ts';
import type { BytesAnswer } from '../transport/whole-call.ts';
import type { TensorTransport } from './tensor-transport.ts';
import { checkInputs } from './to-wire.ts';

/**
 * A transport over a connection to what `/v2` hangs on. `binaryData`: tensors go and come as bytes, for servers that have the
 * extension (Triton, KServe); without it as JSON, except for inputs that JSON has no form for.
 */
export function createRestTransport(connection: Connection, binaryData: boolean): TensorTransport {
  return {
    async infer(request, call) {
      const path = pathOf(call.model, request.version, '/infer');
      const answer = await connection.receive(path, inferToRest(request, binaryData), call);
      return inferFromRest(answer, request, call.model, connection.targetOf(call));
    },
    async metadata({ version }, call) {
      const answer = await connection.receive(pathOf(call.model, version, ''), question, call);
      return metadataFromRest(answer, call.model, connection.targetOf(call));
    },
    ready: () => connection.ready(),
    close: () => connection.close(),
  };
}

/** What a GET sends. */
const question: Payload = { method: 'GET', contentType: '', body: null };

/** A slash in a name belongs to the name. */
function pathOf(model: string, version: string, action: string): string {
  const versioned = version === '' ? '' : `/versions/${encodeURIComponent(version)}`;
  return `/v2/models/${encodeURIComponent(model)}${versioned}${action}`;
}

/** Throws `invalid_request` for a tensor whose data does not fit its shape. */
function inferToRest(request: InferRequest, binaryData: boolean): Payload {
  const { id, inputs, outputs, parameters } = request;
  checkInputs(inputs);
  const binary: Uint8Array[] = [];
  const tensors = inputs.map((tensor) => {
    const isBinary = binaryData || !fitsJson(tensor);
    if (isBinary) binary.push(tensor.data);
    // Whatever JSON has no form for goes as bytes.
    return tensorToRest(tensor, isBinary, (problem) => new SluiceError('internal', { detail: problem }));
  });
  const sent: JsonObject = { ...parameters, ...(binaryData ? { binary_data_output: true } : {}) };
  const head = JSON.stringify({
    ...(id === '' ? {} : { id }),
    ...(Object.keys(sent).length === 0 ? {} : { parameters: sent }),
    ...(outputs.length === 0 ? {} : { outputs }),
  });
  const json = `${head.slice(0, -1)}${head === '{}' ? '' : ','}"inputs":[${tensors.join(',')}]}`;
  if (binary.length === 0) return { contentType: 'application/json', body: json };
  const start = Buffer.from(json);
  const headers = { [jsonLength]: String(start.length) };
  return { contentType: 'application/octet-stream', headers, body: Buffer.concat([start, ...binary]) };
}

const jsonLength = 'inference-header-content-length';

const refuse: RefuseAt = (param, problem) => upstreamMalformed(`${param} ${problem}`);

/** Throws `upstream_malformed` for an answer that is not one. */
function inferFromRest(
  { headers, body }: BytesAnswer,
  request: InferRequest,
  model: string,
  target: string,
): InferResponse {
  const header = headers[jsonLength];
  const length = header === undefined ? body.length : Number(header);
  if (!Number.isSafeInteger(length) || length < 0 || length > body.length)
    throw upstreamMalformed(`a JSON length of ${length}`);
  const answer = parse(body.subarray(0, length));
  const binary = new Uint8Array(body.buffer, body.byteOffset + length, body.length - length);
  const parameters = parametersOfRest(answer['parameters'], 'parameters', refuse);
  return {
    model: textOr(answer['model_name'], model),
    version: textOr(answer['model_version'], ''),
    id: textOr(answer['id'], request.id),
    target,
    attempts: 1,
    outputs: tensorsOfRest(answer['outputs'], 'outputs', binary, refuse),
    ...(parameters === undefined ? {} : { parameters }),
  };
}

/** The same for metadata. */
function metadataFromRest({ body }: BytesAnswer, model: string, target: string): TensorMetadata {
  const answer = parse(body);
  const { versions } = answer;
  return {
    model: textOr(answer['name'], model),
    target,
    attempts: 1,
    versions: Array.isArray(versions) ? versions.filter((version) => typeof version === 'string') : [],
    platform: textOr(answer['platform'], ''),
    inputs: descriptionsOf(answer['inputs'], 'inputs'),
    outputs: descriptionsOf(answer['outputs'], 'outputs'),
  };
}

function descriptionsOf(list: unknown, param: string): TensorDescription[] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw upstreamMalformed(`${param} is not a list`);
  return list.map((value: unknown, index) => {
    const { name, datatype, shape } = isJsonObject(value) ? value : {};
    const isGood =
      typeof name === 'string' &&
      typeof datatype === 'string' &&
      isTensorDatatype(datatype) &&
      Array.isArray(shape) &&
      shape.every((length) => Number.isSafeInteger(length));
    if (!isGood) throw upstreamMalformed(`${param}[${index}] is no tensor`);
    return { name, datatype, shape: shape.map(Number) };
  });
}

function parse(json: Buffer): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseWithBigIntegers(utf8TextOf(json));
  } catch {
    throw upstreamMalformed(`the answer of ${json.length} bytes is not JSON`);
  }
  if (!isJsonObject(value)) throw upstreamMalformed('the answer is not an object');
  return value;
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}
