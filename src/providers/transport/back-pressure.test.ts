// What readers and callers do to a call: reading slowly, leaving, aborting, waiting in line, closing; through a real socket.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { useCompatibleProvider } from '../../../test/fixtures/compatible-provider.ts';
import { answerWith } from '../../../test/fixtures/upstream.ts';
import { failureOfCall, modelCall, readParts, testTimeouts } from '../../../test/fixtures/upstream-calls.ts';
import { SluiceError } from '../../core/error.ts';
import type { ModelCall } from '../../ports/model.ts';
import { drainMs } from './defaults.ts';

describe('openai-compatible back-pressure', () => {
  const harness = useCompatibleProvider();

  const request = chatRequest('alias');
  const chunk = (content: string): string =>
    `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content } }] })}\n\n`;
  const finish = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
  const hello = chunk('Hel') + chunk('lo');

  test('call: a slow reader holds the server back, loses nothing and is not taken for a stall', async () => {
    const total = 20_000;
    const padding = 'x'.repeat(1000);
    let written = 0;
    harness.upstream.script = async (exchange) => {
      for (let index = 0; index < total; index += 1) {
        await exchange.write(chunk(`${index} ${padding}`));
        written += 1;
      }
      await exchange.write(`${finish}data: [DONE]\n\n`);
      exchange.end();
    };
    const iterator = harness
      .create({ limits: { maxBufferedParts: 8 } })
      .predictStream(request, modelCall('m'))
      [Symbol.asyncIterator]();
    await iterator.next();
    const exchange = await harness.upstream.arrived(0);
    await heldBack(exchange.socket);
    const heldAt = written;
    assert.ok(heldAt < total / 2, `${heldAt} of ${total} chunks were written`);
    harness.clock.advance(testTimeouts.idleMs * 3);
    let next = 0;
    for (;;) {
      const { value, done } = await iterator.next();
      if (done === true) break;
      if (value.type !== 'text-delta') continue;
      assert.ok(value.text.startsWith(`${next} x`), `part ${next}`);
      next += 1;
    }
    assert.equal(next, total);
  });

  /** Resolves once the socket has bytes that it could not send for many turns of the loop. */
  async function heldBack(socket: Socket): Promise<void> {
    let last = -1;
    for (let still = 0; still < 200; ) {
      await new Promise((resolve) => setImmediate(resolve));
      still = socket.writableLength > 0 && socket.bytesWritten === last ? still + 1 : 0;
      last = socket.bytesWritten;
    }
  }

  test('call: an abort reaches the server at once, before and after the head', async () => {
    for (const script of [() => {}, answerWith({ body: hello, ending: 'stall' })]) {
      harness.upstream.script = script;
      const at = harness.upstream.exchanges.length;
      const controller = new AbortController();
      const provider = harness.create();
      const call = modelCall('m', { signal: controller.signal });
      const streamed = readParts(provider.predictStream(request, call));
      const whole = failureOfCall(provider.predict(request, call));
      const exchanges = [await harness.upstream.arrived(at), await harness.upstream.arrived(at + 1)];
      controller.abort(new SluiceError('deadline_exceeded'));
      assert.equal((await streamed).error?.reason, 'deadline_exceeded');
      assert.equal((await whole).reason, 'deadline_exceeded');
      for (const exchange of exchanges) assert.equal(await exchange.closed, true);
    }
  });

  test('call: an abort comes instead of parts that wait, and without a reason it is a cancellation', async () => {
    harness.upstream.script = answerWith({ body: hello, ending: 'stall' });
    const controller = new AbortController();
    const stream = harness.create().predictStream(request, modelCall('m', { signal: controller.signal }));
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    controller.abort();
    assert.equal((await failureOfCall(iterator.next())).reason, 'cancelled');
  });

  test('call: a signal that has aborted already sends nothing', async () => {
    const call: ModelCall = modelCall('m', { signal: AbortSignal.abort(new SluiceError('cancelled')) });
    const provider = harness.create();
    assert.equal((await failureOfCall(provider.predict(request, call))).reason, 'cancelled');
    assert.equal((await readParts(provider.predictStream(request, call))).error?.reason, 'cancelled');
    assert.equal(harness.upstream.connections, 0);
  });

  test('call: a reader that leaves closes the connection', async () => {
    harness.upstream.script = answerWith({ body: hello, ending: 'stall' });
    for await (const part of harness.create().predictStream(request, modelCall('m')))
      if (part.type === 'text-delta') break;
    assert.equal(await harness.upstream.exchanges[0]?.closed, true);
  });

  test('call: a server that keeps the body open behind [DONE] loses its socket after a moment, the answer is whole', async () => {
    harness.upstream.script = answerWith({ body: `${hello}${finish}data: [DONE]\n\n`, ending: 'stall' });
    const { parts, error } = await readParts(harness.create().predictStream(request, modelCall('m')));
    assert.equal(error, undefined);
    assert.equal(parts.at(-1)?.type, 'end');
    harness.clock.advance(drainMs);
    assert.equal(await harness.upstream.exchanges[0]?.closed, true);
  });

  test('call: calls beyond the connections wait in line, and leave it when their time is over or they are aborted', async () => {
    harness.upstream.script = () => {};
    const provider = harness.create({ limits: { connections: 1 } });
    const first = failureOfCall(provider.predict(request, modelCall('m')));
    const controller = new AbortController();
    const second = failureOfCall(provider.predict(request, modelCall('m', { signal: controller.signal })));
    const third = failureOfCall(provider.predict(request, modelCall('m')));
    const exchange = await harness.upstream.arrived(0);
    controller.abort();
    assert.equal((await second).reason, 'cancelled');
    harness.clock.advance(testTimeouts.connectMs);
    assert.equal((await third).reason, 'overloaded');
    harness.upstream.script = answerWith({ body: '{"choices":[{"message":{"content":"a"}}]}' });
    const fourth = provider.predict(request, modelCall('m'));
    exchange.reset();
    assert.equal((await first).reason, 'upstream_unavailable');
    assert.equal((await fourth).finishReason, 'other');
    assert.equal(harness.upstream.exchanges.length, 2);
  });

  test('call: closing ends calls under way with draining, and later ones too', async () => {
    harness.upstream.script = answerWith({ body: hello, ending: 'stall' });
    const provider = harness.create({ limits: { connections: 1 } });
    const streamed = readParts(provider.predictStream(request, modelCall('m')));
    await harness.upstream.arrived(0);
    const waiting = failureOfCall(provider.predict(request, modelCall('m')));
    await provider.close();
    assert.equal((await streamed).error?.reason, 'draining');
    assert.equal((await waiting).reason, 'draining');
    assert.equal((await failureOfCall(provider.predict(request, modelCall('m')))).reason, 'draining');
  });
});
