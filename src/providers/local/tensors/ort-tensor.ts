// Tensors of the protocol to and from onnxruntime's. Both are little-endian and row-major, so that numbers are not touched.

import * as ort from 'onnxruntime-node';
import { SluiceError } from '../../../core/error.ts';
import type { Tensor } from '../../../core/tensor.ts';
import { joinBytes, type Refuse, splitBytes } from '../../../core/tensor-data.ts';
import { datatypeOf, ortTypes, type SharedDatatype } from './element-types.ts';

type NumberArray = Exclude<ort.Tensor.DataType, string[]>;

/** 16-bit floats travel as their bits: see `halfTensor`. */
const views: Readonly<Record<Exclude<SharedDatatype, 'BYTES'>, (buffer: ArrayBuffer) => NumberArray>> = {
  BOOL: (buffer) => new Uint8Array(buffer),
  UINT8: (buffer) => new Uint8Array(buffer),
  UINT16: (buffer) => new Uint16Array(buffer),
  UINT32: (buffer) => new Uint32Array(buffer),
  UINT64: (buffer) => new BigUint64Array(buffer),
  INT8: (buffer) => new Int8Array(buffer),
  INT16: (buffer) => new Int16Array(buffer),
  INT32: (buffer) => new Int32Array(buffer),
  INT64: (buffer) => new BigInt64Array(buffer),
  FP16: (buffer) => new Uint16Array(buffer),
  FP32: (buffer) => new Float32Array(buffer),
  FP64: (buffer) => new Float64Array(buffer),
};

/** The tensor for onnxruntime. Its data was checked against datatype and shape. Throws what `refuse` makes for broken BYTES. */
export function toOrt(tensor: Tensor, datatype: SharedDatatype, refuse: Refuse): ort.Tensor {
  const { shape, data } = tensor;
  if (datatype === 'BYTES') return new ort.Tensor('string', textsOf(data, refuse), shape);
  // The data of a call owns its buffer, so that this is a copy for odd offsets only.
  const isWhole = data.byteOffset === 0 && data.byteLength === data.buffer.byteLength;
  const elements = views[datatype]((isWhole ? data : data.slice()).buffer as ArrayBuffer);
  if (datatype === 'FP16') return halfTensor(elements, shape);
  // What is not 0 is true; onnxruntime's operators rely on 1.
  if (datatype === 'BOOL') return new ort.Tensor('bool', Uint8Array.from(data, Math.sign), shape);
  return new ort.Tensor(ortTypes[datatype], elements, shape);
}

/** The tensor of the protocol. Rejects a type that the protocol lacks. */
export function fromOrt(name: string, tensor: ort.Tensor): Tensor {
  const { type, dims } = tensor;
  const datatype = datatypeOf(type);
  if (datatype === undefined) {
    throw new SluiceError('unsupported_capability', {
      message: `The model's output '${name}' is of type ${type}, which the protocol lacks.`,
      param: 'outputs',
    });
  }
  return { name, datatype, shape: [...dims], data: rawOf(tensor) };
}

/**
 * Node 24 has a Float16Array, and onnxruntime-common wraps the bits in one; the native part of onnxruntime-node 1.30 does not know it
 * and sees an empty buffer. It accepts any object of a tensor's form, so it gets one with the bits as they are.
 */
function halfTensor(data: NumberArray, dims: readonly number[]): ort.Tensor {
  return { type: 'float16', data, dims, location: 'cpu' } as unknown as ort.Tensor;
}

/** onnxruntime-node takes JavaScript's texts, and ends them at the first zero byte without a word. */
function textsOf(data: Uint8Array, refuse: Refuse): string[] {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return splitBytes(data, refuse).map((bytes, index) => {
    if (bytes.includes(0))
      throw refuse(`element ${index} of BYTES holds a zero byte, at which onnxruntime would cut it off`);
    try {
      return decoder.decode(bytes);
    } catch {
      throw refuse(`element ${index} of BYTES is not UTF-8, and texts of ONNX are`);
    }
  });
}

function rawOf(tensor: ort.Tensor): Uint8Array {
  const { data } = tensor;
  if (Array.isArray(data)) return joinBytes(data.map((text) => new TextEncoder().encode(text)));
  const { buffer, byteOffset, byteLength } = data;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return byteLength === buffer.byteLength ? bytes : bytes.slice();
}
