// The elements of a tensor as values of the language, to and from its raw form. Every number arrives as it was or not at all:
// what does not fit into the datatype is refused, never wrapped or cut; only decimal fractions are rounded, to the nearest value.

import { bytesPerElement, type FixedDatatype, type Refuse } from '../core/tensor-data.ts';
import { bfloat16Bits, bfloat16Value } from './bfloat16.ts';

/** An element of a fixed size: `bigint` for the 64-bit integers, boolean for BOOL. */
export type FixedElement = number | bigint | boolean;

/** How the elements of one datatype are read and written. */
interface ElementCodec {
  read(view: DataView, at: number): FixedElement;
  /** Writes the value, or returns what is wrong with it. */
  write(view: DataView, at: number, value: unknown): string | undefined;
}

type IntegerBits = 8 | 16 | 32;

function integer(bits: IntegerBits, isSigned: boolean): ElementCodec {
  const lowest = isSigned ? -(2 ** (bits - 1)) : 0;
  const highest = 2 ** (isSigned ? bits - 1 : bits) - 1;
  const kind = `${isSigned ? 'Int' : 'Uint'}${bits}` as const;
  const get = DataView.prototype[`get${kind}`];
  const set = DataView.prototype[`set${kind}`];
  return {
    read: (view, at) => get.call(view, at, true),
    write(view, at, value) {
      // Readers make bigints only of what is beyond 2^53.
      if (typeof value === 'bigint') return `is not within ${lowest} to ${highest}`;
      if (typeof value !== 'number' || !Number.isInteger(value)) return 'is not a whole number';
      if (value < lowest || value > highest) return `is not within ${lowest} to ${highest}`;
      set.call(view, at, value, true);
      return undefined;
    },
  };
}

function wideInteger(isSigned: boolean): ElementCodec {
  const lowest = isSigned ? -(2n ** 63n) : 0n;
  const highest = isSigned ? 2n ** 63n - 1n : 2n ** 64n - 1n;
  return {
    read: (view, at) => (isSigned ? view.getBigInt64(at, true) : view.getBigUint64(at, true)),
    write(view, at, value) {
      const exact = exactInteger(value);
      if (typeof exact === 'string') return exact;
      if (exact < lowest || exact > highest) return `is not within ${lowest} to ${highest}`;
      if (isSigned) view.setBigInt64(at, exact, true);
      else view.setBigUint64(at, exact, true);
      return undefined;
    },
  };
}

/** The value as a bigint, or what is wrong with it. */
function exactInteger(value: unknown): bigint | string {
  if (typeof value === 'bigint') return value;
  if (typeof value !== 'number' || !Number.isInteger(value)) return 'is not a whole number';
  return Number.isSafeInteger(value) ? BigInt(value) : 'has lost digits on its way: it is beyond 2^53';
}

/** `set` may round to infinity: a finite value that does is refused. */
function float(
  get: (view: DataView, at: number) => number,
  set: (view: DataView, at: number, value: number) => void,
): ElementCodec {
  return {
    read: get,
    write(view, at, value) {
      const number = typeof value === 'bigint' ? Number(value) : value;
      if (typeof number !== 'number') return 'is not a number';
      set(view, at, number);
      const isLost = Number.isFinite(number) && !Number.isFinite(get(view, at));
      return isLost ? 'is too large for the datatype' : undefined;
    },
  };
}

const codecs: Readonly<Record<FixedDatatype, ElementCodec>> = {
  BOOL: {
    read: (view, at) => view.getUint8(at) !== 0,
    write(view, at, value) {
      if (typeof value !== 'boolean') return 'is neither true nor false';
      view.setUint8(at, value ? 1 : 0);
      return undefined;
    },
  },
  UINT8: integer(8, false),
  UINT16: integer(16, false),
  UINT32: integer(32, false),
  UINT64: wideInteger(false),
  INT8: integer(8, true),
  INT16: integer(16, true),
  INT32: integer(32, true),
  INT64: wideInteger(true),
  FP16: float(
    (view, at) => view.getFloat16(at, true),
    (view, at, value) => view.setFloat16(at, value, true),
  ),
  BF16: float(
    (view, at) => bfloat16Value(view.getUint16(at, true)),
    (view, at, value) => view.setUint16(at, bfloat16Bits(value), true),
  ),
  FP32: float(
    (view, at) => view.getFloat32(at, true),
    (view, at, value) => view.setFloat32(at, value, true),
  ),
  FP64: float(
    (view, at) => view.getFloat64(at, true),
    (view, at, value) => view.setFloat64(at, value, true),
  ),
};

/** The raw form of the values. Throws what `refuse` makes for the first that is none of the datatype, saying which it is. */
export function packElements(datatype: FixedDatatype, values: readonly unknown[], refuse: Refuse): Uint8Array {
  const size = bytesPerElement[datatype];
  const codec = codecs[datatype];
  const data = new Uint8Array(values.length * size);
  const view = new DataView(data.buffer);
  for (let index = 0; index < values.length; index += 1) {
    const problem = codec.write(view, index * size, values[index]);
    if (problem !== undefined) throw refuse(`element ${index} of ${datatype} ${problem}`);
  }
  return data;
}

/** The values of raw data, whose length must be a multiple of the element's. */
export function unpackElements(datatype: FixedDatatype, data: Uint8Array): FixedElement[] {
  const size = bytesPerElement[datatype];
  const codec = codecs[datatype];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const values = new Array<FixedElement>(Math.floor(data.length / size));
  for (let index = 0; index < values.length; index += 1) values[index] = codec.read(view, index * size);
  return values;
}

/** The numbers of a tensor of floats as 32-bit floats; undefined for another datatype. FP64 is rounded. */
export function unpackFloats(datatype: string, data: Uint8Array): Float32Array | undefined {
  if (datatype !== 'FP16' && datatype !== 'BF16' && datatype !== 'FP32' && datatype !== 'FP64') return undefined;
  return Float32Array.from(unpackElements(datatype, data) as number[]);
}
