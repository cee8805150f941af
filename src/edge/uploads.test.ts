// Bodies that are not JSON may be larger than those that are: recordings, tensors.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestEdge, edgeKeys, type TestEdge } from '../../test/fixtures/edge.ts';
import { formOf } from '../../test/fixtures/form.ts';
import { exchangeRaw, openRaw, parseRawAnswer } from '../../test/fixtures/raw-http.ts';

const timeout = 5_000;
const limits = { maxBodyBytes: 600, maxUploadBytes: 3_000 };
const authorization = `Bearer ${edgeKeys.first}`;

function recordingOf(bytes: number): ReturnType<typeof formOf> {
  return formOf([
    ['model', 'm'],
    ['file', new Blob(['x'.repeat(bytes)]), 'a.wav'],
  ]);
}

interface Answer {
  readonly status: number;
  readonly message: string | undefined;
}

async function post(edge: TestEdge, url: string, contentType: string, payload: string | Buffer): Promise<Answer> {
  const headers = { authorization, 'content-type': contentType };
  const { statusCode, body } = await edge.server.inject({ method: 'POST', url, headers, payload });
  const { error } = JSON.parse(body);
  return { status: statusCode, message: typeof error === 'string' ? error : error?.message };
}

test('uploads: a form may be larger than a body of JSON, up to its own limit', async (t) => {
  const edge = createTestEdge(t, { limits });
  const sendForm = async (bytes: number): Promise<Answer> => {
    const { contentType, body } = await recordingOf(bytes);
    return post(edge, '/v1/audio/transcriptions', contentType, body);
  };
  assert.equal((await sendForm(2_000)).status, 200);
  const large = await sendForm(3_000);
  assert.equal(large.status, 413);
  assert.match(large.message ?? '', /larger than the 3000 bytes/);
  const chat = await post(edge, '/v1/chat/completions', 'application/json', JSON.stringify({ model: 'm'.repeat(700) }));
  assert.equal(chat.status, 413);
  assert.match(chat.message ?? '', /larger than the 600 bytes/);
});

test('uploads: tensors may be larger as bytes than as JSON', async (t) => {
  const edge = createTestEdge(t, { limits });
  const url = '/v2/models/m/infer';
  assert.equal((await post(edge, url, 'application/json', ' '.repeat(700))).status, 413);
  // Read, and then found to be no tensors.
  assert.equal((await post(edge, url, 'application/octet-stream', ' '.repeat(700))).status, 400);
  assert.equal((await post(edge, url, 'application/octet-stream', ' '.repeat(3_100))).status, 413);
});

test('uploads: chunks without a declared length are counted against the same limit', { timeout }, async (t) => {
  const edge = createTestEdge(t, { limits });
  const { contentType, body } = await recordingOf(3_000);
  const head = `POST /v1/audio/transcriptions HTTP/1.1\r\nhost: t\r\nx-api-key: ${edgeKeys.first}\r\ncontent-type: ${contentType}`;
  const connection = await openRaw(await edge.listen());
  const chunk = `${body.length.toString(16)}\r\n${body.toString('latin1')}\r\n0\r\n\r\n`;
  await connection.send(Buffer.from(`${head}\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`, 'latin1'));
  assert.equal(parseRawAnswer(await connection.closed())?.status, 413);
});

test('uploads: "Expect: 100-continue" is granted by the limit of the body’s kind', { timeout }, async (t) => {
  const edge = createTestEdge(t, { limits });
  const port = await edge.listen();
  const ask = (path: string, type: string): string =>
    `POST ${path} HTTP/1.1\r\nhost: t\r\nx-api-key: ${edgeKeys.first}\r\ncontent-type: ${type}\r\ncontent-length: 2000\r\nexpect: 100-continue\r\n\r\n`;
  const refused = await exchangeRaw(port, ask('/v1/chat/completions', 'application/json; charset=utf-8'));
  assert.equal(refused.includes('100 Continue'), false);
  assert.equal(parseRawAnswer(refused)?.status, 413);
  assert.equal(parseRawAnswer(refused)?.headers.get('connection'), 'close');
  const connection = await openRaw(port);
  await connection.send(ask('/v1/audio/transcriptions', 'multipart/form-data; boundary=b'));
  await connection.until('100 Continue');
  connection.socket.resetAndDestroy();
  await edge.logged('cancelled');
});

test('uploads: a recording of 25 MB fits in its form by default', async (t) => {
  const { contentType, body } = await recordingOf(25 * 1024 * 1024);
  const answer = await post(createTestEdge(t), '/v1/audio/transcriptions', contentType, body);
  assert.equal(answer.status, 200);
});
