import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestEdge, edgeKeys } from '../../test/fixtures/edge.ts';
import { FakeClock } from '../../test/fixtures/fake-clock.ts';
import { openRaw, parseRawAnswer, type RawConnection, rawPost } from '../../test/fixtures/raw-http.ts';
import { type ScriptStep, textAnswer, untilAborted } from '../../test/fixtures/scripted-inference.ts';
import { SluiceError } from '../core/error.ts';
import type { PredictPart } from '../core/predict.ts';

const timeout = 5_000;

function chat(stream: boolean, headers: readonly string[] = []): Buffer {
  const body = JSON.stringify({ model: 'chat', stream, messages: [{ role: 'user', content: 'hello' }] });
  return rawPost('/v1/chat/completions', edgeKeys.first, body, headers);
}

/** Steps that say one word and then think until they are stopped. */
function oneWordThenThink(): { steps: ScriptStep[]; stopped: Promise<unknown> } {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const [start, word] = textAnswer('Hello') as [PredictPart, PredictPart, PredictPart];
  const think: ScriptStep = (signal) => untilAborted(signal).finally(() => resolve(signal.reason));
  return { steps: [start, word, think], stopped: promise };
}

async function startStream(t: Parameters<typeof createTestEdge>[0], options?: Parameters<typeof createTestEdge>[1]) {
  const edge = createTestEdge(t, options);
  const { steps, stopped } = oneWordThenThink();
  edge.inference.script = () => steps;
  const port = await edge.listen();
  const connection = await openRaw(port);
  await connection.send(chat(true));
  await connection.until('Hello');
  return { edge, connection, stopped, port };
}

/** The texts of the `data:` lines that were received. */
function dataOf(connection: RawConnection): string[] {
  return [...connection.received().matchAll(/^data: (.*)$/gm)].map((match) => match[1]?.trim() ?? '');
}

test('stream: the client going away stops the model', { timeout }, async (t) => {
  const { edge, connection, stopped } = await startStream(t);
  assert.equal(edge.inference.open, 1);
  assert.equal(edge.metrics.get('sluice_streams_open{}'), 1);
  connection.socket.destroy();
  const reason = await stopped;
  assert.ok(reason instanceof SluiceError);
  assert.equal(reason.reason, 'cancelled');
  const line = await edge.logged('cancelled');
  assert.equal(line.fields['status'], 200);
  assert.equal(edge.metrics.get('sluice_streams_open{}'), 0);
  assert.equal(edge.metrics.get('sluice_http_requests_in_flight{}'), 0);
});

test('call: the client going away before the answer stops the model', { timeout }, async (t) => {
  const edge = createTestEdge(t);
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const { steps, stopped } = oneWordThenThink();
  edge.inference.script = () => [() => onAsked(), ...steps];
  const connection = await openRaw(await edge.listen());
  await connection.send(chat(false));
  await asked;
  connection.socket.destroy();
  await stopped;
  assert.equal((await edge.logged('cancelled')).fields['status'], 499);
});

test('stream: the deadline ends it with an error event and without [DONE]', { timeout }, async (t) => {
  const clock = new FakeClock();
  const { edge, connection, stopped } = await startStream(t, { clock, defaultTimeoutMs: 10_000 });
  clock.advance(10_000);
  await stopped;
  await connection.closed();
  const last = dataOf(connection).at(-1) ?? '';
  assert.equal(JSON.parse(last).error.code, 'deadline_exceeded');
  assert.ok(!connection.received().includes('[DONE]'));
  assert.equal((await edge.logged('deadline_exceeded')).fields['status'], 200);
});

test('call: the deadline that the caller asked for gives a 504', { timeout }, async (t) => {
  const clock = new FakeClock();
  const edge = createTestEdge(t, { clock });
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  edge.inference.script = () => [() => onAsked(), untilAborted];
  const connection = await openRaw(await edge.listen());
  await connection.send(chat(false, ['x-sluice-timeout-ms: 1500']));
  await asked;
  assert.equal(edge.inference.calls[0]?.context.deadlineAtMs, clock.now() + 1500);
  clock.advance(1500);
  const answer = parseRawAnswer(await connection.closed());
  assert.equal(answer?.status, 504);
  assert.equal(JSON.parse(answer?.body ?? '').error.code, 'deadline_exceeded');
});

test('stream: a model that ignores the abort cannot hold the client', { timeout }, async (t) => {
  const clock = new FakeClock();
  const edge = createTestEdge(t, { clock });
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const { promise: late, resolve: finish } = Promise.withResolvers<void>();
  edge.inference.script = () => [() => onAsked(), () => late];
  const connection = await openRaw(await edge.listen());
  await connection.send(chat(true, ['x-sluice-timeout-ms: 100']));
  await asked;
  clock.advance(100);
  assert.equal(parseRawAnswer(await connection.closed())?.status, 504);
  finish();
});

test('stream: a failure before the first word is a real HTTP error', { timeout }, async (t) => {
  const edge = createTestEdge(t);
  const [start] = textAnswer() as [PredictPart];
  edge.inference.script = () => [
    start,
    () => {
      throw new SluiceError('upstream_rate_limited', { retryAfterMs: 2_500 });
    },
  ];
  const connection = await openRaw(await edge.listen());
  await connection.send(chat(true));
  const answer = parseRawAnswer(await connection.closed());
  assert.equal(answer?.status, 429);
  assert.equal(answer?.headers.get('retry-after'), '3');
  assert.equal(answer?.headers.get('retry-after-ms'), '2500');
  assert.equal(answer?.headers.get('x-should-retry'), 'true');
  assert.equal(answer?.headers.get('x-sluice-error-reason'), JSON.parse(answer?.body ?? '').error.code);
});

test('stream: a model that stops without an end is reported as truncated', { timeout }, async (t) => {
  const edge = createTestEdge(t);
  edge.inference.script = () => textAnswer('Hello').slice(0, 2);
  const connection = await openRaw(await edge.listen());
  await connection.send(chat(true));
  await connection.closed();
  assert.equal(JSON.parse(dataOf(connection).at(-1) ?? '').error.code, 'upstream_truncated');
  assert.ok(!connection.received().includes('[DONE]'));
});

test('stream: headers and the first event come in one packet', { timeout }, async (t) => {
  const edge = createTestEdge(t);
  const connection = await openRaw(await edge.listen());
  const first = new Promise<string>((resolve) => connection.socket.once('data', (chunk) => resolve(chunk.toString())));
  await connection.send(chat(true));
  assert.match(await first, /^HTTP\/1\.1 200 OK\r\n[\s\S]*"role":"assistant"[\s\S]*Hello/);
  await connection.closed();
});

test('stream: characters that some clients take for the end of a line come escaped', { timeout }, async (t) => {
  const edge = createTestEdge(t);
  const text = 'a\u0085b\u2028c\u2029d';
  edge.inference.script = () => textAnswer(text);
  const connection = await openRaw(await edge.listen());
  await connection.send(chat(true));
  const received = Buffer.from(await connection.closed(), 'latin1').toString();
  assert.match(received, /a\\u0085b\\u2028c\\u2029d/);
  assert.equal(JSON.parse(dataOf(connection)[1] ?? '').choices[0].delta.content, text);
});

test('stream: a client that does not read stops the model and is cut off', { timeout: 20_000 }, async (t) => {
  const clock = new FakeClock();
  const edge = createTestEdge(t, { clock, limits: { slowConsumerTimeoutMs: 4_000 } });
  const word = 'x'.repeat(1_000);
  const [start, part] = textAnswer(word) as [PredictPart, PredictPart];
  const { promise: stalled, resolve: onStalled } = Promise.withResolvers<void>();
  let produced = 0;
  edge.inference.script = function* () {
    yield start;
    for (;;) {
      produced += 1;
      yield part;
    }
  };
  const connection = await openRaw(await edge.listen(), 'paused');
  await connection.send(chat(true));
  // Production has stopped when a whole turn of the event loop, with room for I/O, brings nothing new.
  const look = (before: number, quietTurns: number): void => {
    if (quietTurns > 50) onStalled();
    else setImmediate(() => look(produced, produced === before && produced > 0 ? quietTurns + 1 : 0));
  };
  look(0, 0);
  await stalled;
  const producedBytes = produced * word.length;
  assert.ok(producedBytes < 32 * 1024 * 1024, `${producedBytes} bytes were produced for a client that reads nothing`);
  assert.equal(edge.inference.open, 1);
  clock.advance(4_000);
  const line = await edge.logged('slow_consumer');
  assert.equal(line.fields['status'], 200);
  assert.equal(edge.metrics.get('sluice_streams_open{}'), 0);
  connection.socket.destroy();
});

test('stream: a slow client that reads on gets everything', { timeout: 20_000 }, async (t) => {
  const edge = createTestEdge(t);
  const words = Array.from({ length: 20_000 }, (_, index) => `${'y'.repeat(200)}${index}`);
  edge.inference.script = () => textAnswer(...words);
  const connection = await openRaw(await edge.listen(), 'paused');
  await connection.send(chat(true));
  connection.socket.resume();
  let pauses = 0;
  connection.socket.on('data', () => {
    if (pauses >= 20) return;
    pauses += 1;
    connection.socket.pause();
    setImmediate(() => connection.socket.resume());
  });
  await connection.closed();
  const texts = dataOf(connection)
    .filter((data) => data.startsWith('{'))
    .map((data) => JSON.parse(data).choices[0].delta.content as string | undefined)
    .filter((text) => text);
  assert.deepEqual(texts, words);
  assert.equal(dataOf(connection).at(-1), '[DONE]');
});

test('stream: silence brings comments, and the status after 15 s of it', { timeout }, async (t) => {
  const clock = new FakeClock();
  const edge = createTestEdge(t, { clock });
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const { promise: late, resolve: speak } = Promise.withResolvers<void>();
  edge.inference.script = () => [() => onAsked(), () => late, ...textAnswer('Hello')];
  const connection = await openRaw(await edge.listen());
  await connection.send(chat(true));
  await asked;
  clock.advance(14_999);
  assert.equal(connection.received(), '');
  clock.advance(1);
  await connection.until(': keep-alive');
  assert.match(connection.received(), /^HTTP\/1\.1 200/);
  speak();
  await connection.closed();
  assert.equal(dataOf(connection).at(-1), '[DONE]');
});

test('drain: streams under way finish, new calls are refused', { timeout }, async (t) => {
  const clock = new FakeClock();
  const edge = createTestEdge(t, { clock });
  const { promise: late, resolve: speak } = Promise.withResolvers<void>();
  const [start, word, end] = textAnswer('Hello') as [PredictPart, PredictPart, PredictPart];
  edge.inference.script = () => [start, word, () => late, end];
  const port = await edge.listen();
  const idle = await openRaw(port);
  await idle.send('GET /livez HTTP/1.1\r\nhost: test\r\n\r\n');
  await idle.until('{"alive":true}');
  const connection = await openRaw(port);
  await connection.send(chat(true));
  await connection.until('Hello');
  const drained = edge.server.drain(10_000);
  await idle.closed();
  const ready = await edge.server.inject({ method: 'GET', url: '/readyz' });
  assert.equal(ready.statusCode, 503);
  const refused = await edge.server.inject({
    method: 'POST',
    url: '/v1/chat/completions',
    headers: { authorization: `Bearer ${edgeKeys.first}` },
    payload: { model: 'chat', messages: [{ role: 'user', content: 'hi' }] },
  });
  assert.equal(refused.statusCode, 503);
  assert.equal(refused.json().error.code, 'draining');
  assert.equal(refused.headers['x-should-retry'], 'true');
  await assert.rejects(openRaw(port), /ECONNREFUSED/);
  speak();
  await drained;
  await connection.closed();
  assert.equal(dataOf(connection).at(-1), '[DONE]');
  assert.equal(clock.pendingTimers, 0);
});

test('drain: at its deadline streams end with a clear error event', { timeout }, async (t) => {
  const clock = new FakeClock();
  const { edge, connection, stopped } = await startStream(t, { clock });
  const drained = edge.server.drain(10_000);
  clock.advance(10_000);
  await stopped;
  await drained;
  await connection.closed();
  assert.equal(JSON.parse(dataOf(connection).at(-1) ?? '').error.code, 'draining');
  assert.ok(!connection.received().includes('[DONE]'));
  assert.equal(clock.pendingTimers, 0);
});

test('limits: a key with too many streams gets 429, another key does not', { timeout }, async (t) => {
  const { edge, port } = await startStream(t, { limits: { maxConcurrentStreamsPerKey: 1, maxConcurrentStreams: 2 } });
  const second = await openRaw(port);
  await second.send(chat(true));
  const refused = parseRawAnswer(await second.closed());
  assert.equal(refused?.status, 429);
  assert.equal(JSON.parse(refused?.body ?? '').error.code, 'too_many_streams');
  assert.equal(refused?.headers.get('retry-after'), '1');
  const body = JSON.stringify({ model: 'chat', stream: true, messages: [{ role: 'user', content: 'hi' }] });
  edge.inference.script = () => textAnswer('Hi');
  const other = await openRaw(port);
  await other.send(rawPost('/v1/chat/completions', edgeKeys.second, body));
  assert.equal(parseRawAnswer(await other.closed())?.status, 200);
});
