// Everything that a vendor, a network or a reader can do wrong, through a real socket.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { useCompatibleProvider } from '../../../test/fixtures/compatible-provider.ts';
import { answerWith, refusingBaseUrl, type UpstreamScript } from '../../../test/fixtures/upstream.ts';
import {
  failureOfCall,
  modelCall,
  readParts,
  testTimeouts,
  textOfParts,
} from '../../../test/fixtures/upstream-calls.ts';
import type { SluiceError } from '../../core/error.ts';
import type { ErrorReason } from '../../core/error-catalogue.ts';
import type { PredictPart } from '../../core/predict.ts';
import type { OpenAiCompatibleOptions } from './provider.ts';

describe('openai-compatible faults', () => {
  const harness = useCompatibleProvider();

  const request = chatRequest('alias');
  const chunk = (content: string): string =>
    `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content } }] })}\n\n`;
  const finish = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
  const hello = chunk('Hel') + chunk('lo');

  /** The reasons of a whole call and of a stream under the same script, and what the stream gave before. */
  async function bothFail(
    script: UpstreamScript,
    options: Partial<OpenAiCompatibleOptions> = {},
  ): Promise<{
    whole: SluiceError;
    streamed: SluiceError;
    parts: PredictPart[];
  }> {
    harness.upstream.script = script;
    const provider = harness.create(options);
    const whole = await failureOfCall(provider.predict(request, modelCall('m')));
    const { parts, error } = await readParts(provider.predictStream(request, modelCall('m')));
    return { whole, streamed: error ?? assert.fail('the stream succeeded'), parts };
  }

  async function streamFails(
    script: UpstreamScript,
    options: Partial<OpenAiCompatibleOptions> = {},
  ): Promise<{
    reason: ErrorReason | undefined;
    text: string;
    error: SluiceError | undefined;
  }> {
    harness.upstream.script = script;
    const { parts, error } = await readParts(harness.create(options).predictStream(request, modelCall('m')));
    assert.ok(!parts.some((part) => part.type === 'end'), 'a failed stream has no end');
    return { reason: error?.reason, text: textOfParts(parts), error };
  }

  /** Reads parts until the text so far is this. */
  async function readUntil(iterator: AsyncIterator<PredictPart>, text: string): Promise<void> {
    let seen = '';
    while (seen !== text) {
      const { value, done } = await iterator.next();
      assert.notEqual(done, true, `the stream ended after ${seen}`);
      if (value.type === 'text-delta') seen += value.text;
    }
  }

  test('fault: a refused connection is unavailable', async () => {
    const { whole, streamed } = await bothFail(() => {}, { baseUrl: await refusingBaseUrl() });
    assert.deepEqual([whole.reason, streamed.reason], ['upstream_unavailable', 'upstream_unavailable']);
    assert.ok(!whole.message.includes('127.0.0.1'));
  });

  test('fault: a reset or a close before the head is unavailable', async () => {
    for (const how of ['reset', 'cut'] as const) {
      const { whole, streamed } = await bothFail((exchange) => exchange[how]());
      assert.deepEqual([whole.reason, streamed.reason], ['upstream_unavailable', 'upstream_unavailable'], how);
    }
  });

  test('fault: a kept-alive socket that breaks under the next request is unavailable', async () => {
    harness.upstream.script = answerWith({ body: '{"choices":[{"message":{"content":"a"}}]}' });
    const provider = harness.create();
    await provider.predict(request, modelCall('m'));
    await new Promise((resolve) => setImmediate(resolve));
    harness.upstream.script = (exchange) => exchange.reset();
    const error = await failureOfCall(provider.predict(request, modelCall('m')));
    assert.equal(harness.upstream.exchanges[1]?.connection, 0, 'the socket was used again');
    assert.equal(error.reason, 'upstream_unavailable');
  });

  test('fault: no connection within connectMs is a timeout', async () => {
    // It accepts and then says nothing: the TLS handshake never ends.
    const sockets: Socket[] = [];
    const mute = createServer((socket) => {
      socket.on('error', () => {});
      sockets.push(socket);
    });
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const baseUrl = `https://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const failing = failureOfCall(harness.create({ baseUrl }).predict(request, modelCall('m')));
    await once(mute, 'connection');
    harness.clock.advance(testTimeouts.connectMs);
    const error = await failing;
    assert.equal(error.reason, 'upstream_timeout');
    assert.match(error.detail ?? '', /no connection within 1000 ms/);
    for (const socket of sockets) socket.destroy();
    mute.close();
  });

  test('fault: a server that never answers is a timeout, and it sees the connection end', async () => {
    harness.upstream.script = () => {};
    const failing = readParts(harness.create().predictStream(request, modelCall('m')));
    const exchange = await harness.upstream.arrived(0);
    harness.clock.advance(testTimeouts.firstTokenMs);
    const { error, parts } = await failing;
    assert.equal(error?.reason, 'upstream_timeout');
    assert.match(error?.detail ?? '', /no first token within 5000 ms/);
    assert.deepEqual(parts, []);
    assert.equal(await exchange.closed, true);
  });

  test('fault: a head, heartbeats and an empty first chunk are no first token', async () => {
    harness.upstream.script = async (exchange) => {
      await exchange.write(`: PROCESSING\n\n${chunk('')}`);
      await exchange.write(': PROCESSING\n\n');
    };
    const failing = readParts(harness.create().predictStream(request, modelCall('m')));
    await harness.upstream.arrived(0);
    harness.clock.advance(testTimeouts.firstTokenMs);
    assert.equal((await failing).error?.reason, 'upstream_timeout');
  });

  test('fault: a whole answer may take longer than the first token, but not longer than the total', async () => {
    harness.upstream.script = () => {};
    const failing = failureOfCall(harness.create().predict(request, modelCall('m')));
    const exchange = await harness.upstream.arrived(0);
    harness.clock.advance(testTimeouts.totalMs - 1);
    harness.clock.advance(1);
    const error = await failing;
    assert.equal(error.reason, 'upstream_timeout');
    assert.match(error.detail ?? '', /not complete within 30000 ms/);
    assert.equal(await exchange.closed, true);
  });

  test('fault: a body that ends within an event was cut, whatever its framing says', async () => {
    for (const rest of ['data: [DO', 'data: {"usage', '<html>502</html>', 'event: x\n']) {
      const sent = answerWith({ body: hello + finish + rest, headers: { 'content-type': 'text/event-stream' } });
      assert.equal((await streamFails(sent)).reason, 'upstream_truncated', rest);
    }
    for (const rest of ['data: [DONE]', 'data: [DONE]\n', 'data: {"choices":[]}', ': bye']) {
      harness.upstream.script = answerWith({
        body: hello + finish + rest,
        headers: { 'content-type': 'text/event-stream' },
      });
      const { parts, error } = await readParts(harness.create().predictStream(request, modelCall('m')));
      assert.deepEqual([error, parts.at(-1)?.type], [undefined, 'end'], rest);
    }
  });

  test('fault: what one model is known to say at the end is not asked of another of the provider', async () => {
    const provider = harness.create();
    const read = async (model: string, body: string): Promise<ErrorReason | undefined> => {
      harness.upstream.script = answerWith({ body, headers: { 'content-type': 'text/event-stream' } });
      return (await readParts(provider.predictStream(request, modelCall(model)))).error?.reason;
    };
    assert.equal(await read('a', `${hello}${finish}data: [DONE]\n\n`), undefined);
    assert.equal(await read('b', hello + finish), undefined);
    assert.equal(await read('a', hello + finish), 'upstream_truncated');
  });

  test('fault: a stall in the middle is a timeout after what came before, heartbeats or not', async () => {
    harness.upstream.script = async (exchange) => {
      await exchange.write(hello);
      await exchange.write(': heartbeat\n\n');
    };
    const iterator = harness.create().predictStream(request, modelCall('m'))[Symbol.asyncIterator]();
    await readUntil(iterator, 'Hello');
    const failing = failureOfCall(iterator.next());
    harness.clock.advance(testTimeouts.idleMs - 1);
    harness.clock.advance(1);
    const error = await failing;
    assert.equal(error.reason, 'upstream_timeout');
    assert.match(error.detail ?? '', /nothing for 2000 ms/);
    assert.equal(await harness.upstream.exchanges[0]?.closed, true);
    assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  });

  test('fault: a stream that trickles for ever meets the total limit', async () => {
    let release = Promise.withResolvers<void>();
    harness.upstream.script = async (exchange) => {
      for (;;) {
        await exchange.write(chunk('x'));
        await release.promise;
        release = Promise.withResolvers<void>();
      }
    };
    const iterator = harness.create().predictStream(request, modelCall('m'))[Symbol.asyncIterator]();
    await iterator.next();
    let error: SluiceError | undefined;
    for (let turn = 0; turn < 40 && error === undefined; turn += 1) {
      await iterator.next().catch((thrown: SluiceError) => {
        error = thrown;
      });
      harness.clock.advance(testTimeouts.idleMs - 1);
      release.resolve();
    }
    assert.equal(error?.reason, 'upstream_timeout');
    assert.match(error?.detail ?? '', /not complete within/);
  });

  test('fault: a stream that is cut, reset or ends without a finish reason is truncated', async () => {
    for (const ending of ['cut', 'reset', 'end'] as const) {
      const { reason, text } = await streamFails(answerWith({ body: hello, ending, chunkBytes: 40 }));
      assert.equal(reason, 'upstream_truncated', ending);
      if (ending !== 'reset') assert.equal(text, 'Hello', ending);
    }
  });

  test('fault: a last event without its blank line counts when the body ended well and the event is whole', async () => {
    const last = finish.trimEnd();
    harness.upstream.script = answerWith({ body: hello + last, headers: { 'content-type': 'text/event-stream' } });
    const { parts, error } = await readParts(harness.create().predictStream(request, modelCall('m')));
    assert.equal(error, undefined);
    assert.equal(parts.at(-1)?.type, 'end');
    const halfway = answerWith({ body: hello + last.slice(0, -2), headers: { 'content-type': 'text/event-stream' } });
    assert.equal((await streamFails(halfway)).reason, 'upstream_truncated');
    assert.equal((await streamFails(answerWith({ body: hello + last, ending: 'cut' }))).reason, 'upstream_truncated');
  });

  test('fault: a finish reason is not enough when the connection breaks behind it', async () => {
    const { reason, text } = await streamFails(answerWith({ body: hello + finish, ending: 'cut' }));
    assert.deepEqual([reason, text], ['upstream_truncated', 'Hello']);
  });

  test('fault: a body shorter than its content-length is truncated, streamed or whole', async () => {
    const whole = JSON.stringify({ choices: [{ message: { content: 'a' }, finish_reason: 'stop' }] });
    const length = { 'content-length': '10000' };
    const { whole: error } = await bothFail(answerWith({ body: whole, headers: length, ending: 'cut' }));
    assert.equal(error.reason, 'upstream_truncated');
    const { reason } = await streamFails(answerWith({ body: hello + finish, headers: length, ending: 'cut' }));
    assert.equal(reason, 'upstream_truncated');
  });

  test('fault: an event that is not JSON is malformed after what came before', async () => {
    const { reason, text, error } = await streamFails(answerWith({ body: `${hello}data: {"choices": oops}\n\n` }));
    assert.deepEqual([reason, text], ['upstream_malformed', 'Hello']);
    assert.ok(!error?.message.includes('oops'));
    assert.equal(await harness.upstream.exchanges[0]?.closed.then(() => true), true);
  });

  test('fault: a whole answer that is not JSON, not an object or empty is malformed', async () => {
    for (const body of ['{"choices":[', '7', '', 'upstream connect error']) {
      const { whole, streamed } = await bothFail(answerWith({ body, headers: { 'content-type': 'application/json' } }));
      assert.deepEqual([whole.reason, streamed.reason], ['upstream_malformed', 'upstream_malformed'], body);
    }
  });

  test('fault: bytes that are not HTTP are malformed', async () => {
    const { whole } = await bothFail((exchange) => void exchange.socket.end('SSH-2.0-OpenSSH\r\n\r\n'));
    assert.equal(whole.reason, 'upstream_malformed');
  });

  test('fault: an HTML page is never shown, whatever its status', async () => {
    const page = '<html><head><title>502 Bad Gateway</title></head><body>nginx/1.2 at 10.1.2.3</body></html>';
    const headers = { 'content-type': 'text/html' };
    for (const [status, reason] of [
      [502, 'upstream_unavailable'],
      [404, 'upstream_rejected'],
      [200, 'upstream_malformed'],
    ] as const) {
      const { whole, streamed } = await bothFail(answerWith({ status, body: page, headers }));
      assert.deepEqual([whole.reason, streamed.reason], [reason, reason]);
      for (const error of [whole, streamed])
        assert.doesNotMatch(`${error.message} ${error.detail}`, /nginx|10\.1|html/);
    }
  });

  test('fault: a rate limit tells how long to wait', async () => {
    const body =
      '{"error":{"message":"Rate limit reached in organization org-Abc123XYZ","type":"tokens","code":"rate_limit_exceeded"}}';
    const { whole, streamed } = await bothFail(answerWith({ status: 429, body, headers: { 'retry-after': '7' } }));
    for (const error of [whole, streamed]) {
      assert.deepEqual([error.reason, error.retryAfterMs, error.retryable], ['upstream_rate_limited', 7000, true]);
      assert.doesNotMatch(`${error.message} ${error.detail}`, /org-Abc/);
      assert.equal(error.upstream?.code, 'rate_limit_exceeded');
    }
  });

  test('fault: an error under status 200 is an error', async () => {
    const { whole, streamed } = await bothFail(answerWith({ body: '{"error":{"message":"overloaded","code":503}}' }));
    assert.deepEqual([whole.reason, streamed.reason], ['upstream_unavailable', 'upstream_unavailable']);
  });

  test('fault: an error body that is cut or endless still gives the error of its status', async () => {
    const headers = { 'content-type': 'text/plain' };
    for (const answer of [
      { body: 'no ', ending: 'cut' as const },
      { body: 'x'.repeat(1_000_000), ending: 'stall' as const },
    ]) {
      const { whole, streamed } = await bothFail(answerWith({ status: 503, headers, ...answer }));
      assert.deepEqual([whole.reason, streamed.reason], ['upstream_unavailable', 'upstream_unavailable']);
    }
  });

  test('fault: a line, an event or a body above its bound is malformed, and the connection is closed', async () => {
    const limits = { maxLineBytes: 1000, maxBodyBytes: 1000 };
    const endless: UpstreamScript = async (exchange) => {
      await exchange.write(`${hello}data: `);
      for (let sent = 0; sent < 100; sent += 1) await exchange.write('x'.repeat(100));
    };
    const { reason, text } = await streamFails(endless, { limits });
    assert.deepEqual([reason, text], ['upstream_malformed', 'Hello']);
    assert.equal(await harness.upstream.exchanges[0]?.closed, true);
    const long = JSON.stringify({ choices: [{ message: { content: 'x'.repeat(2000) } }] });
    const { whole, streamed } = await bothFail(answerWith({ body: long }), { limits });
    assert.deepEqual([whole.reason, streamed.reason], ['upstream_malformed', 'upstream_malformed']);
  });

  test('fault: an answer in an encoding that was not asked for is malformed', async () => {
    const headers = { 'content-encoding': 'gzip' };
    const { whole, streamed } = await bothFail(answerWith({ body: `${hello}${finish}`, headers }));
    assert.deepEqual([whole.reason, streamed.reason], ['upstream_malformed', 'upstream_malformed']);
  });

  test('openai-compatible: half a character before a body that just ends is neither lost nor kept from its other half', async () => {
    const lastEvent = 'data: {"choices":[{"index":0,"delta":{"content":"\\ude00b"},"finish_reason":"stop"}]}';
    const bodies = [
      { body: chunk('a\ud83d') + lastEvent, text: 'a😀b' },
      { body: chunk('a\ud83d') + finish, text: 'a\ud83d' },
    ];
    for (const { body, text } of bodies) {
      harness.upstream.script = answerWith({ body, headers: { 'content-type': 'text/event-stream' } });
      const { parts, error } = await readParts(harness.create().predictStream(request, modelCall('m')));
      assert.equal(error, undefined);
      assert.equal(textOfParts(parts), text);
    }
  });
});
