import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestEdge, edgeKeys } from '../../test/fixtures/edge.ts';
import { FakeClock } from '../../test/fixtures/fake-clock.ts';
import { exchangeRaw, openRaw, parseRawAnswer, rawPost } from '../../test/fixtures/raw-http.ts';
import { textAnswer } from '../../test/fixtures/scripted-inference.ts';

const timeout = 5_000;
const path = '/v1/chat/completions';
const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] });

test('connection: a client that leaves in the middle of its body is logged as gone', { timeout }, async (t) => {
  const clock = new FakeClock();
  const edge = createTestEdge(t, { clock });
  const connection = await openRaw(await edge.listen());
  const request = rawPost(path, edgeKeys.first, body);
  await connection.send(request.subarray(0, request.length - 5));
  while (clock.pendingTimers < 2) await new Promise((resolve) => setImmediate(resolve));
  connection.socket.resetAndDestroy();
  assert.equal((await edge.logged('cancelled')).fields['status'], 499);
  assert.equal(edge.inference.calls.length, 0);
  assert.equal(clock.pendingTimers, 0);
});

test('connection: a client that closes its side in the middle of its body is told so', { timeout }, async (t) => {
  const edge = createTestEdge(t);
  const connection = await openRaw(await edge.listen());
  const request = rawPost(path, edgeKeys.first, body);
  await connection.send(request.subarray(0, request.length - 5));
  connection.socket.end();
  const answer = parseRawAnswer(await connection.closed());
  assert.equal(answer?.status, 400);
  assert.equal(JSON.parse(answer?.body ?? '').error.code, 'malformed_http');
  assert.equal(edge.inference.calls.length, 0);
});

test('connection: a body that comes in two pieces, one split inside a character, is read', { timeout }, async (t) => {
  const edge = createTestEdge(t);
  const connection = await openRaw(await edge.listen());
  const request = rawPost(path, edgeKeys.first, body.replace('hello', 'h\u00e9llo'));
  const at = request.indexOf(0xa9);
  await connection.send(request.subarray(0, at));
  await new Promise((resolve) => setImmediate(resolve));
  await connection.send(request.subarray(at));
  assert.equal(parseRawAnswer(await connection.closed())?.status, 200);
  const request0 = edge.inference.calls[0]?.request;
  assert.ok(request0 !== undefined && 'messages' in request0);
  assert.deepEqual(request0.messages[0]?.content, [{ type: 'text', text: 'h\u00e9llo' }]);
});

test('connection: a refused upload of 8 MB sees its answer before the close', { timeout }, async (t) => {
  const edge = createTestEdge(t);
  const connection = await openRaw(await edge.listen());
  const request = rawPost(path, 'sk-wrong', Buffer.alloc(8 * 1024 * 1024, ' '));
  void connection.send(request);
  const answer = parseRawAnswer(await connection.closed());
  assert.equal(answer?.status, 401);
  assert.equal(answer?.headers.get('connection'), 'close');
});

test('connection: bodies that would hold too much memory together get 503', { timeout }, async (t) => {
  const edge = createTestEdge(t, { limits: { maxBufferedBodyBytes: 10 } });
  const answer = parseRawAnswer(await exchangeRaw(await edge.listen(), rawPost(path, edgeKeys.first, body)));
  assert.equal(answer?.status, 503);
  assert.equal(JSON.parse(answer?.body ?? '').error.code, 'overloaded');
});

test('connection: "Expect: 100-continue" is answered for a body that fits', { timeout }, async (t) => {
  const edge = createTestEdge(t);
  const connection = await openRaw(await edge.listen());
  const request = rawPost(path, edgeKeys.first, body, ['expect: 100-continue']);
  const bodyStart = request.indexOf('\r\n\r\n') + 4;
  await connection.send(request.subarray(0, bodyStart));
  await connection.until('100 Continue');
  await connection.send(request.subarray(bodyStart));
  assert.equal(parseRawAnswer(await connection.closed())?.status, 200);
});

test('connection: a stream to a client of HTTP/1.0 comes without chunks and ends with a close', {
  timeout,
}, async (t) => {
  const edge = createTestEdge(t);
  const streamed = `${body.slice(0, -1)},"stream":true}`;
  const request = rawPost(path, edgeKeys.first, streamed).toString().replace('HTTP/1.1', 'HTTP/1.0');
  const answer = parseRawAnswer(await exchangeRaw(await edge.listen(), request));
  assert.equal(answer?.status, 200);
  assert.ok(answer?.body.startsWith('data: {'));
  assert.ok(answer?.body.endsWith('data: [DONE]\n\n'));
});

test('connection: HEAD gets the headers of GET and no body', { timeout }, async (t) => {
  const edge = createTestEdge(t);
  const answer = parseRawAnswer(
    await exchangeRaw(await edge.listen(), 'HEAD /livez HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n'),
  );
  assert.equal(answer?.headers.get('content-length'), '14');
  assert.equal(answer?.body, '');
});

test('connection: two requests in one packet are answered in order', { timeout }, async (t) => {
  const edge = createTestEdge(t);
  edge.inference.script = (request) => textAnswer(`for ${request.model}`);
  const first = rawPost(path, edgeKeys.first, body).toString().replace('connection: close\r\n', '');
  const second = rawPost(path, edgeKeys.first, body.replace('chat', 'other'));
  const text = await exchangeRaw(await edge.listen(), Buffer.concat([Buffer.from(first), second]));
  assert.ok(text.indexOf('for chat') > 0 && text.indexOf('for chat') < text.indexOf('for other'));
});

test('connection: a large whole answer reaches a client that reads slowly', { timeout }, async (t) => {
  const edge = createTestEdge(t);
  const words = 'w'.repeat(5 * 1024 * 1024);
  edge.inference.script = () => textAnswer(words);
  const connection = await openRaw(await edge.listen());
  connection.socket.on('data', () => {
    connection.socket.pause();
    setImmediate(() => connection.socket.resume());
  });
  await connection.send(rawPost(path, edgeKeys.first, body));
  const answer = parseRawAnswer(await connection.closed());
  assert.equal(JSON.parse(answer?.body ?? '').choices[0].message.content, words);
});

test('connection: two Host headers are refused, whichever is right', { timeout }, async (t) => {
  const edge = createTestEdge(t);
  const connection = await openRaw(await edge.listen());
  await connection.send(Buffer.from('GET /livez HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n'));
  const answer = parseRawAnswer(await connection.closed());
  assert.equal(answer?.status, 400);
  assert.match(answer?.body ?? '', /more than one Host header/);
});

test('connection: an expectation that nobody knows is no reason to refuse a call', { timeout }, async (t) => {
  const edge = createTestEdge(t);
  const connection = await openRaw(await edge.listen());
  await connection.send(Buffer.from('GET /livez HTTP/1.1\r\nHost: a\r\nExpect: the-best\r\nConnection: close\r\n\r\n'));
  assert.equal(parseRawAnswer(await connection.closed())?.status, 200);
});

test('connection: one more than the bound is closed at once, and the others are served', { timeout }, async (t) => {
  const edge = createTestEdge(t, { limits: { maxConnections: 1 } });
  const port = await edge.listen();
  const first = await openRaw(port);
  const second = await openRaw(port);
  assert.equal(await second.closed(), '');
  await first.send(rawPost(path, edgeKeys.first, body));
  assert.equal(parseRawAnswer(await first.closed())?.status, 200);
});

test('connection: a request that is not whole in time is refused, however steadily it comes', {
  timeout,
}, async (t) => {
  // Node's own clock ends it; the edge's, by which a silent body is told, stands still.
  const limits = { headersTimeoutMs: 100, requestTimeoutMs: 100 };
  const edge = createTestEdge(t, { clock: new FakeClock(), limits });
  const connection = await openRaw(await edge.listen());
  const request = rawPost(path, edgeKeys.first, body);
  await connection.send(request.subarray(0, request.length - 5));
  const answer = parseRawAnswer(await connection.closed());
  assert.equal(answer?.status, 408);
  assert.equal(JSON.parse(answer?.body ?? '').error.code, 'request_timeout');
  assert.equal(edge.inference.calls.length, 0);
});

test('connection: one that is idle for too long is closed', { timeout }, async (t) => {
  const edge = createTestEdge(t, { limits: { keepAliveTimeoutMs: 1 } });
  const connection = await openRaw(await edge.listen());
  await connection.send(Buffer.from('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n'));
  assert.equal(parseRawAnswer(await connection.closed())?.status, 200);
});
