// The same broken bodies sent to every route that asks a model: each answers with a 4xx in the words of its own dialect, names
// what is wrong, and asks no model.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTestEdge, edgeKeys, type TestEdge } from '../fixtures/edge.ts';
import { formOf } from '../fixtures/form.ts';

/** Reads an error envelope; fails the test when it is not one. */
type ReadEnvelope = (answer: Answer) => { readonly message: string; readonly reason?: string };

type Answer = Awaited<ReturnType<TestEdge['server']['inject']>>;

const openAi: ReadEnvelope = (answer) => {
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/);
  const { error } = answer.json();
  assert.equal(error.type, 'invalid_request_error');
  return { message: error.message, reason: error.code };
};

const anthropic: ReadEnvelope = (answer) => {
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/);
  const { type, error, request_id } = answer.json();
  assert.equal(type, 'error');
  assert.equal(error.type, answer.statusCode === 413 ? 'request_too_large' : 'invalid_request_error');
  assert.equal(request_id, answer.headers['request-id']);
  return { message: error.message };
};

const problem: ReadEnvelope = (answer) => {
  assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/);
  const { type, status, title, detail, reason } = answer.json();
  assert.deepEqual([type, status], ['about:blank', answer.statusCode]);
  assert.ok(title.length > 0);
  return { message: detail, reason };
};

const messages = [{ role: 'user', content: 'x' }];

/** Every route, how it tells errors, and a body that it takes. */
const routes: readonly [path: string, envelope: ReadEnvelope, good: Readonly<Record<string, unknown>>][] = [
  ['/v1/chat/completions', openAi, { model: 'm', messages }],
  ['/v1/completions', openAi, { model: 'm', prompt: 'x' }],
  ['/v1/embeddings', openAi, { model: 'm', input: 'x' }],
  ['/v1/moderations', openAi, { model: 'm', input: 'x' }],
  ['/v1/messages', anthropic, { model: 'm', max_tokens: 5, messages }],
  ['/v1/messages/count_tokens', anthropic, { model: 'm', messages }],
  ['/v1/rerank', problem, { model: 'm', query: 'q', documents: ['a'] }],
  ['/v1/classify', problem, { model: 'm', input: 'x' }],
];

const json = 'application/json';
const key = { authorization: `Bearer ${edgeKeys.first}` };

function post(edge: TestEdge, url: string, contentType: string, payload: string | Buffer): Promise<Answer> {
  return edge.server.inject({ method: 'POST', url, headers: { ...key, 'content-type': contentType }, payload });
}

const bodies: readonly [name: string, body: string | Buffer, type: string, status: number, reason: string][] = [
  ['half a body', '{"model":"m",', json, 400, 'malformed_json'],
  ['no body', '', json, 400, 'malformed_json'],
  ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), json, 400, 'malformed_json'],
  ['a number', '42', json, 400, 'invalid_request'],
  ['a list', '[]', json, 400, 'invalid_request'],
  ['null', 'null', json, 400, 'invalid_request'],
  ['no fields', '{}', json, 400, 'invalid_request'],
  ['lists 1,000 deep', `{"model":${'['.repeat(1000)}${']'.repeat(1000)}}`, json, 400, 'nesting_too_deep'],
  ['a prototype', '{"__proto__":{"model":"m"}}', json, 400, 'invalid_request'],
  ['text', 'hello', 'text/plain', 415, 'unsupported_media_type'],
  ['a form', 'model=m', 'multipart/form-data; boundary=x', 415, 'unsupported_media_type'],
  ['11 MB', `{"model":"${'m'.repeat(11 * 1024 * 1024)}"}`, json, 413, 'body_too_large'],
];

for (const [path, envelope, good] of routes) {
  test(`bad bodies: ${path} refuses each in its own words and asks no model`, async (t: TestContext) => {
    const edge = createTestEdge(t);
    for (const [name, body, type, status, reason] of bodies) {
      const answer = await post(edge, path, type, body);
      const told = envelope(answer);
      assert.equal(answer.statusCode, status, name);
      assert.equal(told.reason ?? reason, reason, name);
      assert.ok(told.message.length > 0, name);
    }
    assert.equal(edge.inference.calls.length, 0);
  });

  test(`bad fields: ${path} takes none of its fields in a wrong type or without a value`, async (t: TestContext) => {
    const edge = createTestEdge(t);
    for (const field of Object.keys(good)) {
      for (const value of [undefined, 7.5, {}, [], false]) {
        // Moderation has a model of its own choice.
        if (path === '/v1/moderations' && field === 'model' && value === undefined) continue;
        const answer = await post(edge, path, json, JSON.stringify({ ...good, [field]: value }));
        const label = `${field}: ${JSON.stringify(value)}`;
        assert.equal(answer.statusCode, 400, label);
        assert.match(envelope(answer).message, new RegExp(field), label);
      }
    }
    assert.equal(edge.inference.calls.length, 0);
    assert.equal((await post(edge, path, json, JSON.stringify(good))).statusCode, 200, 'the good body is good');
  });
}

test('bad forms: a transcription without a whole form, a recording or a model is refused and asks no model', async (t) => {
  const edge = createTestEdge(t);
  const path = '/v1/audio/transcriptions';
  const recording = ['file', new Blob(['RIFF']), 'a.wav'] as const;
  const whole = await formOf([['model', 'm'], recording]);
  const cut = whole.body.subarray(0, whole.body.length - 20);
  const noModel = await formOf([recording]);
  const noFile = await formOf([['model', 'm']]);
  const textAsFile = await formOf([
    ['model', 'm'],
    ['file', 'RIFF'],
  ]);
  const empty = await formOf([
    ['model', 'm'],
    ['file', new Blob([]), 'a.wav'],
  ]);
  const twoFiles = await formOf([['model', 'm'], recording, recording]);
  const many = await formOf([recording, ...Array.from({ length: 300 }, (_, index) => [`f${index}`, 'x'] as const)]);
  const cases: readonly [name: string, type: string, body: string | Buffer, status: number, message: RegExp][] = [
    ['JSON', json, '{"model":"m"}', 415, /multipart\/form-data/],
    ['no boundary', 'multipart/form-data', whole.body, 400, /boundary/],
    ['another boundary', 'multipart/form-data; boundary=other', whole.body, 400, /not a form/],
    ['an empty body', whole.contentType, '', 400, /not a form/],
    ['a body that is cut', whole.contentType, cut, 400, /cut off/],
    ['rubbish', whole.contentType, Buffer.alloc(1000, 0xff), 400, /not a form/],
    ['no model', noModel.contentType, noModel.body, 400, /'model'/],
    ['no recording', noFile.contentType, noFile.body, 400, /'file'/],
    ['a text as recording', textAsFile.contentType, textAsFile.body, 400, /'file'/],
    ['an empty recording', empty.contentType, empty.body, 400, /'file'.*empty/],
    ['two recordings', twoFiles.contentType, twoFiles.body, 400, /more than 1 files/],
    ['300 fields', many.contentType, many.body, 400, /more than 256 fields/],
    ['27 MB', whole.contentType, Buffer.alloc(27 * 1024 * 1024), 413, /larger/],
  ];
  for (const [name, type, body, status, message] of cases) {
    const answer = await post(edge, path, type, body);
    assert.equal(answer.statusCode, status, name);
    assert.match(openAi(answer).message, message, name);
  }
  assert.equal(edge.inference.calls.length, 0);
  assert.equal((await post(edge, path, whole.contentType, whole.body)).statusCode, 200, 'the whole form is good');
});
