// The Open Inference Protocol from end to end over REST: a client, Sluice's own edge, the service, the provider, a model server; and
// the provider's own REST form in front of that edge.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { createOpenInferenceProvider } from '../../src/providers/open-inference/provider.ts';
import { quarterEstimator } from '../fixtures/quarter-estimator.ts';
import { createRecordingLog } from '../fixtures/silent-telemetry.ts';
import { chainKey, startTensorChain, type TensorChain } from '../fixtures/tensor-chain.ts';
import { tensorSamples } from '../fixtures/tensor-samples.ts';
import { statusError } from '../fixtures/tensor-server.ts';
import { failureOfCall, modelCall } from '../fixtures/upstream-calls.ts';

const authorization = `Bearer ${chainKey}`;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
}

async function ask(chain: TensorChain, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${chain.baseUrl}${path}`, { ...init, headers: { authorization, ...init.headers } });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, text: bytes.toString() };
}

function post(
  chain: TensorChain,
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const type = typeof body === 'string' ? 'application/json' : 'application/octet-stream';
  return ask(chain, path, { method: 'POST', body, headers: { 'content-type': type, ...headers } });
}

/** A body of the binary tensor data extension. */
function postBinary(chain: TensorChain, path: string, json: string, ...binary: Buffer[]): Promise<Answer> {
  const start = Buffer.from(json);
  const headers = { 'inference-header-content-length': String(start.length) };
  return post(chain, path, Buffer.concat([start, ...binary]), headers);
}

const echo = '/v2/models/triton/echo/infer';

test('open inference REST: every datatype comes back as JSON with all its digits', async (t) => {
  const chain = await startTensorChain(t);
  for (const { datatype, shape, raw, json } of tensorSamples) {
    const input = `{"name":"x","datatype":"${datatype}","shape":${JSON.stringify(shape)},"data":${json}}`;
    const answer = await post(chain, echo, `{"id":"i-1","inputs":[${input}]}`);
    assert.equal(
      answer.text,
      `{"model_name":"triton/echo","model_version":"1","id":"i-1","outputs":[${input}]}`,
      datatype,
    );
    assert.deepEqual(chain.models.calls.at(-1)?.request.rawInputContents, [raw], datatype);
  }
});

test('open inference REST: every datatype comes back as the bytes that were sent', async (t) => {
  const chain = await startTensorChain(t);
  for (const { datatype, shape, raw } of tensorSamples) {
    const head = { name: 'x', datatype, shape };
    const parameters = { binary_data_size: raw.length };
    const outputs = [{ name: 'x', parameters: { binary_data: true } }];
    const answer = await postBinary(chain, echo, JSON.stringify({ inputs: [{ ...head, parameters }], outputs }), raw);
    const jsonLength = Number(answer.headers.get('inference-header-content-length'));
    assert.equal(answer.headers.get('content-type'), 'application/octet-stream', answer.text);
    assert.deepEqual(JSON.parse(answer.bytes.subarray(0, jsonLength).toString()), {
      model_name: 'triton/echo',
      model_version: '1',
      outputs: [{ ...head, parameters }],
    });
    assert.deepEqual(answer.bytes.subarray(jsonLength), raw, datatype);
    // The extension is about the body: its parameters go no further.
    const sent = chain.models.calls.at(-1)?.request;
    assert.deepEqual([sent?.inputs[0]?.parameters, sent?.outputs[0]?.parameters], [{}, {}]);
  }
});

test('open inference REST: a body without a content type is read as what it is, as Triton’s own client sends it', async (t) => {
  const chain = await startTensorChain(t);
  const input = '{"name":"x","datatype":"INT8","shape":[1],"data":[7]}';
  const bytes = Buffer.from(`{"inputs":[${input}]}`);
  const answer = await ask(chain, echo, { method: 'POST', body: bytes });
  assert.deepEqual(JSON.parse(answer.text).outputs, [JSON.parse(input)]);
});

test('open inference REST: each output has the form that was asked for it, others the one for all', async (t) => {
  const chain = await startTensorChain(t);
  const raw = Buffer.from(Float32Array.of(1.5, 2).buffer);
  const body = {
    inputs: [
      { name: 'a', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } },
      {
        name: 'b',
        datatype: 'INT32',
        shape: [2, 2],
        data: [
          [1, 2],
          [3, 4],
        ],
      },
      { name: 'c', datatype: 'BYTES', shape: [1], data: ['text'] },
    ],
    outputs: [{ name: 'b', parameters: { binary_data: false } }],
    parameters: { binary_data_output: true, sequence_id: 7 },
  };
  const answer = await postBinary(chain, echo, JSON.stringify(body), raw);
  const jsonLength = Number(answer.headers.get('inference-header-content-length'));
  const { outputs } = JSON.parse(answer.bytes.subarray(0, jsonLength).toString());
  assert.deepEqual(outputs, [
    { name: 'a', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } },
    { name: 'b', datatype: 'INT32', shape: [2, 2], data: [1, 2, 3, 4] },
    { name: 'c', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: 8 } },
  ]);
  assert.deepEqual(answer.bytes.subarray(jsonLength), Buffer.concat([raw, Buffer.from('\x04\0\0\0text')]));
  const sent = chain.models.calls.at(-1)?.request.parameters;
  assert.deepEqual(sent, { sequence_id: { parameterChoice: { $case: 'int64Param', value: 7n } } });
});

test('open inference REST: models are named by alias or provider/model, with and without a version', async (t) => {
  const chain = await startTensorChain(t);
  const vector = (name: string, data: number[]) => ({ name, datatype: 'FP32', shape: [data.length], data });
  const body = JSON.stringify({ inputs: [vector('a', [1]), vector('b', [10])] });
  for (const [path, version] of [
    ['sum', ''],
    ['triton/add', ''],
    ['triton%2Fadd', ''],
    ['sum/versions/3', '3'],
    ['triton/add/versions/3', '3'],
  ]) {
    const answer = await post(chain, `/v2/models/${path}/infer`, body);
    assert.deepEqual(JSON.parse(answer.text).outputs, [vector('sum', [11])], path);
    assert.equal(chain.models.calls.at(-1)?.request.modelVersion, version);
    assert.equal(answer.headers.get('x-sluice-model'), 'triton/add');
  }
});

test('open inference REST: health is open, metadata and readiness want a key', async (t) => {
  const chain = await startTensorChain(t);
  const open = { headers: { authorization: '' } };
  assert.deepEqual(JSON.parse((await ask(chain, '/v2/health/live', open)).text), { live: true });
  assert.deepEqual(JSON.parse((await ask(chain, '/v2/health/ready', open)).text), { ready: true });
  for (const path of ['/v2', '/v2/', '/v2/models/sum', '/v2/models/sum/ready']) {
    const refused = await ask(chain, path, open);
    assert.equal(refused.status, 401, path);
    assert.match(JSON.parse(refused.text).error, /API key/);
  }
  for (const path of ['/v2', '/v2/']) {
    assert.deepEqual(JSON.parse((await ask(chain, path)).text), {
      name: 'sluice',
      version: '9.9.9',
      extensions: ['binary_tensor_data'],
    });
  }
  assert.deepEqual(JSON.parse((await ask(chain, '/v2/models/sum/versions/1')).text), {
    name: 'sum',
    versions: ['1'],
    platform: 'fixture_byhand',
    inputs: [
      { name: 'a', datatype: 'FP32', shape: [-1] },
      { name: 'b', datatype: 'FP32', shape: [-1] },
    ],
    outputs: [{ name: 'sum', datatype: 'FP32', shape: [-1] }],
  });
  assert.deepEqual(JSON.parse((await ask(chain, '/v2/models/triton/add/ready')).text), {
    name: 'triton/add',
    ready: true,
  });
  assert.equal((await ask(chain, '/v2/models/triton/none/ready')).status, 404);
  await chain.models.close();
  assert.equal((await ask(chain, '/v2/models/sum/ready')).status, 503);
});

test('open inference REST: input that cannot be is refused in the protocol’s form, and nothing is sent on', async (t) => {
  const chain = await startTensorChain(t);
  const one = { name: 'x', datatype: 'FP32', shape: [1], data: [1] };
  const body = (change: object): string => JSON.stringify({ inputs: [{ ...one, ...change }] });
  const { data: _, ...headless } = one;
  const binary = (size: unknown): string =>
    JSON.stringify({ inputs: [{ ...headless, parameters: { binary_data_size: size } }] });
  const cases: readonly (readonly [() => Promise<Answer>, number, RegExp])[] = [
    [() => post(chain, echo, '{'), 400, /not valid JSON/],
    [() => post(chain, echo, '[]'), 400, /must be a JSON object/],
    [() => post(chain, echo, '{"__proto__":1}'), 400, /__proto__/],
    [() => post(chain, echo, `{"inputs":${'['.repeat(200)}${']'.repeat(200)}}`), 400, /nests deeper/],
    [() => post(chain, echo, '{}'), 400, /inputs must be an array/],
    [() => post(chain, echo, '{"inputs":[]}'), 400, /inputs must not be empty/],
    [() => post(chain, echo, '{"id":7,"inputs":[]}'), 400, /id must be text/],
    [() => post(chain, echo, body({ name: 1 })), 400, /inputs\[0\]\.name must be text/],
    [() => post(chain, echo, body({ datatype: 'FLOAT' })), 400, /inputs\[0\]\.datatype/],
    [() => post(chain, echo, body({ shape: ['1'] })), 400, /inputs\[0\]\.shape must be an array of whole numbers/],
    [() => post(chain, echo, body({ shape: [-1] })), 400, /negative dimension/],
    [() => post(chain, echo, body({ shape: [1e9, 1e9] })), 400, /more elements than can be counted/],
    [() => post(chain, echo, body({ shape: [2] })), 400, /the shape has 2 elements, but data has 1/],
    [() => post(chain, echo, body({ data: [[1]] })), 400, /nests deeper than its shape/],
    [() => post(chain, echo, body({ data: ['1'] })), 400, /element 0 of FP32 is not a number/],
    [() => post(chain, echo, body({ datatype: 'INT64', data: [1.5] })), 400, /not a whole number/],
    [
      () => post(chain, echo, '{"inputs":[{"name":"x","datatype":"INT64","shape":[1],"data":[9223372036854775808]}]}'),
      400,
      /not within/,
    ],
    [() => post(chain, echo, body({ data: undefined })), 400, /data is not an array/],
    [() => post(chain, echo, body({ parameters: { a: [] } })), 400, /inputs\[0\]\.parameters\.a must be text/],
    [() => post(chain, echo, body({ parameters: { shared_memory_region: 'r' } })), 400, /shared memory/],
    [() => post(chain, echo, JSON.stringify({ inputs: [one, one] })), 400, /name of another tensor/],
    [() => post(chain, echo, JSON.stringify({ inputs: [one], outputs: [{}] })), 400, /outputs\[0\]\.name/],
    [() => post(chain, echo, body({}), { 'inference-header-content-length': '999' }), 400, /Content-Length must be/],
    [() => post(chain, echo, body({}), { 'inference-header-content-length': 'x' }), 400, /Content-Length must be/],
    [() => postBinary(chain, echo, binary(8), Buffer.alloc(4)), 400, /announces 8 bytes .* where 4/],
    [() => postBinary(chain, echo, binary(2), Buffer.alloc(2)), 400, /takes 4 bytes, but the data has 2/],
    [() => postBinary(chain, echo, binary(4), Buffer.alloc(6)), 400, /take 4 bytes .* but 6/],
    [() => postBinary(chain, echo, binary(-1)), 400, /whole number of bytes/],
    [
      () =>
        postBinary(
          chain,
          echo,
          JSON.stringify({ inputs: [{ ...one, parameters: { binary_data_size: 4 } }] }),
          Buffer.alloc(4),
        ),
      400,
      /only one form is allowed/,
    ],
    [() => post(chain, echo, 'x', { 'content-type': 'text/plain' }), 415, /content type/],
    [() => ask(chain, echo), 405, /use POST/],
    [() => post(chain, '/v2/models/sum', '{}'), 405, /use GET/],
    [() => ask(chain, '/v2/models/ready'), 404, /names no model/],
    [() => ask(chain, '/v2/nothing'), 404, /no route/],
    [() => post(chain, '/v2/models/nobody/infer', body({})), 404, /does not exist/],
  ];
  for (const [send, status, problem] of cases) {
    const answer = await send();
    const { error } = JSON.parse(answer.text);
    assert.match(error, problem);
    assert.equal(answer.status, status, error);
    assert.deepEqual(Object.keys(JSON.parse(answer.text)), ['error']);
  }
  assert.equal(chain.models.calls.length, 0);
});

test('open inference REST: what JSON has no form for is refused, with the way out', async (t) => {
  const chain = await startTensorChain(t);
  const raw = Buffer.from(Float32Array.of(Number.NaN).buffer);
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1], parameters: { binary_data_size: 4 } }];
  const asJson = await postBinary(chain, echo, JSON.stringify({ inputs }), raw);
  assert.equal(asJson.status, 400);
  assert.match(JSON.parse(asJson.text).error, /'x' has no form in JSON: element 0 is NaN\. Ask for it as binary data/);
  const asBytes = await postBinary(
    chain,
    echo,
    JSON.stringify({ inputs, parameters: { binary_data_output: true } }),
    raw,
  );
  assert.deepEqual(asBytes.bytes.subarray(-4), raw);
});

test('open inference REST: failures behind have the status that fits', async (t) => {
  const chain = await startTensorChain(t);
  const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT8', shape: [1], data: [1] }] });
  chain.models.respond = () => Promise.reject(statusError('INVALID_ARGUMENT', 'unexpected shape for x'));
  const rejected = await post(chain, echo, body);
  assert.deepEqual([rejected.status, rejected.text], [400, '{"error":"unexpected shape for x"}']);
  chain.models.respond = () => Promise.reject(statusError('UNAVAILABLE', 'host 10.0.0.1 is away'));
  const away = await post(chain, echo, body);
  assert.equal(away.status, 503);
  assert.ok(!away.text.includes('10.0.0.1'));
});

test('open inference REST: the provider speaks it too, as JSON and as bytes, and loses nothing on the way', async (t) => {
  const chain = await startTensorChain(t);
  for (const binaryData of [false, true]) {
    const provider = createOpenInferenceProvider({
      name: 'p',
      url: chain.baseUrl,
      binaryData,
      apiKey: async () => chainKey,
      clock: createSystemClock(),
      log: createRecordingLog(),
      estimator: quarterEstimator,
    });
    t.after(() => provider.close());
    for (const { datatype, shape, raw } of tensorSamples) {
      const tensor: Tensor = { name: 'x', datatype, shape, data: Uint8Array.from(raw) };
      const request = { model: 'm', version: '', id: 'i', inputs: [tensor], outputs: [{ name: 'x' }] };
      const response = await provider.infer!(request, modelCall('triton/echo'));
      assert.deepEqual(
        response.outputs.map(({ data, ...rest }) => ({ ...rest, data: Uint8Array.from(data) })),
        [tensor],
      );
      assert.deepEqual(
        [response.model, response.version, response.id, response.target],
        ['triton/echo', '1', 'i', 'p/triton/echo'],
      );
    }
    const metadata = await provider.tensorMetadata!({ model: 'm', version: '1' }, modelCall('sum'));
    assert.deepEqual(metadata.outputs, [{ name: 'sum', datatype: 'FP32', shape: [-1] }]);
    const unknown = await failureOfCall(
      provider.tensorMetadata!({ model: 'm', version: '' }, modelCall('triton/none')),
    );
    assert.equal(unknown.reason, 'model_not_found');
  }
});
