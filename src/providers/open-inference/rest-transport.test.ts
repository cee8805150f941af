// The protocol over REST, against a server whose bytes are written down here.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { addRequest, floatTensor, inferRequest } from '../../../test/fixtures/tensor-provider.ts';
import { answerWith, startUpstream, type Upstream } from '../../../test/fixtures/upstream.ts';
import { failureOfCall, modelCall, readParts } from '../../../test/fixtures/upstream-calls.ts';
import { SluiceError } from '../../core/error.ts';
import type { ModelProvider } from '../../ports/model.ts';
import { maxMessageBytes } from './defaults.ts';
import { createOpenInferenceProvider, type OpenInferenceOptions } from './provider.ts';

const sum = '{"name":"sum","datatype":"FP32","shape":[2],"data":[11,22]}';
const call = modelCall('add');

describe('open-inference over REST', () => {
  let upstream: Upstream;
  let clock: FakeClock;
  const open: ModelProvider[] = [];

  function create(options: Partial<OpenInferenceOptions> = {}): ModelProvider {
    const provider = createOpenInferenceProvider({
      name: 'p',
      url: upstream.baseUrl.replace(/\/v1$/, ''),
      clock,
      log: createRecordingLog(),
      estimator: quarterEstimator,
      ...options,
    });
    open.push(provider);
    return provider;
  }

  beforeEach(async () => {
    upstream = await startUpstream(answerWith({ body: `{"model_name":"add","outputs":[${sum}]}` }));
    clock = new FakeClock();
  });
  afterEach(async () => {
    for (const provider of open.splice(0)) await provider.close();
    await upstream.close();
    assert.equal(clock.pendingTimers, 0, 'a timer was left behind');
  });

  test('open-inference REST: tensors are JSON, the version and a slash of the name are in the path', async () => {
    const request = { ...addRequest, version: '3', outputs: [{ name: 'sum' }], parameters: { priority: 1 } };
    const response = await create().infer?.(request, modelCall('team/add'));
    assert.deepEqual(response, {
      model: 'add',
      version: '',
      id: 'call-1',
      target: 'p/team/add',
      attempts: 1,
      outputs: [floatTensor('sum', 11, 22)],
    });
    const [exchange] = upstream.exchanges;
    assert.deepEqual([exchange?.method, exchange?.path], ['POST', '/v2/models/team%2Fadd/versions/3/infer']);
    assert.equal(exchange?.headers['content-type'], 'application/json');
    assert.deepEqual(JSON.parse(exchange?.body ?? ''), {
      id: 'call-1',
      parameters: { priority: 1 },
      outputs: [{ name: 'sum' }],
      inputs: [
        { name: 'a', datatype: 'FP32', shape: [2], data: [1, 2] },
        { name: 'b', datatype: 'FP32', shape: [2], data: [10, 20] },
      ],
    });
  });

  test('open-inference REST: a call that is over does not wait for the key', async () => {
    const controller = new AbortController();
    const provider = create({ apiKey: () => new Promise(() => undefined) });
    const waiting = failureOfCall(
      provider.infer?.(addRequest, { ...call, signal: controller.signal }) ?? assert.fail('no infer'),
    );
    controller.abort(new SluiceError('deadline_exceeded'));
    assert.equal((await waiting).reason, 'deadline_exceeded');
    assert.equal(upstream.exchanges.length, 0);
  });

  test('open-inference REST: what JSON has no form for goes as bytes, and with binaryData everything does', async () => {
    const half = { name: 'h', datatype: 'FP16', shape: [1], data: Uint8Array.of(0, 0x3e) } as const;
    const mixed = inferRequest(floatTensor('a', 1), half, floatTensor('n', Number.NaN));
    await create().infer?.(mixed, call);
    await create({ binaryData: true }).infer?.(mixed, call);
    const json = upstream.exchanges.map(({ headers, body }) => {
      assert.equal(headers['content-type'], 'application/octet-stream');
      return JSON.parse(body.slice(0, Number(headers['inference-header-content-length'])));
    });
    const shown = json.map(({ inputs }) =>
      inputs.map(({ data, parameters }: Record<string, unknown>) => [data, parameters]),
    );
    assert.deepEqual(shown, [
      [
        [[1], undefined],
        [undefined, { binary_data_size: 2 }],
        [undefined, { binary_data_size: 4 }],
      ],
      [
        [undefined, { binary_data_size: 4 }],
        [undefined, { binary_data_size: 2 }],
        [undefined, { binary_data_size: 4 }],
      ],
    ]);
    assert.deepEqual(
      json.map(({ parameters }) => parameters),
      [undefined, { binary_data_output: true }],
    );
  });

  test('open-inference REST: an answer of bytes is read by its header', async () => {
    const head = JSON.stringify({
      outputs: [
        { name: 'sum', datatype: 'FP32', shape: [2], parameters: { binary_data_size: 8, kept: true } },
        { name: 'n', datatype: 'INT64', shape: [1], data: [1] },
      ],
    }).replace('[1]}', '[9007199254740993]}');
    upstream.script = answerWith({
      body: Buffer.concat([Buffer.from(head), Buffer.from(Float32Array.of(11, 22).buffer)]),
      headers: { 'content-type': 'application/octet-stream', 'Inference-Header-Content-Length': String(head.length) },
      chunkBytes: 5,
    });
    const response = await create().infer?.(addRequest, call);
    const outputs = response?.outputs.map((tensor) => ({ ...tensor, data: Uint8Array.from(tensor.data) }));
    assert.deepEqual(outputs, [
      { ...floatTensor('sum', 11, 22), parameters: { kept: true } },
      { name: 'n', datatype: 'INT64', shape: [1], data: new Uint8Array(BigInt64Array.of(2n ** 53n + 1n).buffer) },
    ]);
  });

  test('open-inference REST: metadata is asked for without a body', async () => {
    upstream.script = answerWith({
      body: '{"name":"add","versions":["1","2"],"platform":"onnxruntime_onnx","inputs":[{"name":"a","datatype":"FP32","shape":[-1]}]}',
    });
    const metadata = await create().tensorMetadata?.({ model: 'm', version: '' }, call);
    assert.deepEqual(metadata, {
      model: 'add',
      target: 'p/add',
      attempts: 1,
      versions: ['1', '2'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'a', datatype: 'FP32', shape: [-1] }],
      outputs: [],
    });
    const [exchange] = upstream.exchanges;
    assert.deepEqual([exchange?.method, exchange?.path, exchange?.body], ['GET', '/v2/models/add', '']);
    assert.equal(exchange?.headers['content-type'], undefined);
  });

  test('open-inference REST: an answer that is not one is malformed', async () => {
    const provider = create();
    const bodies = [
      '{',
      '[]',
      '{}',
      '{"outputs":[{"name":"sum","datatype":"FP32","shape":[3],"data":[1,2]}]}',
      '{"outputs":[{"name":"sum","datatype":"FP32","shape":[2],"data":[1,null]}]}',
      '{"outputs":[{"name":"sum","datatype":"FP8","shape":[2],"data":[1,2]}]}',
      '{"outputs":[{"name":"sum","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}}]}',
    ];
    for (const body of bodies) {
      upstream.script = answerWith({ body });
      assert.equal((await failureOfCall(provider.infer!(addRequest, call))).reason, 'upstream_malformed', body);
    }
    upstream.script = answerWith({ body: '{}', headers: { 'inference-header-content-length': '9' } });
    assert.equal((await failureOfCall(provider.infer!(addRequest, call))).reason, 'upstream_malformed');
    upstream.script = answerWith({ body: '{"inputs":[{"name":"a","datatype":"FP32","shape":["x"]}]}' });
    const metadata = provider.tensorMetadata!({ model: 'm', version: '' }, call);
    assert.equal((await failureOfCall(metadata)).reason, 'upstream_malformed');
  });

  test('open-inference REST: each status has its reason', async () => {
    const provider = create();
    const cases = [
      [400, "Request for unknown model: 'add' is not found", 'model_not_found'],
      [400, 'unexpected shape for input a', 'upstream_rejected'],
      [404, 'Model add not found', 'model_not_found'],
      [429, 'slow down', 'upstream_rate_limited'],
      [500, 'failed', 'upstream_unavailable'],
      [503, 'not ready', 'upstream_unavailable'],
    ] as const;
    for (const [status, error, reason] of cases) {
      upstream.script = answerWith({ status, body: JSON.stringify({ error }) });
      const failure = await failureOfCall(provider.infer!(addRequest, call));
      assert.equal(failure.reason, reason, error);
      assert.equal(failure.upstream?.status === status || reason === 'model_not_found', true);
    }
    for (const ending of ['cut', 'reset'] as const) {
      upstream.script = answerWith({ body: '{"outputs":', ending });
      assert.equal((await failureOfCall(provider.infer!(addRequest, call))).reason, 'upstream_truncated');
    }
  });

  test('open-inference REST: an answer beyond the bound is given up while it comes', async () => {
    const piece = Buffer.alloc(1024 * 1024, ' ');
    upstream.script = async (exchange) => {
      exchange.head(200, { 'content-type': 'application/json' });
      while (!exchange.socket.destroyed) await exchange.write(piece);
    };
    const provider = create();
    for (const asked of [provider.infer!(addRequest, call), provider.predict(chatRequest('m'), call)]) {
      const failure = await failureOfCall(asked);
      assert.deepEqual(
        [failure.reason, failure.detail],
        ['upstream_malformed', `the answer is longer than ${maxMessageBytes} bytes`],
      );
    }
  });

  test('open-inference REST: tensors and text at one address share the limit of calls', async () => {
    upstream.script = () => {};
    const provider = create({ concurrency: 1 });
    const controller = new AbortController();
    const first = failureOfCall(provider.infer!(addRequest, modelCall('add', { signal: controller.signal })));
    await upstream.arrived(0);
    const waiting = readParts(provider.predictStream(chatRequest('m'), call));
    clock.advance(call.timeouts.connectMs);
    assert.equal((await waiting).error?.reason, 'overloaded');
    assert.equal(upstream.exchanges.length, 1);
    controller.abort(new SluiceError('cancelled'));
    assert.equal((await first).reason, 'cancelled');
  });

  test('open-inference REST: a refused key is read again, an abort closes the connection, a limit is a timeout', async () => {
    const keys = ['old', 'new'];
    const provider = create({ apiKey: async () => keys.shift() ?? 'none' });
    const good = upstream.script;
    upstream.script = (exchange) => {
      const isOld = exchange.headers.authorization === 'Bearer old';
      return isOld ? answerWith({ status: 401, body: '{"error":"expired"}' })(exchange) : good(exchange);
    };
    assert.equal((await provider.infer?.(addRequest, call))?.attempts, 1);
    assert.equal(upstream.exchanges.length, 2);

    upstream.script = () => {};
    const controller = new AbortController();
    const left = failureOfCall(provider.infer!(addRequest, modelCall('add', { signal: controller.signal })));
    const exchange = await upstream.arrived(2);
    controller.abort(new SluiceError('cancelled'));
    assert.equal((await left).reason, 'cancelled');
    assert.equal(await exchange.closed, true);

    const late = failureOfCall(provider.infer!(addRequest, call));
    await upstream.arrived(3);
    clock.advance(call.timeouts.totalMs);
    assert.equal((await late).reason, 'upstream_timeout');
  });
});
