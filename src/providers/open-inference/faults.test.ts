// What goes wrong between the provider and a server over gRPC, and how it is told.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ServerCredentials } from '@grpc/grpc-js';
import { createTestAuthority } from '../../../test/fixtures/certificates.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { addRequest, floatTensor, withTensorProvider } from '../../../test/fixtures/tensor-provider.ts';
import { statusError } from '../../../test/fixtures/tensor-server.ts';
import { failureOfCall, modelCall, testTimeouts } from '../../../test/fixtures/upstream-calls.ts';
import { createSystemClock } from '../../adapters/system/clock.ts';
import { SluiceError } from '../../core/error.ts';
import { maxMessageBytes } from './defaults.ts';
import { createOpenInferenceProvider } from './provider.ts';

describe('open-inference faults', () => {
  test('open-inference: an answer that does not fit is malformed, and the next target may be tried', async () => {
    await withTensorProvider({}, async ({ server, provider }) => {
      const output = { name: 'sum', datatype: 'FP32', shape: [2n], parameters: {}, contents: undefined };
      const base = { modelName: 'add', modelVersion: '', id: '', parameters: {} };
      const wrong = [
        { ...base, outputs: [output], rawOutputContents: [Buffer.alloc(4)] },
        { ...base, outputs: [output], rawOutputContents: [Buffer.alloc(8), Buffer.alloc(8)] },
        { ...base, outputs: [{ ...output, datatype: 'FP8' }], rawOutputContents: [Buffer.alloc(8)] },
        { ...base, outputs: [{ ...output, shape: [-1n] }], rawOutputContents: [Buffer.alloc(8)] },
        { ...base, outputs: [output], rawOutputContents: [] },
      ];
      for (const response of wrong) {
        server.respond = () => response;
        const failure = await failureOfCall(provider.infer!(addRequest, modelCall('add')));
        assert.deepEqual([failure.reason, failure.retryable], ['upstream_malformed', true]);
      }
      server.respond = () => ({
        ...base,
        outputs: [{ ...output, name: 'embedding' }],
        rawOutputContents: [Buffer.alloc(8)],
      });
      const rows = await failureOfCall(provider.embed({ model: 'a', input: ['a', 'b', 'c'] }, modelCall('embedder')));
      assert.equal(rows.reason, 'upstream_malformed');
    });
  });

  test('open-inference: each status has its reason, and only a verdict on the request shows the server’s words', async () => {
    const cases = [
      ['NOT_FOUND', 'model_not_found', true],
      ['INVALID_ARGUMENT', 'upstream_rejected', true],
      ['FAILED_PRECONDITION', 'upstream_rejected', true],
      ['UNIMPLEMENTED', 'unsupported_capability', true],
      ['UNAVAILABLE', 'upstream_unavailable', false],
      ['INTERNAL', 'upstream_unavailable', false],
      ['UNKNOWN', 'upstream_unavailable', false],
      ['ABORTED', 'upstream_unavailable', false],
      ['CANCELLED', 'upstream_unavailable', false],
      ['RESOURCE_EXHAUSTED', 'upstream_rate_limited', false],
      ['DEADLINE_EXCEEDED', 'upstream_timeout', false],
      ['DATA_LOSS', 'upstream_truncated', false],
      ['UNAUTHENTICATED', 'upstream_unauthenticated', false],
      ['PERMISSION_DENIED', 'upstream_unauthenticated', false],
    ] as const;
    await withTensorProvider({}, async ({ server, provider }) => {
      for (const [code, reason, isShown] of cases) {
        server.respond = () => Promise.reject(statusError(code, 'unexpected shape for input a'));
        const failure = await failureOfCall(provider.infer!(addRequest, modelCall('add')));
        assert.equal(failure.reason, reason, code);
        assert.equal(failure.message.includes('unexpected shape'), isShown, code);
        assert.deepEqual(failure.upstream, { target: 'p/add', code });
      }
    });
  });

  test('open-inference: the key and the headers are metadata, and a refused key is read again once', async () => {
    const keys = ['old', 'new'];
    let reads = 0;
    const apiKey = async (): Promise<string> => keys[reads++] ?? 'none';
    await withTensorProvider({ apiKey, headers: { 'x-team': 'ml' } }, async ({ server, provider }) => {
      const compute = server.respond;
      server.respond = (call) => {
        if (call.metadata.get('authorization')[0] === 'Bearer old') throw statusError('UNAUTHENTICATED', 'expired');
        return compute(call);
      };
      const response = await provider.infer?.(addRequest, modelCall('add'));
      assert.equal(response?.attempts, 1);
      assert.deepEqual(
        server.calls.map(({ metadata }) => [metadata.get('authorization')[0], metadata.get('x-team')[0]]),
        [
          ['Bearer old', 'ml'],
          ['Bearer new', 'ml'],
        ],
      );
      server.respond = () => Promise.reject(statusError('UNAUTHENTICATED', 'still'));
      const failure = await failureOfCall(provider.infer!(addRequest, modelCall('add')));
      assert.equal(failure.reason, 'upstream_unauthenticated');
      assert.equal(reads, 3);
    });
  });

  test('open-inference: an aborted call is cancelled at the server', async () => {
    await withTensorProvider({}, async ({ server, provider }) => {
      server.respond = () => new Promise(() => {});
      const controller = new AbortController();
      const failing = failureOfCall(provider.infer!(addRequest, modelCall('add', { signal: controller.signal })));
      const call = await server.arrived(0);
      controller.abort(new SluiceError('deadline_exceeded'));
      assert.equal((await failing).reason, 'deadline_exceeded');
      await call.cancelled;
      const before = await failureOfCall(provider.infer!(addRequest, modelCall('add', { signal: controller.signal })));
      assert.equal(before.reason, 'deadline_exceeded');
      assert.equal(server.calls.length, 1);
    });
  });

  test('open-inference: totalMs is the deadline that the server is told', async () => {
    await withTensorProvider({}, async ({ server, provider }) => {
      server.respond = () => new Promise(() => {});
      const timeouts = { ...testTimeouts, totalMs: 50 };
      const failure = await failureOfCall(provider.infer!(addRequest, modelCall('add', { timeouts })));
      assert.deepEqual([failure.reason, failure.retryable], ['upstream_timeout', true]);
      assert.ok(Number(server.calls[0]?.deadline) < Number.POSITIVE_INFINITY);
    });
  });

  test('open-inference: a server that is not there is found out at once', async () => {
    await withTensorProvider({}, async ({ server, provider }) => {
      await server.close();
      const failure = await failureOfCall(provider.infer!(addRequest, modelCall('add')));
      assert.deepEqual([failure.reason, failure.retryable], ['upstream_unavailable', true]);
      assert.ok(!`${failure.message} ${failure.detail}`.includes(server.url.slice(7)), 'no address of ours');
    });
  });

  test('open-inference: calls beyond the limit wait, and fail as overloaded when their turn does not come', async () => {
    await withTensorProvider({ concurrency: 1 }, async ({ server, provider }) => {
      const gate = Promise.withResolvers<void>();
      const compute = server.respond;
      server.respond = async (call) => {
        await gate.promise;
        return compute(call);
      };
      const first = provider.infer!(addRequest, modelCall('add'));
      await server.arrived(0);
      const timeouts = { ...testTimeouts, connectMs: 20 };
      const refused = await failureOfCall(provider.infer!(addRequest, modelCall('add', { timeouts })));
      assert.equal(refused.reason, 'overloaded');
      const controller = new AbortController();
      const left = failureOfCall(provider.infer!(addRequest, modelCall('add', { signal: controller.signal })));
      controller.abort(new SluiceError('cancelled'));
      assert.equal((await left).reason, 'cancelled');
      const second = provider.infer!(addRequest, modelCall('add'));
      gate.resolve();
      await Promise.all([first, second]);
      assert.equal(server.calls.length, 2);
    });
  });

  test('open-inference: a message beyond the bound is the fault of whoever made it, and says the bound', async () => {
    await withTensorProvider({}, async ({ server, provider }) => {
      // A machine under load takes seconds to copy so much.
      const call = modelCall('add', { timeouts: { ...testTimeouts, connectMs: 60_000, totalMs: 60_000 } });
      const large = Buffer.alloc(maxMessageBytes);
      const input = { name: 'a', datatype: 'UINT8', shape: [large.length], data: large } as const;
      const request = await failureOfCall(provider.infer!({ ...addRequest, inputs: [input] }, call));
      assert.equal(request.reason, 'body_too_large');
      assert.match(request.message, new RegExp(`larger than the ${maxMessageBytes} bytes`));
      assert.equal(server.calls.length, 0);
      const output = { name: 'sum', datatype: 'UINT8', shape: [BigInt(large.length)], parameters: {} };
      server.respond = () => ({
        modelName: 'add',
        modelVersion: '',
        id: '',
        parameters: {},
        outputs: [{ ...output, contents: undefined }],
        rawOutputContents: [large],
      });
      const answer = await failureOfCall(provider.infer!(addRequest, call));
      assert.equal(answer.reason, 'upstream_malformed');
      assert.match(String(answer.detail), new RegExp(`${maxMessageBytes}`));
    });
  });

  test('open-inference: closing ends calls under way and those that wait', async () => {
    await withTensorProvider({ concurrency: 1 }, async ({ server, provider }) => {
      server.respond = () => new Promise(() => {});
      const underWay = failureOfCall(provider.infer!(addRequest, modelCall('add')));
      const call = await server.arrived(0);
      const waiting = failureOfCall(provider.infer!(addRequest, modelCall('add')));
      await provider.close();
      assert.deepEqual([(await underWay).reason, (await waiting).reason], ['draining', 'draining']);
      await call.cancelled;
      assert.equal((await failureOfCall(provider.infer!(addRequest, modelCall('add')))).reason, 'draining');
    });
  });

  test('open-inference: grpcs trusts the configured authority and no other', async () => {
    const authority = createTestAuthority();
    const { cert, key } = authority.issue('dns:localhost');
    const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
    const credentials = ServerCredentials.createSsl(null, [pair], false);
    await withTensorProvider(
      {},
      async ({ server }) => {
        const url = server.url.replace('grpc:', 'grpcs:').replace('127.0.0.1', 'localhost');
        const common = {
          name: 'p',
          url,
          clock: createSystemClock(),
          log: createRecordingLog(),
          estimator: quarterEstimator,
        };
        const trusting = createOpenInferenceProvider({ ...common, tls: async () => ({ ca: authority.ca }) });
        const response = await trusting.infer?.(addRequest, modelCall('add'));
        assert.deepEqual(response?.outputs, [floatTensor('sum', 11, 22)]);
        await trusting.close();
        const stranger = createOpenInferenceProvider(common);
        assert.equal(
          (await failureOfCall(stranger.infer!(addRequest, modelCall('add')))).reason,
          'upstream_unavailable',
        );
        await stranger.close();
        const broken = createOpenInferenceProvider({ ...common, tls: async () => ({ cert: 'no PEM', key: 'no PEM' }) });
        await assert.rejects(broken.ready(new AbortController().signal), { reason: 'config_invalid' });
        await broken.close();
      },
      credentials,
    );
  });

  test('open-inference: an address that is none is refused when the provider is made', () => {
    for (const url of ['triton:8001', 'grpc://triton', 'ftp://x:1', 'grpc://u@h:1']) {
      assert.throws(
        () =>
          createOpenInferenceProvider({
            name: 'p',
            url,
            clock: createSystemClock(),
            log: createRecordingLog(),
            estimator: quarterEstimator,
          }),
        { reason: 'config_invalid' },
        url,
      );
    }
  });
});
