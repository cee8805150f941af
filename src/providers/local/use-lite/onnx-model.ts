// Writes ONNX models: exactly the part of onnx.proto3 that a graph of standard operators with inline weights needs. It does
// not read models and checks no shapes; onnxruntime does that when it loads the file.

/** Element types by their numbers in onnx.proto3 (`TensorProto.DataType`). */
export const elementType = { float32: 1, int8: 3, int64: 7 } as const;

/** A weight or constant. `data` is little-endian, row-major, and must hold exactly the product of `dims` elements. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: number;
  readonly dims: readonly number[];
  readonly data: Uint8Array;
}

/** An attribute value: whole numbers are written as INT, arrays as INTS; write a float as `{ float: 1 }`. */
export type OnnxAttribute = number | readonly number[] | { readonly float: number };

/** One operator of the default domain. */
export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** A graph input or output; a named dimension is free. */
export interface OnnxValue {
  readonly name: string;
  readonly type: number;
  readonly dims: readonly (number | string)[];
}

/** A whole model. */
export interface OnnxModel {
  readonly name: string;
  readonly producer: string;
  /** Version of the default operator set. */
  readonly opset: number;
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** IR version 8 belongs to opset 17 and is read by every onnxruntime since 1.12. */
const irVersion = 8;

const attributeType = { float: 1, int: 2, ints: 7 } as const;

/** The model as protobuf bytes: the content of an `.onnx` file. */
export function encodeOnnxModel(model: OnnxModel): Uint8Array {
  const graph = [
    ...model.nodes.flatMap((node) => nested(1, encodeNode(node))),
    text(2, model.name),
    ...model.tensors.flatMap((tensor) => nested(5, encodeTensor(tensor))),
    ...model.inputs.flatMap((value) => nested(11, encodeValue(value))),
    ...model.outputs.flatMap((value) => nested(12, encodeValue(value))),
  ];
  return Buffer.concat([
    integer(1, irVersion),
    text(2, model.producer),
    ...nested(7, graph),
    ...nested(8, [text(1, ''), integer(2, model.opset)]),
  ]);
}

function encodeNode(node: OnnxNode): Uint8Array[] {
  return [
    ...node.inputs.map((name) => text(1, name)),
    ...node.outputs.map((name) => text(2, name)),
    text(3, node.outputs[0] ?? ''),
    text(4, node.operator),
    ...Object.entries(node.attributes).flatMap(([name, value]) => nested(5, encodeAttribute(name, value))),
  ];
}

function encodeAttribute(name: string, value: OnnxAttribute): Uint8Array[] {
  if (typeof value === 'number') return [text(1, name), integer(3, value), integer(20, attributeType.int)];
  if ('float' in value) return [text(1, name), float(2, value.float), integer(20, attributeType.float)];
  return [text(1, name), ...value.map((item) => integer(8, item)), integer(20, attributeType.ints)];
}

function encodeTensor(tensor: OnnxTensor): Uint8Array[] {
  return [
    ...tensor.dims.map((dim) => integer(1, dim)),
    integer(2, tensor.type),
    text(8, tensor.name),
    ...nested(9, [tensor.data]),
  ];
}

function encodeValue(value: OnnxValue): Uint8Array[] {
  const dims = value.dims.flatMap((dim) => nested(1, [typeof dim === 'number' ? integer(1, dim) : text(2, dim)]));
  return [text(1, value.name), ...nested(2, nested(1, [integer(1, value.type), ...nested(2, dims)]))];
}

/** A length-delimited field whose content is already encoded. */
function nested(field: number, content: readonly Uint8Array[]): Uint8Array[] {
  const length = content.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  return [Uint8Array.from([...varint((field << 3) | 2), ...varint(length)]), ...content];
}

function text(field: number, value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  return Uint8Array.from([...varint((field << 3) | 2), ...varint(bytes.length), ...bytes]);
}

function integer(field: number, value: number): Uint8Array {
  return Uint8Array.from([...varint(field << 3), ...varint(value)]);
}

function float(field: number, value: number): Uint8Array {
  return Uint8Array.from([...varint((field << 3) | 5), ...new Uint8Array(Float32Array.of(value).buffer)]);
}

/** Base-128 varint; a negative number takes the ten bytes of its 64-bit two's complement, as protobuf wants. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}
