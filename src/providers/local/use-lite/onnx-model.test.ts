import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { elementType, encodeOnnxModel } from './onnx-model.ts';

test('onnx model: a graph with float, integer and list attributes runs in onnxruntime as written', async () => {
  const bytes = encodeOnnxModel({
    name: 'g',
    producer: 'test',
    opset: 17,
    nodes: [
      { operator: 'Transpose', inputs: ['x'], outputs: ['t'], attributes: { perm: [1, 0] } },
      { operator: 'LeakyRelu', inputs: ['t'], outputs: ['r'], attributes: { alpha: { float: 0.5 } } },
      { operator: 'Softmax', inputs: ['r'], outputs: ['s'], attributes: { axis: -1 } },
      { operator: 'Add', inputs: ['s', 'w'], outputs: ['y'], attributes: {} },
    ],
    tensors: [
      { name: 'w', type: elementType.float32, dims: [2], data: new Uint8Array(Float32Array.of(10, 20).buffer) },
    ],
    inputs: [{ name: 'x', type: elementType.float32, dims: [2, 'n'] }],
    outputs: [{ name: 'y', type: elementType.float32, dims: ['n', 2] }],
  });
  const session = await ort.InferenceSession.create(bytes);
  const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, -2, 1, -4), [2, 2]) });
  await session.release();
  const [a, b, c, d] = y!.data as Float32Array;
  assert.deepEqual(y!.dims, [2, 2]);
  assert.ok(Math.abs(a! - 10.5) < 1e-6 && Math.abs(b! - 20.5) < 1e-6, 'equal logits share the softmax');
  assert.ok(Math.abs(c! - (10 + 1 / (1 + Math.exp(-1)))) < 1e-6, 'the negative slope is 0.5');
  assert.ok(Math.abs(c! + d! - 31) < 1e-5);
});

test('onnx model: a broken graph is refused by onnxruntime and not silently accepted', async () => {
  const bytes = encodeOnnxModel({
    name: 'g',
    producer: 'test',
    opset: 17,
    nodes: [{ operator: 'Add', inputs: ['x', 'missing'], outputs: ['y'], attributes: {} }],
    tensors: [],
    inputs: [{ name: 'x', type: elementType.float32, dims: [1] }],
    outputs: [{ name: 'y', type: elementType.float32, dims: [1] }],
  });
  await assert.rejects(ort.InferenceSession.create(bytes));
});
