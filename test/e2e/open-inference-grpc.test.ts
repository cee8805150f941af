// The Open Inference Protocol from end to end over gRPC: a client, Sluice's own server, the service, the provider, a model server.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type {
  InferTensorContents,
  ModelInferRequest,
  ModelInferResponse,
  ModelInferRequest_InferInputTensor as WireTensor,
} from '../../src/open-inference/generated/inference/open_inference.ts';
import { chainKey, startTensorChain, type TensorChain } from '../fixtures/tensor-chain.ts';
import { tensorSamples } from '../fixtures/tensor-samples.ts';
import { statusError } from '../fixtures/tensor-server.ts';

const noContents: InferTensorContents = {
  boolContents: [],
  intContents: [],
  int64Contents: [],
  uintContents: [],
  uint64Contents: [],
  fp32Contents: [],
  fp64Contents: [],
  bytesContents: [],
};

function request(inputs: readonly WireTensor[], overrides: Partial<ModelInferRequest> = {}): ModelInferRequest {
  return {
    modelName: 'triton/echo',
    modelVersion: '',
    id: 'id-1',
    parameters: {},
    inputs: [...inputs],
    outputs: [],
    rawInputContents: [],
    ...overrides,
  };
}

function tensor(name: string, datatype: string, shape: readonly number[], contents?: object): WireTensor {
  const whole = contents === undefined ? undefined : { ...noContents, ...contents };
  return { name, datatype, shape: shape.map(BigInt), parameters: {}, contents: whole };
}

const withKey = new Metadata();
withKey.set('authorization', `Bearer ${chainKey}`);

function infer(
  chain: TensorChain,
  message: ModelInferRequest,
  metadata: Metadata = withKey,
): Promise<ModelInferResponse> {
  return new Promise((resolve, reject) => {
    chain.client.modelInfer(message, metadata, (error, response) =>
      error === null ? resolve(response) : reject(error),
    );
  });
}

async function refusal(chain: TensorChain, message: ModelInferRequest): Promise<{ code: string; details: string }> {
  const error = await infer(chain, message).then(
    () => assert.fail('the call succeeded'),
    (thrown: ServiceError) => thrown,
  );
  return { code: status[error.code], details: error.details };
}

test('open inference gRPC: every datatype comes back bit for bit, raw where it was sent raw', async (t) => {
  const chain = await startTensorChain(t);
  for (const { datatype, shape, raw } of tensorSamples) {
    const response = await infer(chain, request([tensor('x', datatype, shape)], { rawInputContents: [raw] }));
    assert.deepEqual(response.rawOutputContents, [raw], datatype);
    assert.deepEqual(response.outputs, [tensor('x', datatype, shape)], datatype);
    assert.deepEqual([response.modelName, response.modelVersion, response.id], ['triton/echo', '1', 'id-1']);
    assert.deepEqual(chain.models.calls.at(-1)?.request.rawInputContents, [raw], datatype);
  }
});

test('open inference gRPC: every datatype that has typed contents comes back typed where it was sent typed', async (t) => {
  const chain = await startTensorChain(t);
  for (const { datatype, shape, raw, typed } of tensorSamples) {
    if (typed === undefined) continue;
    const response = await infer(chain, request([tensor('x', datatype, shape, typed)]));
    assert.deepEqual(response.rawOutputContents, [], datatype);
    assert.deepEqual(response.outputs, [tensor('x', datatype, shape, typed)], datatype);
    // Inside, everything is raw.
    assert.deepEqual(chain.models.calls.at(-1)?.request.rawInputContents, [raw], datatype);
  }
});

test('open inference gRPC: an output that exists raw only makes the whole answer raw', async (t) => {
  const chain = await startTensorChain(t);
  const output = { name: 'h', datatype: 'FP16', shape: [1n], parameters: {}, contents: undefined };
  const other = { name: 'n', datatype: 'INT8', shape: [1n], parameters: {}, contents: undefined };
  chain.models.respond = () => ({
    modelName: 'echo',
    modelVersion: '',
    id: '',
    parameters: {},
    outputs: [output, other],
    rawOutputContents: [Buffer.of(0, 0x3e), Buffer.of(7)],
  });
  const response = await infer(chain, request([tensor('x', 'INT8', [1], { intContents: [7] })]));
  assert.deepEqual(response.rawOutputContents, [Buffer.of(0, 0x3e), Buffer.of(7)]);
  assert.ok(response.outputs.every(({ contents }) => contents === undefined));
});

test('open inference gRPC: a model computes, by its alias, and says who answered', async (t) => {
  const chain = await startTensorChain(t);
  const message = request(
    [tensor('a', 'FP32', [2], { fp32Contents: [1, 2] }), tensor('b', 'FP32', [2], { fp32Contents: [10, 20] })],
    { modelName: 'sum', parameters: { tag: { parameterChoice: { $case: 'stringParam', value: 'x' } } } },
  );
  const { response, trailers } = await inferWithTrailers(chain, message);
  assert.equal(response.modelName, 'sum');
  assert.deepEqual(response.outputs, [tensor('sum', 'FP32', [2], { fp32Contents: [11, 22] })]);
  assert.deepEqual([trailers.get('x-sluice-model'), trailers.get('x-sluice-attempts')], [['triton/add'], ['1']]);
  assert.deepEqual(chain.models.calls[0]?.request.parameters, message.parameters);
});

test('open inference gRPC: parameters that were not honoured are in the trailing metadata, as in the header over REST', async (t) => {
  const chain = await startTensorChain(t, (inference) => ({
    ...inference,
    infer: async (...call) => ({ ...(await inference.infer(...call)), downgrades: ['parameters.priority'] }),
  }));
  const inputs = ['a', 'b'].map((name) => tensor(name, 'FP32', [1], { fp32Contents: [1] }));
  const { trailers } = await inferWithTrailers(chain, request(inputs, { modelName: 'sum' }));
  assert.deepEqual(trailers.get('x-sluice-downgraded'), ['parameters.priority']);
  const answer = await fetch(`${chain.baseUrl}/v2/models/sum/infer`, {
    method: 'POST',
    headers: { authorization: `Bearer ${chainKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      inputs: ['a', 'b'].map((name) => ({ name, datatype: 'FP32', shape: [1], data: [1] })),
    }),
  });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('x-sluice-downgraded'), 'parameters.priority');
});

test('open inference gRPC: metadata and readiness are those of the model behind', async (t) => {
  const chain = await startTensorChain(t);
  const metadata = await new Promise((resolve, reject) => {
    chain.client.modelMetadata({ name: 'sum', version: '' }, withKey, (error, answer) =>
      error ? reject(error) : resolve(answer),
    );
  });
  assert.deepEqual(metadata, {
    name: 'sum',
    versions: ['1'],
    platform: 'fixture_byhand',
    inputs: [
      { name: 'a', datatype: 'FP32', shape: [-1n] },
      { name: 'b', datatype: 'FP32', shape: [-1n] },
    ],
    outputs: [{ name: 'sum', datatype: 'FP32', shape: [-1n] }],
    properties: {},
  });
  const isReady = (name: string): Promise<boolean> =>
    new Promise((resolve, reject) => {
      chain.client.modelReady({ name, version: '' }, withKey, (error, answer) =>
        error ? reject(error) : resolve(answer.ready),
      );
    });
  assert.equal(await isReady('triton/add'), true);
  assert.equal(await isReady('triton/none'), false);
  assert.equal(await isReady('nobody'), false);
  await assert.rejects(isReady(''), { code: status.INVALID_ARGUMENT });
});

test('open inference gRPC: health is open to anybody and follows the server, all else wants a key', async (t) => {
  const chain = await startTensorChain(t);
  const health = async (): Promise<[boolean, boolean]> => [
    await new Promise((resolve, reject) => {
      chain.client.serverLive({}, (error, answer) => (error ? reject(error) : resolve(answer.live)));
    }),
    await new Promise((resolve, reject) => {
      chain.client.serverReady({}, (error, answer) => (error ? reject(error) : resolve(answer.ready)));
    }),
  ];
  assert.deepEqual(await health(), [true, true]);
  chain.rpc.setReady(false);
  assert.deepEqual(await health(), [true, false]);
  chain.rpc.setReady(true);
  const server = (metadata: Metadata): Promise<unknown> =>
    new Promise((resolve, reject) => {
      chain.client.serverMetadata({}, metadata, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  assert.deepEqual(await server(withKey), { name: 'sluice', version: '9.9.9', extensions: [] });
  await assert.rejects(server(new Metadata()), { code: status.UNAUTHENTICATED });
  const x = request([tensor('x', 'INT8', [1], { intContents: [1] })]);
  await assert.rejects(infer(chain, x, new Metadata()), { code: status.UNAUTHENTICATED });
});

test('open inference gRPC: input that cannot be is INVALID_ARGUMENT and says where, and nothing is sent on', async (t) => {
  const chain = await startTensorChain(t);
  const one = tensor('x', 'FP32', [1], { fp32Contents: [1] });
  const bytes = Buffer.alloc(4);
  const cases: readonly (readonly [ModelInferRequest, RegExp])[] = [
    [request([one], { modelName: '' }), /model_name must not be empty/],
    [request([]), /inputs must not be empty/],
    [request([{ ...one, name: '' }]), /inputs\[0\]\.name must not be empty/],
    [request([one, one]), /inputs\[1\]\.name is the name of another input/],
    [request([{ ...one, datatype: 'fp32' }]), /inputs\[0\]\.datatype/],
    [request([{ ...one, shape: [-1n] }]), /\('x'\): shape \[-1\] has a negative dimension/],
    [request([{ ...one, shape: [2n ** 62n] }]), /no whole number/],
    [request([{ ...one, shape: [2n ** 31n, 2n ** 31n] }]), /more elements than can be counted/],
    [request([{ ...one, shape: [2n] }]), /the shape has 2 elements, but fp32_contents has 1/],
    [request([tensor('x', 'FP32', [1], { fp64Contents: [1] })]), /held by fp32_contents, not by fp64_contents/],
    [request([tensor('x', 'INT8', [1], { intContents: [300] })]), /not within -128 to 127/],
    [request([tensor('x', 'FP16', [1], { fp32Contents: [1] })]), /FP16 has no typed contents/],
    [request([one], { rawInputContents: [bytes] }), /only one form is allowed/],
    [request([tensor('x', 'FP32', [1])], { rawInputContents: [bytes, bytes] }), /2 entries for 1 inputs/],
    [request([tensor('x', 'FP32', [2])], { rawInputContents: [bytes] }), /takes 8 bytes, but the data has 4/],
    [request([tensor('x', 'BYTES', [1])], { rawInputContents: [Buffer.of(9, 0, 0, 0, 1)] }), /9 bytes is announced/],
    [request([one], { outputs: [{ name: '', parameters: {} }] }), /outputs\[0\]\.name must not be empty/],
    [
      request([one], { parameters: { seed: { parameterChoice: { $case: 'int64Param', value: 2n ** 60n } } } }),
      /parameters\.seed is beyond 2\^53/,
    ],
    [request([one], { parameters: { empty: { parameterChoice: undefined } } }), /parameters\.empty has no value/],
    [
      request([
        {
          ...tensor('x', 'FP32', [1]),
          parameters: { shared_memory_region: { parameterChoice: { $case: 'stringParam', value: 'r' } } },
        },
      ]),
      /shared memory/,
    ],
  ];
  for (const [message, problem] of cases) {
    const { code, details } = await refusal(chain, message);
    assert.match(details, problem);
    assert.equal(code, 'INVALID_ARGUMENT', details);
  }
  assert.equal(chain.models.calls.length, 0);
});

test('open inference gRPC: failures behind have the status that fits', async (t) => {
  const chain = await startTensorChain(t);
  const x = tensor('x', 'INT8', [1], { intContents: [1] });
  assert.equal((await refusal(chain, request([x], { modelName: 'nobody' }))).code, 'NOT_FOUND');
  assert.equal((await refusal(chain, request([x], { modelName: 'triton/none' }))).code, 'NOT_FOUND');
  chain.models.respond = () => Promise.reject(statusError('UNAVAILABLE', 'loading'));
  assert.equal((await refusal(chain, request([x]))).code, 'UNAVAILABLE');
  chain.models.respond = () => Promise.reject(statusError('INVALID_ARGUMENT', 'unexpected datatype INT8 for x'));
  const rejected = await refusal(chain, request([x]));
  assert.deepEqual(rejected, { code: 'FAILED_PRECONDITION', details: 'unexpected datatype INT8 for x' });
});

test('open inference gRPC: a caller who leaves stops the model', async (t: TestContext) => {
  const chain = await startTensorChain(t);
  chain.models.respond = () => new Promise(() => {});
  const message = request([tensor('x', 'INT8', [1], { intContents: [1] })]);
  const ended = new Promise<ServiceError | null>((resolve) => {
    const call = chain.client.modelInfer(message, withKey, (error) => resolve(error));
    void chain.models.arrived(0).then(() => call.cancel());
  });
  assert.equal((await ended)?.code, status.CANCELLED);
  await (await chain.models.arrived(0)).cancelled;
});

function inferWithTrailers(
  chain: TensorChain,
  message: ModelInferRequest,
): Promise<{ response: ModelInferResponse; trailers: Metadata }> {
  return new Promise((resolve, reject) => {
    let response: ModelInferResponse | undefined;
    const call = chain.client.modelInfer(message, withKey, (error, received) => {
      if (error === null) response = received;
      else reject(error);
    });
    call.on('status', ({ metadata }) => response !== undefined && resolve({ response, trailers: metadata }));
  });
}
