// The datatypes of the Open Inference Protocol beside those of onnxruntime: which meet, and the buffer that holds the elements.

import type * as ort from 'onnxruntime-node';
import type { TensorDatatype } from '../../../core/tensor.ts';

/** Datatypes that both sides know. BF16 is missing: onnxruntime-node has no such tensors, nor has JavaScript. */
export type SharedDatatype = Exclude<TensorDatatype, 'BF16'>;

/** The name of each datatype in onnxruntime. */
export const ortTypes: Readonly<Record<SharedDatatype, ort.Tensor.Type>> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
};

const datatypes: ReadonlyMap<string, SharedDatatype> = new Map(
  Object.entries(ortTypes).map(([datatype, type]) => [type, datatype as SharedDatatype]),
);

/** The datatype of an onnxruntime type; `undefined` for one that the protocol lacks, such as `int4`. */
export function datatypeOf(type: string): SharedDatatype | undefined {
  return datatypes.get(type);
}

/** True for a datatype that onnxruntime-node has tensors for. */
export function isShared(datatype: TensorDatatype): datatype is SharedDatatype {
  return datatype !== 'BF16';
}
