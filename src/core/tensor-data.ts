// The raw form of a tensor: how long it must be, and whether it is. Nothing is converted here.

import type { Tensor, TensorDatatype } from './tensor.ts';

/** Datatypes whose elements all have one size. */
export type FixedDatatype = Exclude<TensorDatatype, 'BYTES'>;

/** Bytes of one element. */
export const bytesPerElement: Readonly<Record<FixedDatatype, number>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  BF16: 2,
  FP32: 4,
  FP64: 8,
};

/** True for a name of the protocol's datatypes, in its upper case. */
export function isTensorDatatype(name: string): name is TensorDatatype {
  return name === 'BYTES' || Object.hasOwn(bytesPerElement, name);
}

/** Makes the error of whoever asks out of what is wrong, such as `shape [-1] has a negative dimension`. */
export type Refuse = (problem: string) => Error;

/**
 * Elements of a shape; [] is a scalar and has one. Throws what `refuse` makes when a dimension is not a whole number >= 0, or
 * when the dimensions multiply beyond what a number holds exactly, zeros left aside: such a shape is an attack or a bug, also
 * where another dimension is 0.
 */
export function elementCount(shape: readonly number[], refuse: Refuse): number {
  let count = 1;
  let isEmpty = false;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension)) throw refuse(`${shapeText(shape)} has a dimension that is no whole number`);
    if (dimension < 0) throw refuse(`${shapeText(shape)} has a negative dimension`);
    if (dimension === 0) isEmpty = true;
    else count *= dimension;
    if (count > Number.MAX_SAFE_INTEGER) throw refuse(`${shapeText(shape)} has more elements than can be counted`);
  }
  return isEmpty ? 0 : count;
}

/** Throws what `refuse` makes unless the data is as long as datatype and shape say. */
export function checkTensorData(tensor: Pick<Tensor, 'datatype' | 'shape' | 'data'>, refuse: Refuse): void {
  const { datatype, shape, data } = tensor;
  const count = elementCount(shape, refuse);
  if (datatype === 'BYTES') {
    const found = splitBytes(data, refuse).length;
    if (found !== count) throw refuse(`${shapeText(shape)} has ${count} elements, but the data holds ${found}`);
    return;
  }
  const expected = count * bytesPerElement[datatype];
  if (data.length !== expected) {
    throw refuse(`${datatype} of ${shapeText(shape)} takes ${expected} bytes, but the data has ${data.length}`);
  }
}

const lengthBytes = 4;

/** The elements of BYTES data, as views of it. Throws what `refuse` makes when a length leads beyond the end. */
export function splitBytes(data: Uint8Array, refuse: Refuse): Uint8Array[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const elements: Uint8Array[] = [];
  let at = 0;
  while (at < data.length) {
    const left = data.length - at - lengthBytes;
    if (left < 0) throw refuse('the data ends within the length of an element');
    const length = view.getUint32(at, true);
    if (length > left) throw refuse(`an element of ${length} bytes is announced where ${left} bytes are left`);
    at += lengthBytes;
    elements.push(data.subarray(at, at + length));
    at += length;
  }
  return elements;
}

/** The reverse of `splitBytes`. */
export function joinBytes(elements: readonly Uint8Array[]): Uint8Array {
  const data = new Uint8Array(elements.reduce((sum, element) => sum + lengthBytes + element.length, 0));
  const view = new DataView(data.buffer);
  let at = 0;
  for (const element of elements) {
    view.setUint32(at, element.length, true);
    data.set(element, at + lengthBytes);
    at += lengthBytes + element.length;
  }
  return data;
}

/** At most 16 dimensions are shown: the caller chose how many there are. */
function shapeText(shape: readonly number[]): string {
  const shown = shape.slice(0, 16).join(', ');
  return `shape [${shown}${shape.length > 16 ? ', …' : ''}]`;
}
