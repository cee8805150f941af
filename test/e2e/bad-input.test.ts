// What an enemy, a broken client or a slow network may send to a listening edge: each case gets an OpenAI-shaped 4xx or a
// close, never a 5xx, never a wait of more than 5 s, and memory stays bounded.

import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import { SluiceError } from '../../src/core/error.ts';
import type { PredictPart } from '../../src/core/predict.ts';
import { createTestEdge, edgeKeys, type TestEdge } from '../fixtures/edge.ts';
import { exchangeRaw, openRaw, parseRawAnswer, rawPost } from '../fixtures/raw-http.ts';
import { textAnswer } from '../fixtures/scripted-inference.ts';

/** The bar: no case may keep its client waiting for longer. */
const timeout = 5_000;
const path = '/v1/chat/completions';
const megabyte = 1024 * 1024;
const good = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] });

async function listening(t: TestContext): Promise<TestEdge & { port: number }> {
  const edge = createTestEdge(t);
  return { ...edge, port: await edge.listen() };
}

/** Asserts an answer in OpenAI's envelope. */
function assertRefused(raw: string, status: number, code: string, param?: string | null): void {
  const answer = parseRawAnswer(raw);
  assert.ok(answer !== undefined, `an answer was expected, the server closed after: ${raw.slice(0, 200)}`);
  assert.equal(answer.status, status, raw);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
  assert.ok((answer.headers.get('x-sluice-request-id') ?? '').startsWith('req_'));
  const { error } = JSON.parse(answer.body);
  assert.equal(typeof error.message, 'string');
  assert.equal(error.code, code);
  assert.equal(error.type, status === 429 ? 'rate_limit_error' : 'invalid_request_error');
  if (param !== undefined) assert.equal(error.param, param);
}

const bodies: readonly [name: string, body: string | Buffer, status: number, code: string, param?: string | null][] = [
  ['no body', '', 400, 'malformed_json'],
  ['half a body', '{"model":"chat","messages":[', 400, 'malformed_json'],
  ['a comma too many', '{"model":"chat",}', 400, 'malformed_json'],
  ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), 400, 'malformed_json'],
  ['NUL bytes', Buffer.alloc(100), 400, 'malformed_json'],
  ['a number', '42', 400, 'invalid_request', null],
  ['an array', '[]', 400, 'invalid_request', null],
  ['null', 'null', 400, 'invalid_request', null],
  ['no fields', '{}', 400, 'invalid_request', 'model'],
  ['no messages', '{"model":"chat"}', 400, 'invalid_request', 'messages'],
  ['empty messages', '{"model":"chat","messages":[]}', 400, 'invalid_request', 'messages'],
  ['messages as text', '{"model":"chat","messages":"hi"}', 400, 'invalid_request', 'messages'],
  [
    'a model that is a number',
    '{"model":1,"messages":[{"role":"user","content":"x"}]}',
    400,
    'invalid_request',
    'model',
  ],
  [
    'an unknown role',
    '{"model":"chat","messages":[{"role":"robot","content":"x"}]}',
    400,
    'invalid_request',
    'messages[0].role',
  ],
  [
    'content that is a number',
    '{"model":"chat","messages":[{"role":"user","content":7}]}',
    400,
    'invalid_request',
    'messages[0].content',
  ],
  [
    'a user who says nothing',
    '{"model":"chat","messages":[{"role":"user"}]}',
    400,
    'invalid_request',
    'messages[0].content',
  ],
  [
    'a picture without address',
    '{"model":"chat","messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]}',
    400,
    'invalid_request',
    'messages[0].content[0].image_url.url',
  ],
  [
    'a temperature in words',
    '{"model":"chat","messages":[{"role":"user","content":"x"}],"temperature":"hot"}',
    400,
    'invalid_request',
    'temperature',
  ],
  [
    'a million choices',
    '{"model":"chat","messages":[{"role":"user","content":"x"}],"n":1000000}',
    400,
    'invalid_request',
    'n',
  ],
  ['a prototype', '{"model":"chat","__proto__":{"admin":true},"messages":[]}', 400, 'invalid_request', null],
  ['a prototype in disguise', '{"model":"chat","\\u005f_proto__":{"x":1},"messages":[]}', 400, 'invalid_request', null],
  ['arrays 100,000 deep', '['.repeat(100_000), 400, 'nesting_too_deep'],
  ['objects 100,000 deep', '{"a":'.repeat(100_000), 400, 'nesting_too_deep'],
  [
    'a tool schema 100,000 deep in a good request',
    `${good.slice(0, -1)},"tools":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    400,
    'nesting_too_deep',
  ],
];

for (const [name, body, status, code, param] of bodies) {
  test(`bad body: ${name} gets ${status} ${code}`, { timeout }, async (t) => {
    const { port, inference } = await listening(t);
    assertRefused(await exchangeRaw(port, rawPost(path, edgeKeys.first, body)), status, code, param);
    assert.equal(inference.calls.length, 0, 'no model may be asked');
  });
}

const headers: readonly [name: string, head: readonly string[], status: number, code: string][] = [
  ['no key', ['content-type: application/json', 'content-length: 2'], 401, 'missing_api_key'],
  ['a wrong key', ['authorization: Bearer sk-wrong', 'content-length: 2'], 401, 'invalid_api_key'],
  ['a wrong key in x-api-key', ['x-api-key: sk-wrong', 'content-length: 2'], 401, 'invalid_api_key'],
  ['another scheme', ['authorization: Basic c2s6', 'content-length: 2'], 401, 'invalid_api_key'],
  [
    'a key of 10,000 characters',
    [`authorization: Bearer ${'k'.repeat(10_000)}`, 'content-length: 2'],
    401,
    'invalid_api_key',
  ],
  [
    'a form',
    [`x-api-key: ${edgeKeys.first}`, 'content-type: application/x-www-form-urlencoded', 'content-length: 2'],
    415,
    'unsupported_media_type',
  ],
  [
    'a content type that is none',
    [`x-api-key: ${edgeKeys.first}`, 'content-type: ;;;', 'content-length: 2'],
    415,
    'unsupported_media_type',
  ],
  [
    'another charset',
    [`x-api-key: ${edgeKeys.first}`, 'content-type: application/json; charset=utf-16', 'content-length: 2'],
    415,
    'unsupported_media_type',
  ],
  [
    'a compressed body',
    [`x-api-key: ${edgeKeys.first}`, 'content-type: application/json', 'content-encoding: gzip', 'content-length: 2'],
    415,
    'unsupported_media_type',
  ],
  [
    'a timeout that is no number',
    [`x-api-key: ${edgeKeys.first}`, 'x-sluice-timeout-ms: soon', 'content-length: 2'],
    400,
    'invalid_request',
  ],
  [
    'a canary that is no name',
    [`x-api-key: ${edgeKeys.first}`, 'x-sluice-canary: next!', 'content-length: 2'],
    400,
    'invalid_request',
  ],
  [
    'two conversations',
    [`x-api-key: ${edgeKeys.first}`, 'x-sluice-conversation: a', 'x-sluice-conversation: b', 'content-length: 2'],
    400,
    'invalid_request',
  ],
];

for (const [name, head, status, code] of headers) {
  test(`bad headers: ${name} gets ${status} ${code}`, { timeout }, async (t) => {
    const { port } = await listening(t);
    const request = [`POST ${path} HTTP/1.1`, 'host: test', 'connection: close', ...head].join('\r\n');
    assertRefused(await exchangeRaw(port, `${request}\r\n\r\n{}`), status, code);
  });
}

test('bad key: the connection is kept, so that a client can correct itself', { timeout }, async (t) => {
  const { port } = await listening(t);
  const connection = await openRaw(port);
  const wrong = rawPost(path, 'sk-wrong', good).toString().replace('connection: close\r\n', '');
  await connection.send(wrong);
  await connection.until('invalid_api_key');
  await connection.send(rawPost(path, edgeKeys.first, good));
  assert.equal(parseRawAnswer(await connection.closed())?.status, 200);
});

const httpCases: readonly [name: string, bytes: string, status: number, code: string][] = [
  ['not HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n', 400, 'malformed_http'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'malformed_http'],
  [
    'content-length beside transfer-encoding',
    `POST ${path} HTTP/1.1\r\nhost: t\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\n\r\n`,
    400,
    'malformed_http',
  ],
  [
    'two content-lengths',
    `POST ${path} HTTP/1.1\r\nhost: t\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!`,
    400,
    'malformed_http',
  ],
  [
    'a transfer-encoding that hides chunked',
    `POST ${path} HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    400,
    'malformed_http',
  ],
  [
    'a negative content-length',
    `POST ${path} HTTP/1.1\r\nhost: t\r\ncontent-length: -1\r\n\r\n`,
    400,
    'malformed_http',
  ],
  ['a space before the colon', `GET /livez HTTP/1.1\r\nhost : t\r\n\r\n`, 400, 'malformed_http'],
  [
    'a header folded over two lines',
    `GET /v1/models HTTP/1.1\r\nhost: t\r\nx-a: b\r\n c\r\n\r\n`,
    400,
    'malformed_http',
  ],
  ['a bare line feed', `GET /v1/models HTTP/1.1\nhost: t\n\n`, 400, 'malformed_http'],
  ['no host', `POST ${path} HTTP/1.1\r\nx-api-key: ${edgeKeys.first}\r\n\r\n`, 400, 'malformed_http'],
  [
    'headers of 1 MB',
    `GET /v1/models HTTP/1.1\r\nhost: t\r\nx-a: ${'a'.repeat(megabyte)}\r\n\r\n`,
    431,
    'headers_too_large',
  ],
  [
    'a path that is not percent-encoded',
    'GET /v1/models/%zz HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n',
    400,
    'invalid_request',
  ],
  ['an unknown route', 'GET /v1/nothing HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n', 404, 'route_not_found'],
  ['a wrong method', `DELETE ${path} HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n`, 405, 'method_not_allowed'],
];

for (const [name, bytes, status, code] of httpCases) {
  test(`bad HTTP: ${name} gets ${status} ${code}`, { timeout }, async (t) => {
    const { port } = await listening(t);
    assertRefused(await exchangeRaw(port, bytes), status, code);
  });
}

test('bad HTTP: rubbish behind a good request does not spoil its answer', { timeout }, async (t) => {
  const { port } = await listening(t);
  const request = rawPost(path, edgeKeys.first, good).toString().replace('connection: close\r\n', '');
  const text = await exchangeRaw(port, `${request}\0\0\0rubbish\r\n\r\n`);
  const [first = '', ...others] = text.split('HTTP/1.1 ').slice(1);
  assert.match(first, /^(200|400)/);
  if (first.startsWith('200'))
    assert.equal(JSON.parse(first.slice(first.indexOf('\r\n\r\n') + 4)).object, 'chat.completion');
  for (const other of others) assert.match(other, /^400/);
});

test('100 MB: a body of declared length gets 413 and is not read', { timeout }, async (t) => {
  const { port } = await listening(t);
  const head = [`POST ${path} HTTP/1.1`, 'host: t', `x-api-key: ${edgeKeys.first}`, 'content-type: application/json'];
  const connection = await openRaw(port);
  await connection.send(`${[...head, `content-length: ${100 * megabyte}`].join('\r\n')}\r\n\r\n`);
  const chunk = Buffer.alloc(megabyte, ' ');
  for (let sent = 0; sent < 100 && !connection.socket.destroyed; sent += 1) await connection.send(chunk);
  assertRefused(await connection.closed(), 413, 'body_too_large');
  // What lies in the buffers of two sockets counts as written; it is a few MB, not a hundred.
  assert.ok(connection.socket.bytesWritten < 50 * megabyte, `${connection.socket.bytesWritten} bytes were taken`);
});

test('100 MB: chunks without a declared length get 413 once they are too many', { timeout }, async (t) => {
  const { port } = await listening(t);
  const head = [`POST ${path} HTTP/1.1`, 'host: t', `x-api-key: ${edgeKeys.first}`, 'content-type: application/json'];
  const connection = await openRaw(port);
  const before = process.memoryUsage().rss;
  await connection.send(`${[...head, 'transfer-encoding: chunked'].join('\r\n')}\r\n\r\n`);
  const chunk = Buffer.concat([
    Buffer.from(`${megabyte.toString(16)}\r\n`),
    Buffer.alloc(megabyte, ' '),
    Buffer.from('\r\n'),
  ]);
  for (let sent = 0; sent < 100 && !connection.socket.destroyed; sent += 1) await connection.send(chunk);
  assertRefused(await connection.closed(), 413, 'body_too_large');
  const grownBytes = process.memoryUsage().rss - before;
  assert.ok(grownBytes < 100 * megabyte, `memory grew by ${grownBytes} bytes`);
});

test('100 MB: with "Expect: 100-continue" the body is never asked for', { timeout }, async (t) => {
  const { port } = await listening(t);
  const head = [`POST ${path} HTTP/1.1`, 'host: t', `x-api-key: ${edgeKeys.first}`, 'content-type: application/json'];
  const text = await exchangeRaw(
    port,
    `${[...head, `content-length: ${100 * megabyte}`, 'expect: 100-continue'].join('\r\n')}\r\n\r\n`,
  );
  assert.ok(!text.includes('100 Continue'));
  assertRefused(text, 413, 'body_too_large');
});

test('unknown model: the 404 of OpenAI', { timeout }, async (t) => {
  const { port, inference } = await listening(t);
  inference.script = (request) => [
    () => {
      throw new SluiceError('model_not_found', {
        message: `The model '${request.model}' does not exist.`,
        param: 'model',
      });
    },
  ];
  const body = good.replace('chat', 'gpt-none');
  assertRefused(await exchangeRaw(port, rawPost(path, edgeKeys.first, body)), 404, 'model_not_found', 'model');
  const streamed = `${body.slice(0, -1)},"stream":true}`;
  assertRefused(await exchangeRaw(port, rawPost(path, edgeKeys.first, streamed)), 404, 'model_not_found', 'model');
});

// Each of these waits for a limit of 4 s, so they wait together.
suite('time limits', { concurrency: true }, () => {
  test('slow headers: one byte a second is cut off with 408 within 5 s', { timeout: 6_000 }, async (t) => {
    const { port } = await listening(t);
    const clock = createSystemClock();
    const startedAtMs = clock.monotonicMs();
    const connection = await openRaw(port);
    const bytes = `POST ${path} HTTP/1.1\r\nhost: slow\r\n`;
    let at = 0;
    const drip = (): void => {
      if (at < bytes.length && !connection.socket.destroyed) {
        connection.socket.write(bytes[at] ?? '');
        at += 1;
        clock.setTimer(1_000, drip);
      }
    };
    drip();
    assertRefused(await connection.closed(), 408, 'request_timeout');
    assert.ok(clock.monotonicMs() - startedAtMs < 5_000);
  });

  test('slow headers: a connection that says nothing is closed within 5 s', { timeout: 6_000 }, async (t) => {
    const { port } = await listening(t);
    const clock = createSystemClock();
    const startedAtMs = clock.monotonicMs();
    await (await openRaw(port)).closed();
    assert.ok(clock.monotonicMs() - startedAtMs < 5_000);
  });

  test('slow body: a client that stops in the middle gets 408 within 5 s', { timeout: 6_000 }, async (t) => {
    const { port, logged } = await listening(t);
    const clock = createSystemClock();
    const startedAtMs = clock.monotonicMs();
    const connection = await openRaw(port);
    const request = rawPost(path, edgeKeys.first, good);
    await connection.send(request.subarray(0, request.length - 10));
    assertRefused(await connection.closed(), 408, 'request_timeout');
    assert.ok(clock.monotonicMs() - startedAtMs < 5_000);
    await logged('request_timeout');
  });

  test('a client that never reads: its stream is cut off within 5 s of standing still', {
    timeout: 15_000,
  }, async (t) => {
    const { port, inference, logged } = await listening(t);
    const [start, word] = textAnswer('z'.repeat(1_000)) as [PredictPart, PredictPart];
    inference.script = function* () {
      yield start;
      for (;;) yield word;
    };
    const clock = createSystemClock();
    const connection = await openRaw(port, 'paused');
    const startedAtMs = clock.monotonicMs();
    await connection.send(rawPost(path, edgeKeys.first, `${good.slice(0, -1)},"stream":true}`));
    await logged('slow_consumer');
    assert.ok(clock.monotonicMs() - startedAtMs < 6_000);
    assert.ok(inference.partsProduced < 32_000, `${inference.partsProduced} parts were made for nobody`);
    connection.socket.destroy();
  });

  test('a client that never reads: a large whole answer is cut off too', { timeout: 15_000 }, async (t) => {
    const { port, inference, logged } = await listening(t);
    inference.script = () => textAnswer('z'.repeat(20 * megabyte));
    const clock = createSystemClock();
    const connection = await openRaw(port, 'paused');
    const startedAtMs = clock.monotonicMs();
    await connection.send(rawPost(path, edgeKeys.first, good));
    await logged('slow_consumer');
    assert.ok(clock.monotonicMs() - startedAtMs < 6_000);
    connection.socket.destroy();
  });
});
