// The server as strangers and operators meet it: who may call, what happens at its limits, and how it stops.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { chatRequest, contextFor } from '../../test/fixtures/calls.ts';
import { createFakeIds } from '../../test/fixtures/fake-ids.ts';
import {
  createScriptedInference,
  type ScriptedInference,
  textAnswer,
  untilAborted,
} from '../../test/fixtures/scripted-inference.ts';
import { createRecordingLog, createRecordingMetrics } from '../../test/fixtures/silent-telemetry.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import { SluiceError } from '../core/error.ts';
import type { ErrorReason } from '../core/error-catalogue.ts';
import { errorFromStatus } from './error-codec.ts';
import {
  Dialect,
  type PredictResponse,
  Role,
  InferenceClient as Stub,
} from './generated/sluice/inference/v1/inference.ts';
import { createInferenceClient, type InferenceClient, type InferenceClientOptions } from './inference-client.ts';
import { createRpcServer, type RpcServer, type RpcServerOptions } from './rpc-server.ts';

const clock = createSystemClock();
const signal = new AbortController().signal;
const hello = {
  model: 'chat',
  messages: [{ role: Role.USER, text: 'Hello?', content: [], name: undefined, extraJson: undefined }],
  sampling: undefined,
  tools: [],
  toolChoice: undefined,
  responseFormat: undefined,
  dialect: Dialect.UNSPECIFIED,
};

interface Bench {
  readonly server: RpcServer;
  readonly scripted: ScriptedInference;
  readonly metrics: ReturnType<typeof createRecordingMetrics>;
  readonly log: ReturnType<typeof createRecordingLog>;
  /** The generated stub, as another toolchain has it. */
  readonly stub: Stub;
  connect(transport: 'unary' | 'multiplex', options?: Partial<InferenceClientOptions>): InferenceClient;
}

/** Runs with a server of these options; everything is closed after. */
async function withServer(options: Partial<RpcServerOptions>, run: (bench: Bench) => Promise<void>): Promise<void> {
  const scripted = createScriptedInference();
  const metrics = createRecordingMetrics();
  const log = createRecordingLog();
  const common = { clock, ids: createFakeIds(), log };
  const server = createRpcServer({ ...common, metrics, inference: scripted, requireApiKey: false, ...options });
  const address = await server.listen('127.0.0.1:0');
  const stub = new Stub(address, credentials.createInsecure());
  const clients: InferenceClient[] = [];
  const connect: Bench['connect'] = (transport, more) => {
    const client = createInferenceClient({ ...common, transport, target: `grpc://${address}`, ...more });
    clients.push(client);
    return client;
  };
  try {
    await run({ server, scripted, metrics, log, stub, connect });
  } finally {
    for (const client of clients) await client.close();
    stub.close();
    await server.close();
  }
}

interface Answer {
  readonly response: PredictResponse;
  readonly headers: Metadata;
}

/** Predict with metadata of one's own. */
function predict(stub: Stub, entries: Record<string, string> = {}, request: typeof hello = hello): Promise<Answer> {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(entries)) metadata.set(key, value);
  return new Promise((resolve, reject) => {
    let headers = new Metadata();
    const call = stub.predict(request, metadata, (error, response) => {
      if (error === null) resolve({ response, headers });
      else reject(error);
    });
    call.on('metadata', (received: Metadata) => {
      headers = received;
    });
  });
}

function reasonIs(reason: ErrorReason, code: keyof typeof status): (error: unknown) => boolean {
  return (error) => {
    const { code: received } = error as ServiceError;
    assert.equal(errorFromStatus(error as ServiceError).reason, reason);
    assert.equal(status[received], code);
    return true;
  };
}

function reason(expected: ErrorReason): (error: unknown) => boolean {
  return (error) => error instanceof SluiceError && error.reason === expected;
}

async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const authenticator = {
  authenticate(key: string) {
    if (key === 'sk-good') return { tenantId: 'tenant-1', keyId: 'key_1' };
    if (key === 'sk-slow') return Promise.resolve({ tenantId: 'tenant-2', keyId: 'key_2' });
    throw new SluiceError('invalid_api_key');
  },
};

describe('rpc server', { timeout: 20_000 }, () => {
  test('rpc server: a call without a key is tenant local when none is required', async () => {
    await withServer({ authenticator }, async ({ stub, scripted }) => {
      await predict(stub);
      assert.equal(scripted.calls[0]?.context.tenantId, 'local');
      assert.equal(scripted.calls[0]?.context.keyId, '');
    });
  });

  test('rpc server: a presented key decides, and a bad one is refused even where none is required', async () => {
    for (const requireApiKey of [true, false]) {
      await withServer({ authenticator, requireApiKey }, async ({ stub, scripted, metrics }) => {
        await predict(stub, { authorization: 'Bearer sk-good' });
        await predict(stub, { authorization: 'bearer  sk-slow', 'sluice-tenant-id': 'tenant-9' });
        const tenants = scripted.calls.map(({ context }) => context.tenantId);
        assert.deepEqual(tenants, ['tenant-1', 'tenant-2']);
        for (const authorization of ['Bearer sk-bad', 'sk-good', 'Basic c2s6', 'Bearer sk good']) {
          await assert.rejects(predict(stub, { authorization }), reasonIs('invalid_api_key', 'UNAUTHENTICATED'));
        }
        assert.equal(metrics.values.get('sluice_auth_failures_total{invalid_api_key}'), 4);
      });
    }
    await withServer({}, async ({ stub }) => {
      const keyed = predict(stub, { authorization: 'Bearer sk-good' });
      await assert.rejects(keyed, reasonIs('invalid_api_key', 'UNAUTHENTICATED'));
    });
  });

  test('rpc server: a required key that is missing is refused, and naming a tenant does not help a stranger', async () => {
    await withServer({ authenticator, requireApiKey: true }, async ({ stub, scripted, connect }) => {
      const stranger = predict(stub, { 'sluice-tenant-id': 'tenant-9', 'sluice-peer-token': 'guess' });
      await assert.rejects(stranger, reasonIs('missing_api_key', 'UNAUTHENTICATED'));
      const streamed = connect('multiplex').predict(chatRequest('m'), contextFor(clock), signal);
      await assert.rejects(streamed, reason('inference_unavailable'));
      assert.equal(scripted.calls.length, 0);
    });
  });

  test('rpc server: the peer token opens the multiplexed stream and makes the context believed', async () => {
    const peers = { token: 'peer-secret' };
    await withServer({ authenticator, requireApiKey: true, peers }, async ({ scripted, connect }) => {
      for (const transport of ['unary', 'multiplex'] as const) {
        const peer = connect(transport, { peerToken: 'peer-secret' });
        await peer.predict(chatRequest('m'), contextFor(clock, { tenantId: 'tenant-9', keyId: 'key_9' }), signal);
        assert.equal(scripted.calls.at(-1)?.context.tenantId, 'tenant-9');
        assert.equal(scripted.calls.at(-1)?.context.keyId, 'key_9');
      }
      const guess = connect('multiplex', { peerToken: 'peer-secreT' });
      await assert.rejects(guess.listModels(contextFor(clock), signal), reason('inference_unavailable'));
      const keyed = connect('unary', { apiKey: 'sk-good' });
      await keyed.listModels(contextFor(clock, { tenantId: 'tenant-9' }), signal);
      assert.equal(scripted.calls.at(-1)?.context.tenantId, 'tenant-1');
    });
  });

  test('rpc server: the request id of the caller is kept and sent back, unless it could not be logged', async () => {
    await withServer({}, async ({ stub, scripted }) => {
      const kept = await predict(stub, { 'x-sluice-request-id': 'abc-1', traceparent: '00-a-b-01' });
      assert.deepEqual(kept.headers.get('x-sluice-request-id'), ['abc-1']);
      assert.equal(scripted.calls[0]?.context.requestId, 'abc-1');
      assert.equal(scripted.calls[0]?.context.traceparent, '00-a-b-01');
      const made = await predict(stub, { 'x-sluice-request-id': 'x'.repeat(129) });
      assert.deepEqual(made.headers.get('x-sluice-request-id'), ['req_1']);
      scripted.script = () => [() => Promise.reject(new SluiceError('model_not_found'))];
      const failed = await predict(stub).catch((error: ServiceError) => error);
      assert.ok('metadata' in failed);
      assert.deepEqual(failed.metadata.get('x-sluice-request-id'), ['req_2']);
    });
  });

  test('rpc server: what a caller says of who is to answer is read from the metadata, and refused where it says nothing', async () => {
    await withServer({}, async ({ stub, scripted }) => {
      await predict(stub, { 'x-sluice-canary': 'next, v2', 'x-sluice-conversation': 'c-7' });
      assert.deepEqual(scripted.calls[0]?.context.routing, { canary: ['next', 'v2'], conversation: 'c-7' });
      for (const [key, value] of [['x-sluice-canary', 'a b'] as const, ['x-sluice-conversation', 'a b'] as const]) {
        const error = await predict(stub, { [key]: value }).catch((failure: ServiceError) => failure);
        const { reason: why, param } = errorFromStatus(error as ServiceError);
        assert.deepEqual([why, param], ['invalid_request', key]);
      }
    });
  });

  test('rpc server: requests that ask for nothing are refused by the field', async () => {
    await withServer({}, async ({ stub }) => {
      for (const change of [{ model: '' }, { messages: [] }]) {
        const error = await predict(stub, {}, { ...hello, ...change }).catch((failure: ServiceError) => failure);
        const decoded = errorFromStatus(error as ServiceError);
        assert.deepEqual([decoded.reason, decoded.param], ['invalid_request', Object.keys(change)[0]]);
      }
    });
  });

  test('rpc server: a call that brings no deadline gets the default one', async () => {
    await withServer({ defaultTimeoutMs: 30 }, async ({ stub, scripted }) => {
      scripted.script = () => [untilAborted];
      await assert.rejects(predict(stub), reasonIs('deadline_exceeded', 'DEADLINE_EXCEEDED'));
      await eventually(() => scripted.open === 0);
    });
  });

  test('rpc server: a deadline ends a call whose service does not listen to its signal', async () => {
    await withServer({}, async ({ scripted, connect }) => {
      const { promise: stuck, resolve: release } = Promise.withResolvers<void>();
      scripted.script = () => [() => stuck];
      for (const transport of ['unary', 'multiplex'] as const) {
        const context = contextFor(clock, { deadlineAtMs: clock.now() + 30 });
        const answer = connect(transport).predict(chatRequest('m'), context, signal);
        await assert.rejects(answer, reason('deadline_exceeded'));
      }
      release();
      await eventually(() => scripted.open === 0);
    });
  });

  test('rpc server: one call more than it takes is overloaded, in every form together', async () => {
    await withServer({ limits: { maxConcurrentCalls: 2 } }, async ({ stub, scripted, metrics, connect }) => {
      scripted.script = () => [untilAborted];
      const controller = new AbortController();
      const held = (['unary', 'multiplex'] as const).map((transport) =>
        assert.rejects(
          connect(transport).predict(chatRequest('m'), contextFor(clock), controller.signal),
          reason('cancelled'),
        ),
      );
      await eventually(() => scripted.open === 2);
      assert.equal(metrics.values.get('sluice_rpc_calls_in_flight{}'), 2);
      await assert.rejects(predict(stub), reasonIs('overloaded', 'UNAVAILABLE'));
      await assert.rejects(
        connect('multiplex').predict(chatRequest('m'), contextFor(clock), signal),
        reason('overloaded'),
      );
      controller.abort();
      await Promise.all(held);
      await eventually(() => metrics.values.get('sluice_rpc_calls_in_flight{}') === 0);
      scripted.script = () => textAnswer('free');
      await predict(stub);
      assert.equal(metrics.values.get('sluice_rpc_calls_total{predict,unary,ok}'), 1);
    });
  });

  test('rpc server: a message over the limit costs only its own call', async () => {
    await withServer({ limits: { maxMessageBytes: 10_000 } }, async ({ scripted, connect }) => {
      const big = 'x'.repeat(11_000);
      const tooBig = chatRequest('m', { messages: [{ role: 'user', content: [{ type: 'text', text: big }] }] });
      for (const transport of ['unary', 'multiplex'] as const) {
        const client = connect(transport);
        scripted.script = () => [...textAnswer('a').slice(0, 1), untilAborted];
        const neighbour = client.predictStream(chatRequest('m'), contextFor(clock), signal)[Symbol.asyncIterator]();
        await neighbour.next();
        await assert.rejects(client.predict(tooBig, contextFor(clock), signal), reason('body_too_large'));
        scripted.script = () => textAnswer(big);
        await assert.rejects(client.predict(chatRequest('m'), contextFor(clock), signal), SluiceError);
        await assert.rejects(async () => {
          for await (const _ of client.predictStream(chatRequest('m'), contextFor(clock), signal));
        }, SluiceError);
        scripted.script = () => textAnswer('fine');
        await client.predict(chatRequest('m'), contextFor(clock), signal);
        assert.equal(scripted.open, 1);
        await neighbour.return?.();
        await eventually(() => scripted.open === 0);
      }
    });
  });

  test('rpc server: draining refuses new calls, lets old ones finish, and then is drained', async () => {
    await withServer({}, async ({ server, stub, scripted, connect }) => {
      const { promise: go, resolve: release } = Promise.withResolvers<void>();
      scripted.script = () => [...textAnswer('a').slice(0, 2), () => go, ...textAnswer('b').slice(1)];
      const readers = (['unary', 'multiplex'] as const).map((transport) => {
        return connect(transport).predict(chatRequest('m'), contextFor(clock), signal);
      });
      await eventually(() => scripted.open === 2);
      server.setReady(true);
      assert.equal(await healthOf(stub, 'sluice.inference.v1.Inference'), 'SERVING');
      let isDrained = false;
      const drained = server.drain(60_000).then(() => {
        isDrained = true;
      });
      assert.equal(await healthOf(stub, 'sluice.inference.v1.Inference'), 'NOT_SERVING');
      assert.equal(await healthOf(stub, ''), 'NOT_SERVING');
      await assert.rejects(predict(stub), reasonIs('draining', 'UNAVAILABLE'));
      assert.equal(isDrained, false);
      release();
      for (const reader of readers) assert.deepEqual((await reader).content, [{ type: 'text', text: 'ab' }]);
      await drained;
    });
  });

  test('rpc server: what outlasts the drain ends with draining, and its work is stopped', async () => {
    await withServer({}, async ({ server, scripted, connect }) => {
      scripted.script = () => [...textAnswer('a').slice(0, 2), untilAborted];
      const results = (['unary', 'multiplex'] as const).map((transport) =>
        assert.rejects(async () => {
          for await (const _ of connect(transport).predictStream(chatRequest('m'), contextFor(clock), signal));
        }, reason('draining')),
      );
      await eventually(() => scripted.open === 2);
      await server.drain(20);
      await Promise.all(results);
      assert.equal(scripted.open, 0);
    });
  });

  test('rpc server: close ends every call at once with draining', async () => {
    await withServer({}, async ({ server, scripted, connect }) => {
      scripted.script = () => [...textAnswer('a').slice(0, 2), untilAborted];
      const results = (['unary', 'multiplex'] as const).map((transport) =>
        assert.rejects(async () => {
          for await (const _ of connect(transport).predictStream(chatRequest('m'), contextFor(clock), signal));
        }, reason('draining')),
      );
      await eventually(() => scripted.open === 2);
      await server.close();
      await Promise.all(results);
      assert.equal(scripted.open, 0);
    });
  });

  test('rpc server: a failure of ours is logged with its cause, and only the catalogue sentence leaves', async () => {
    await withServer({}, async ({ stub, scripted, log }) => {
      scripted.script = () => [() => Promise.reject(new TypeError('secret'))];
      const error = await predict(stub).catch((failure: ServiceError) => failure);
      assert.ok(!JSON.stringify(error).includes('secret'));
      const line = log.lines.find(({ level }) => level === 'error');
      assert.equal(line?.fields['detail'], 'TypeError: secret');
      assert.equal(line?.fields.requestId, 'req_1');
    });
  });

  test('rpc server: an address that is taken is config_invalid and says so', async () => {
    await withServer({}, async ({ server }) => {
      const address = await server.listen('127.0.0.1:0');
      const ids = createFakeIds();
      const second = createRpcServer({
        clock,
        ids,
        log: createRecordingLog(),
        metrics: createRecordingMetrics(),
        inference: createScriptedInference(),
        requireApiKey: false,
      });
      await assert.rejects(second.listen(address), (error: SluiceError) => {
        assert.equal(error.reason, 'config_invalid');
        assert.match(error.message, /something else listens there/);
        return true;
      });
      await second.close();
    });
  });
});

function healthOf(stub: Stub, service: string): Promise<string> {
  const method = healthService['Check'];
  assert.ok(method !== undefined);
  return new Promise((resolve, reject) => {
    stub.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      { service },
      (error, response) => {
        if (error === null) resolve(String((response as { status: string }).status));
        else reject(error);
      },
    );
  });
}
