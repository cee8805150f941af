// Tensors in and tensors out: the Open Inference Protocol v2 (KServe, Triton) as plain data, for models that are not chat.

import type { Downgraded } from './downgraded.ts';
import type { JsonValue } from './json.ts';

/** Element types of the protocol. BYTES are byte strings, one for each element. */
export type TensorDatatype =
  | 'BOOL'
  | 'UINT8'
  | 'UINT16'
  | 'UINT32'
  | 'UINT64'
  | 'INT8'
  | 'INT16'
  | 'INT32'
  | 'INT64'
  | 'FP16'
  | 'BF16'
  | 'FP32'
  | 'FP64'
  | 'BYTES';

/** A parameter of a request, a tensor or a response. */
export type TensorParameters = Readonly<Record<string, JsonValue>>;

/**
 * A tensor. `data` is the protocol's raw form: elements in row-major order, little-endian, BOOL as one byte each, every BYTES
 * element behind its length as a 32-bit integer. Its length follows from datatype and shape except for BYTES.
 */
export interface Tensor {
  readonly name: string;
  readonly datatype: TensorDatatype;
  /** Whole numbers >= 0; [] is a scalar. */
  readonly shape: readonly number[];
  readonly data: Uint8Array;
  readonly parameters?: TensorParameters;
}

/** What a caller asks a model for. */
export interface InferRequest {
  readonly model: string;
  /** '' lets the server choose. */
  readonly version: string;
  /** The caller's id, given back with the answer; '' for none. */
  readonly id: string;
  readonly inputs: readonly Tensor[];
  /** Outputs that are wanted; empty: all. */
  readonly outputs: readonly { readonly name: string; readonly parameters?: TensorParameters }[];
  readonly parameters?: TensorParameters;
}

/** What the model answered. */
export interface InferResponse extends Downgraded {
  readonly model: string;
  readonly version: string;
  readonly id: string;
  /** `provider/model` that answered. */
  readonly target: string;
  readonly attempts: number;
  readonly outputs: readonly Tensor[];
  readonly parameters?: TensorParameters;
}

/** Asks what tensors a model takes and gives. */
export interface TensorMetadataRequest {
  readonly model: string;
  /** '' lets the server choose. */
  readonly version: string;
}

/** A tensor that a model takes or gives, as its metadata says; -1 in a shape is any length. */
export interface TensorDescription {
  readonly name: string;
  readonly datatype: TensorDatatype;
  readonly shape: readonly number[];
}

/** What a model says of its tensors. */
export interface TensorMetadata {
  readonly model: string;
  /** `provider/model` that answered. */
  readonly target: string;
  readonly attempts: number;
  readonly versions: readonly string[];
  /** Such as `onnxruntime_onnx` or `sluice`. */
  readonly platform: string;
  readonly inputs: readonly TensorDescription[];
  readonly outputs: readonly TensorDescription[];
}
