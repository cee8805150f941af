import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { countingGraph, identityGraph, writeModelDirectory } from '../../../../test/fixtures/onnx-directory.ts';
import { SluiceError } from '../../../core/error.ts';
import type { Tensor, TensorDatatype } from '../../../core/tensor.ts';
import { joinBytes } from '../../../core/tensor-data.ts';
import { packElements } from '../../../open-inference/tensor-elements.ts';
import type { LoadedModel } from '../engine/loaded-model.ts';
import { elementType } from '../use-lite/onnx-model.ts';
import { createTensorModel } from './tensor-model.ts';

const root = await mkdtemp(join(tmpdir(), 'sluice-tensors-'));
after(() => rm(root, { recursive: true, force: true }));

const never = new AbortController().signal;
const refuse = (problem: string) => new Error(problem);
const bytesOf = (...texts: string[]) => joinBytes(texts.map((text) => new TextEncoder().encode(text)));

/** Numbers of onnx.proto3, and two elements of each datatype at the edge of what it holds. */
const cases: readonly [TensorDatatype, number, Uint8Array][] = [
  ['FP32', 1, packElements('FP32', [1.5, Number.NEGATIVE_INFINITY], refuse)],
  ['UINT8', 2, packElements('UINT8', [0, 255], refuse)],
  ['INT8', 3, packElements('INT8', [-128, 127], refuse)],
  ['UINT16', 4, packElements('UINT16', [0, 65_535], refuse)],
  ['INT16', 5, packElements('INT16', [-32_768, 32_767], refuse)],
  ['INT32', 6, packElements('INT32', [-(2 ** 31), 2 ** 31 - 1], refuse)],
  ['INT64', 7, packElements('INT64', [-(2n ** 63n), 2n ** 63n - 1n], refuse)],
  ['BYTES', 8, bytesOf('', 'fünf €')],
  ['BOOL', 9, packElements('BOOL', [true, false], refuse)],
  ['FP16', 10, packElements('FP16', [1.5, 65_504], refuse)],
  ['FP64', 11, packElements('FP64', [Number.MAX_VALUE, -0], refuse)],
  ['UINT32', 12, packElements('UINT32', [0, 2 ** 32 - 1], refuse)],
  ['UINT64', 13, packElements('UINT64', [0n, 2n ** 64n - 1n], refuse)],
];

async function identity(name: string, type: number, shape?: readonly (number | string)[]): Promise<LoadedModel> {
  return createTensorModel(await writeModelDirectory(join(root, name), { graph: identityGraph(type, shape) }), 1);
}

const infer = (model: LoadedModel, inputs: readonly Tensor[], outputs: readonly string[] = []) =>
  model.infer!({ inputs, outputs }, never);

for (const [datatype, type, data] of cases) {
  test(`tensor model: ${datatype} goes through a graph bit by bit, empty tensors too`, async () => {
    const model = await identity(datatype, type);
    const description = { datatype, shape: [-1, 2] };
    assert.deepEqual(model.facts.tensors, {
      inputs: [{ name: 'given', ...description }],
      outputs: [{ name: 'taken', ...description }],
    });
    const [taken] = await infer(model, [{ name: 'given', datatype, shape: [1, 2], data }]);
    assert.deepEqual(taken, { name: 'taken', datatype, shape: [1, 2], data });
    const [none] = await infer(model, [{ name: 'given', datatype, shape: [0, 2], data: new Uint8Array() }]);
    assert.deepEqual([none?.shape, none?.data.length], [[0, 2], 0]);
    await model.release();
  });
}

test('tensor model: data at an odd place of a larger buffer is read where it is', async () => {
  const model = await identity('odd', elementType.float32);
  const packed = packElements('FP32', [1, 2], refuse);
  const shifted = new Uint8Array(3 + packed.length);
  shifted.set(packed, 3);
  const given = { name: 'given', datatype: 'FP32', shape: [1, 2], data: shifted.subarray(3) } as const;
  assert.deepEqual((await infer(model, [given]))[0]?.data, packed);
  await model.release();
});

test('tensor model: what a caller gets wrong is named with its place', async () => {
  const model = await identity('wrong', elementType.float32);
  const good = { name: 'given', datatype: 'FP32', shape: [1, 2], data: new Uint8Array(8) } as const;
  const refused = (inputs: readonly Tensor[], param: string, pattern: RegExp, outputs: readonly string[] = []) =>
    assert.rejects(infer(model, inputs, outputs), (error: unknown) => {
      assert.ok(error instanceof SluiceError && error.reason === 'invalid_request', String(error));
      assert.equal(error.param, param);
      assert.match(error.message, pattern);
      return true;
    });
  await refused([], 'inputs', /'given' is missing/);
  await refused([good, good], 'inputs[1].name', /twice/);
  await refused([{ ...good, name: 'x' }], 'inputs[0].name', /no input 'x'; it takes given/);
  await refused([{ ...good, datatype: 'INT32' }], 'inputs[0].datatype', /is FP32 and not INT32/);
  await refused([{ ...good, datatype: 'BF16', data: new Uint8Array(4) }], 'inputs[0].datatype', /not BF16/);
  await refused([{ ...good, shape: [2, 1] }], 'inputs[0].shape', /\[-1, 2\] \(-1 is any\) and not \[2, 1\]/);
  await refused([{ ...good, shape: [2] }], 'inputs[0].shape', /not \[2\]/);
  await refused([{ ...good, data: new Uint8Array(7) }], 'inputs[0]', /takes 8 bytes/);
  await refused([good], 'outputs[0].name', /no output 'y'; it gives taken/, ['y']);
  await model.release();
});

test('tensor model: BYTES that onnxruntime would change are refused: what is no UTF-8, and zero bytes', async () => {
  const model = await identity('latin', 8);
  for (const [bytes, problem] of [
    [[0xe9], /UTF-8/],
    [[0x61, 0], /zero byte/],
  ] as const) {
    const data = joinBytes([Uint8Array.from(bytes), Uint8Array.of(0x61)]);
    await assert.rejects(
      infer(model, [{ name: 'given', datatype: 'BYTES', shape: [1, 2], data }]),
      (error: unknown) => error instanceof SluiceError && error.param === 'inputs[0]' && problem.test(error.message),
    );
  }
  await model.release();
});

test('tensor model: a value that the graph cannot compute is the fault of the inputs, and the model serves on', async () => {
  const dir = await writeModelDirectory(join(root, 'gather'), { graph: countingGraph({ red: [1] }, 1) });
  const model = await createTensorModel(dir, 1);
  const row = (name: string, values: readonly number[]): Tensor => ({
    name,
    datatype: 'INT64',
    shape: [1, values.length],
    data: packElements('INT64', values, refuse),
  });
  const inputs = (id: number) => [row('input_ids', [id]), row('attention_mask', [1]), row('token_type_ids', [0])];
  await assert.rejects(
    infer(model, inputs(999)),
    (error: unknown) => error instanceof SluiceError && error.reason === 'invalid_request' && error.param === 'inputs',
  );
  const [logits] = await infer(model, inputs(4), ['logits']);
  assert.deepEqual(logits?.data, packElements('FP32', [1], refuse));
  await model.release();
});

test('tensor model: a graph with inputs that the protocol has no form for is refused when it is loaded', async () => {
  const bfloat16 = 16;
  await assert.rejects(
    identity('bf16', bfloat16),
    (error: unknown) => error instanceof SluiceError && error.reason === 'config_invalid' && /type/.test(error.detail!),
  );
});
