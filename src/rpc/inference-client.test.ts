// The client when the network is not perfect: servers that restart, fall silent, never answer or are not there yet.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { chatRequest, contextFor } from '../../test/fixtures/calls.ts';
import { FakeClock } from '../../test/fixtures/fake-clock.ts';
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
import type { Clock } from '../ports/clock.ts';
import { createInferenceClient, type InferenceClient, type InferenceClientOptions } from './inference-client.ts';
import { createRpcServer, type RpcServer } from './rpc-server.ts';

const systemClock = createSystemClock();
const signal = new AbortController().signal;
const request = chatRequest('m');
const limits = { timeout: 10_000 };

function serverFor(scripted: ScriptedInference): RpcServer {
  const common = { clock: systemClock, ids: createFakeIds(), log: createRecordingLog() };
  return createRpcServer({ ...common, metrics: createRecordingMetrics(), inference: scripted, requireApiKey: false });
}

function clientFor(address: string, clock: Clock, options: Partial<InferenceClientOptions> = {}): InferenceClient {
  const common = { clock, ids: createFakeIds(), log: createRecordingLog() };
  return createInferenceClient({ ...common, target: `grpc://${address}`, transport: 'multiplex', ...options });
}

function reason(expected: ErrorReason): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SluiceError, String(error));
    assert.equal(error.reason, expected, error.detail);
    return true;
  };
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

/** Lets the event loop turn until the promise is settled, moving the clock a little each time. */
async function whileMoving<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = promise.finally(() => {
    isSettled = true;
  });
  settled.catch(() => undefined);
  while (!isSettled) {
    clock.advance(5);
    await turn();
  }
  return settled;
}

/** A TCP relay that can fall silent without closing anything, as a broken network does. */
async function silenceableRelay(
  target: string,
): Promise<{ server: Server; address: string; silence(): void; close(): void }> {
  const [host, port] = target.split(':');
  const sockets: Socket[] = [];
  const server = createServer((inner) => {
    const outer = connectTcp(Number(port), host);
    inner.pipe(outer).pipe(inner);
    for (const socket of [inner, outer]) {
      socket.on('error', () => undefined);
      sockets.push(socket);
    }
    inner.on('close', () => outer.destroy());
    outer.on('close', () => inner.destroy());
  });
  const address = await listening(server);
  return {
    server,
    address,
    silence() {
      for (const socket of sockets) socket.unpipe();
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('inference client', () => {
  test(
    'inference client: when the server dies, calls under way fail retryably, are not repeated, and later calls work',
    limits,
    async () => {
      const scripted = createScriptedInference();
      scripted.script = () => [...textAnswer('a').slice(0, 2), untilAborted];
      const first = serverFor(scripted);
      const address = await first.listen('127.0.0.1:0');
      const client = clientFor(address, systemClock);
      const streamed = client.predictStream(request, contextFor(systemClock), signal)[Symbol.asyncIterator]();
      await streamed.next();
      await streamed.next();
      const whole = client.predict(request, contextFor(systemClock), signal);
      await eventually(() => scripted.open === 2);
      // The process dies: sockets break without a word on the stream.
      const relayed = assert.rejects(whole, reason('draining'));
      await first.close();
      await relayed;
      await assert.rejects(streamed.next(), reason('draining'));
      assert.equal(scripted.calls.length, 2);

      scripted.script = () => textAnswer('back');
      const second = serverFor(scripted);
      await second.listen(address);
      second.setReady(true);
      await client.ready(signal);
      await client.predict(request, contextFor(systemClock), signal);
      assert.equal(scripted.calls.length, 3);
      await client.close();
      await second.close();
    },
  );

  test(
    'inference client: a stream that breaks without a word is inference_unavailable, and is not repeated',
    limits,
    async () => {
      const scripted = createScriptedInference();
      scripted.script = () => [...textAnswer('a').slice(0, 2), untilAborted];
      const server = serverFor(scripted);
      const relay = await silenceableRelay(await server.listen('127.0.0.1:0'));
      const sockets: Socket[] = [];
      relay.server.on('connection', (socket) => sockets.push(socket));
      const client = clientFor(relay.address, systemClock);
      const streamed = client.predictStream(request, contextFor(systemClock), signal)[Symbol.asyncIterator]();
      await streamed.next();
      await streamed.next();
      for (const socket of sockets) socket.destroy();
      await assert.rejects(streamed.next(), reason('inference_unavailable'));
      await eventually(() => scripted.open === 0);
      assert.equal(scripted.calls.length, 1);
      // The next call waits for the new connection and works.
      scripted.script = () => textAnswer('again');
      await client.predict(request, contextFor(systemClock), signal);
      await client.close();
      relay.close();
      await server.close();
    },
  );

  test(
    'inference client: without a server a call fails within one attempt, and at once while it rests',
    limits,
    async () => {
      const closed = createServer();
      const address = await listening(closed);
      await new Promise((resolve) => closed.close(resolve));
      const clock = new FakeClock();
      const client = clientFor(address, clock);
      await assert.rejects(client.predict(request, contextFor(clock), signal), reason('inference_unavailable'));
      const parts = client.predictStream(request, contextFor(clock), signal)[Symbol.asyncIterator]();
      await assert.rejects(parts.next(), reason('inference_unavailable'));
      await client.close();
      assert.equal(clock.pendingTimers, 0);
    },
  );

  test(
    'inference client: ready waits through failed attempts and through NOT_SERVING, then calls work',
    limits,
    async () => {
      for (const transport of ['multiplex', 'unary'] as const) {
        const scripted = createScriptedInference();
        const server = serverFor(scripted);
        const placeholder = createServer();
        const address = await listening(placeholder);
        await new Promise((resolve) => placeholder.close(resolve));
        const clock = new FakeClock();
        const client = clientFor(address, transport === 'multiplex' ? clock : systemClock, { transport });
        let isReady = false;
        const ready = client.ready(signal).then(() => {
          isReady = true;
        });
        await whileMoving(
          clock,
          client.listModels(contextFor(systemClock), signal).catch(() => undefined),
        );
        await server.listen(address);
        for (let i = 0; i < 100; i += 1) {
          clock.advance(100);
          await turn();
        }
        assert.equal(isReady, false);
        server.setReady(true);
        await whileMoving(clock, ready);
        await client.close();
        await server.close();
      }
    },
  );

  test('inference client: ready rejects with the reason of its signal', limits, async () => {
    const silent = createServer(() => undefined);
    const address = await listening(silent);
    const client = clientFor(address, new FakeClock());
    const controller = new AbortController();
    const ready = client.ready(controller.signal);
    controller.abort(new SluiceError('draining'));
    await assert.rejects(ready, reason('draining'));
    await client.close();
    silent.close();
  });

  test(
    'inference client: a server that accepts and says nothing is given up after the connect timeout',
    limits,
    async () => {
      const sockets: Socket[] = [];
      const silent = createServer((socket) => sockets.push(socket));
      const address = await listening(silent);
      const clock = new FakeClock();
      const client = clientFor(address, clock, { limits: { connectTimeoutMs: 700 } });
      const call = client.predict(request, contextFor(clock), signal);
      const rejected = assert.rejects(call, reason('inference_unavailable'));
      await eventually(() => sockets.length > 0);
      clock.advance(699);
      await turn();
      clock.advance(1);
      await rejected;
      await client.close();
      for (const socket of sockets) socket.destroy();
      silent.close();
      assert.equal(clock.pendingTimers, 0);
    },
  );

  test('inference client: a peer that falls silent is noticed by the missing sign of life', limits, async () => {
    const scripted = createScriptedInference();
    scripted.script = () => [...textAnswer('a').slice(0, 1), untilAborted];
    const server = serverFor(scripted);
    const relay = await silenceableRelay(await server.listen('127.0.0.1:0'));
    const clock = new FakeClock();
    const client = clientFor(relay.address, clock);
    const context = contextFor(clock, { deadlineAtMs: clock.now() + 3_600_000 });
    const streamed = client.predictStream(request, context, signal)[Symbol.asyncIterator]();
    await streamed.next();
    // A quiet stream is asked, answers, and stays.
    const waiting = streamed.next();
    let isOver = false;
    waiting.catch(() => {
      isOver = true;
    });
    for (let i = 0; i < 10; i += 1) {
      clock.advance(10_000);
      for (let turns = 0; turns < 50; turns += 1) await turn();
    }
    assert.equal(isOver, false);
    relay.silence();
    clock.advance(10_000);
    await turn();
    clock.advance(5_000);
    await assert.rejects(waiting, reason('inference_unavailable'));
    await client.close();
    relay.close();
    await server.close();
    assert.equal(clock.pendingTimers, 0);
  });

  test('inference client: one call more than it takes is overloaded', limits, async () => {
    for (const transport of ['multiplex', 'unary'] as const) {
      const scripted = createScriptedInference();
      scripted.script = () => [untilAborted];
      const server = serverFor(scripted);
      const address = await server.listen('127.0.0.1:0');
      const client = clientFor(address, systemClock, { transport, limits: { maxConcurrentCalls: 1 } });
      const held = assert.rejects(client.predict(request, contextFor(systemClock), signal), reason('cancelled'));
      const second = client.predictStream(request, contextFor(systemClock), signal)[Symbol.asyncIterator]();
      await assert.rejects(second.next(), reason('overloaded'));
      await client.close();
      await held;
      await assert.rejects(client.predict(request, contextFor(systemClock), signal), reason('cancelled'));
      await server.close();
      assert.equal(scripted.open, 0);
    }
  });

  test('inference client: a draining server is left for its successor while its calls finish', limits, async () => {
    const scripted = createScriptedInference();
    const { promise: go, resolve: release } = Promise.withResolvers<void>();
    scripted.script = () => [...textAnswer('old').slice(0, 2), () => go, ...textAnswer('old').slice(2)];
    const old = serverFor(scripted);
    const relay = await silenceableRelay(await old.listen('127.0.0.1:0'));
    const client = clientFor(relay.address, systemClock);
    const underWay = client.predict(request, contextFor(systemClock), signal);
    await eventually(() => scripted.open === 1);
    const drained = old.drain(60_000);
    // The client hears go_away, and its next connection is refused: it does not send calls into a server that stops.
    await eventually(() => scripted.open === 1);
    for (let i = 0; i < 20; i += 1) await turn();
    await assert.rejects(client.predict(request, contextFor(systemClock), signal), SluiceError);
    release();
    assert.deepEqual((await underWay).content, [{ type: 'text', text: 'old' }]);
    await drained;
    assert.equal(scripted.calls.length, 1);
    await client.close();
    relay.close();
    await old.close();
  });

  test('inference client: a target that is not one is refused with the form it must have', limits, () => {
    for (const target of ['localhost:1', 'http://localhost:1', 'grpc://localhost', 'grpc://a b:1', 'grpc://h:1/path']) {
      assert.throws(
        () => clientFor('x:1', systemClock, { target }),
        (error) => reason('config_invalid')(error) && /grpc:\/\/HOST:PORT/.test((error as SluiceError).message),
      );
    }
  });
});
