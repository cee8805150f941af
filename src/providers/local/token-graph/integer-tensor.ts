// Rows of whole numbers as onnxruntime wants them.

import * as ort from 'onnxruntime-node';

/** An int64 tensor of shape [1, values.length]. */
export function integerTensor(values: readonly number[]): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
}
