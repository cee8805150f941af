// Tensors as the protocol's REST bodies hold them: JSON objects whose elements are in `data`, or in the bytes behind the JSON (the
// binary tensor data extension: `binary_data_size` says how many). Which body they are part of is for the ends to know.

import { isJsonObject, type JsonValue } from '../core/json.ts';
import type { Tensor, TensorParameters } from '../core/tensor.ts';
import { checkTensorData, isTensorDatatype, type Refuse } from '../core/tensor-data.ts';
import { hasJsonForm, jsonOfRaw, rawOfJson } from './tensor-json.ts';

/** Makes the error for a problem at a place of the body, such as `inputs[0].shape`. */
export type RefuseAt = (param: string, problem: string) => Error;

/** The extension's parameter of a tensor; about the body and not about the tensor, so it goes no further. */
const binarySize = 'binary_data_size';

/**
 * The tensors of a list, of which those with a `binary_data_size` take their elements from `binary` in turn. Throws what `refuse`
 * makes for anything that does not fit, and for bytes that no tensor takes.
 */
export function tensorsOfRest(list: unknown, param: string, binary: Uint8Array, refuse: RefuseAt): Tensor[] {
  if (!Array.isArray(list)) throw refuse(param, 'must be an array of tensors');
  let taken = 0;
  const names = new Set<string>();
  const tensors = list.map((value: unknown, index) => {
    const at = `${param}[${index}]`;
    if (!isJsonObject(value)) throw refuse(at, 'must be an object');
    const { size, tensor } = readTensor(value, at, binary.subarray(taken), refuse);
    if (names.has(tensor.name)) throw refuse(`${at}.name`, 'is the name of another tensor');
    names.add(tensor.name);
    taken += size;
    return tensor;
  });
  if (taken !== binary.length) {
    throw refuse(param, `take ${taken} bytes of binary data, but ${binary.length} follow the JSON`);
  }
  return tensors;
}

function readTensor(
  value: Readonly<Record<string, unknown>>,
  at: string,
  rest: Uint8Array,
  refuse: RefuseAt,
): { size: number; tensor: Tensor } {
  const { name, datatype, shape, data } = value;
  if (typeof name !== 'string' || name === '') throw refuse(`${at}.name`, 'must be text');
  if (typeof datatype !== 'string' || !isTensorDatatype(datatype)) {
    throw refuse(`${at}.datatype`, 'must be a datatype of the protocol, such as FP32');
  }
  if (!isShape(shape)) throw refuse(`${at}.shape`, 'must be an array of whole numbers');
  const { [binarySize]: size, ...others } = parametersOfRest(value['parameters'], `${at}.parameters`, refuse) ?? {};
  const parameters = Object.keys(others).length === 0 ? {} : { parameters: others };
  const fail: Refuse = (problem) => refuse(at, `('${name.slice(0, 100)}'): ${problem}`);
  if (size === undefined) {
    return { size: 0, tensor: { name, datatype, shape, data: rawOfJson(datatype, shape, data, fail), ...parameters } };
  }
  if (data !== undefined) throw fail('has data beside its binary data; only one form is allowed');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw refuse(`${at}.parameters.${binarySize}`, 'must be a whole number of bytes');
  }
  if (size > rest.length) throw fail(`announces ${size} bytes of binary data where ${rest.length} are left`);
  const tensor = { name, datatype, shape, data: rest.subarray(0, size), ...parameters };
  checkTensorData(tensor, fail);
  return { size, tensor };
}

function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((dimension) => typeof dimension === 'number');
}

/** Parameters, undefined when there are none. Throws what `refuse` makes for values that are not text, numbers or truth values. */
export function parametersOfRest(value: unknown, param: string, refuse: RefuseAt): TensorParameters | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value)) throw refuse(param, 'must be an object');
  const entries: [string, JsonValue][] = Object.entries(value);
  for (const [name, one] of entries) {
    const isValue = typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean';
    if (!isValue) throw refuse(`${param}.${name}`, 'must be text, a number within 2^53, true or false');
  }
  return entries.length === 0 ? undefined : value;
}

/** A tensor as JSON text; with `isBinary` its elements are left out, to be sent as bytes behind the JSON. */
export function tensorToRest(tensor: Tensor, isBinary: boolean, refuse: Refuse): string {
  const { name, datatype, shape, data, parameters } = tensor;
  const sent = isBinary ? { ...parameters, [binarySize]: data.length } : parameters;
  const head = JSON.stringify({ name, datatype, shape, ...(sent === undefined ? {} : { parameters: sent }) });
  if (isBinary) return head;
  return `${head.slice(0, -1)},"data":${jsonOfRaw(datatype, data, refuse)}}`;
}

/** True when JSON has a form for the elements that every server reads: not FP16, BF16, NaN, the infinities or bytes that are no text. */
export function fitsJson({ datatype, data }: Tensor): boolean {
  if (datatype === 'FP16' || datatype === 'BF16') return false;
  return hasJsonForm(datatype, data);
}
