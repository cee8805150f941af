// The story of the edge: read this first.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestEdge, edgeKeys } from '../../test/fixtures/edge.ts';
import { textAnswer } from '../../test/fixtures/scripted-inference.ts';
import { SluiceError } from '../core/error.ts';

const headers = { authorization: `Bearer ${edgeKeys.first}` };
const chat = { method: 'POST', url: '/v1/chat/completions', headers } as const;
const payload = { model: 'chat', messages: [{ role: 'user', content: 'hello' }] };

test('edge: what a target could not honour is named in a header, whole and streamed', async (t) => {
  const edge = createTestEdge(t);
  edge.inference.script = () =>
    textAnswer('Hi').map((part) => (part.type === 'start' ? { ...part, downgrades: ['metadata', 'user'] } : part));
  for (const stream of [false, true]) {
    const answer = await edge.server.inject({ ...chat, payload: { ...payload, stream } });
    assert.equal(answer.headers['x-sluice-downgraded'], 'metadata, user');
  }
  edge.inference.script = () => textAnswer('Hi');
  const whole = await edge.server.inject({ ...chat, payload });
  assert.equal(whole.headers['x-sluice-downgraded'], undefined);
});

test('edge: a chat completion goes through, and everything around it is there', async (t) => {
  const edge = createTestEdge(t);
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const answer = await edge.server.inject({
    ...chat,
    headers: { ...headers, traceparent, 'x-request-id': 'mine-1' },
    payload,
  });
  assert.equal(answer.statusCode, 200);
  assert.equal(answer.json().choices[0].message.content, 'Hello world');
  assert.equal(answer.headers['x-sluice-request-id'], 'req_1');
  assert.equal(answer.headers['x-request-id'], 'req_1');
  assert.equal(answer.headers['x-sluice-model'], 'scripted/model-1');
  assert.equal(answer.headers['x-sluice-attempts'], '1');
  assert.equal(answer.headers['traceparent'], traceparent);

  const call = edge.inference.calls[0];
  assert.equal(call?.method, 'predict');
  assert.equal(call?.context.tenantId, 'tenant-1');
  assert.equal(call?.context.requestId, 'req_1');
  assert.equal(call?.context.traceparent, traceparent);

  const line = await edge.logged('');
  const { durationMs, ...fields } = line.fields;
  assert.equal(typeof durationMs, 'number');
  assert.deepEqual(fields, {
    requestId: 'req_1',
    clientRequestId: 'mine-1',
    method: 'POST',
    route: '/v1/chat/completions',
    status: 200,
    reason: undefined,
    tenantId: 'tenant-1',
    keyId: 'key_1',
    model: 'chat',
    target: 'scripted/model-1',
    attempts: 1,
    inputTokens: 3,
    outputTokens: 2,
    stream: false,
  });
  assert.equal(edge.lines.length, 1);
  assert.ok(!JSON.stringify(edge.lines).includes('hello'), 'no content in the log');
  assert.equal(edge.metrics.get('sluice_http_requests_total{/v1/chat/completions,200,}'), 1);
  assert.equal(edge.metrics.get('sluice_http_requests_in_flight{}'), 0);
});

test('edge: what went wrong inside is logged with its cause, and the caller gets an id instead', async (t) => {
  const edge = createTestEdge(t);
  edge.inference.script = () => {
    throw new TypeError('password=hunter2');
  };
  const answer = await edge.server.inject({ ...chat, payload });
  assert.equal(answer.statusCode, 500);
  assert.ok(!answer.body.includes('hunter2'));
  assert.match(answer.json().error.message, /req_1/);
  assert.equal(answer.headers['x-should-retry'], 'false');
  assert.equal(answer.headers['x-sluice-error-reason'], answer.json().error.code);
  const line = await edge.logged('internal');
  assert.equal(line.level, 'error');
  assert.match(String(line.fields['detail']), /hunter2/);
});

test('edge: a vendor that refuses this server keeps its status, blames nobody’s key but ours, and wakes the operator', async (t) => {
  const edge = createTestEdge(t);
  for (const status of [401, 402, 403, 429]) {
    edge.inference.script = () => {
      const upstream = { target: 'p/m', status, type: 'some_error' };
      throw new SluiceError('upstream_unauthenticated', { detail: 'key sk-secret', upstream });
    };
    const answer = await edge.server.inject({ ...chat, payload });
    assert.equal(answer.statusCode, status);
    assert.equal(answer.headers['x-should-retry'], 'false');
    assert.equal(answer.headers['retry-after'], undefined);
    const { error } = answer.json();
    assert.deepEqual([error.type, error.code], ['some_error', 'upstream_unauthenticated']);
    assert.match(error.message, /^The provider refused .* of this server, not your API key\.$/);
    assert.ok(!answer.body.includes('sk-secret'));
  }
  assert.equal((await edge.logged('upstream_unauthenticated')).level, 'warn');
});

test('edge: a failed authentication is counted, and a store that is away is a 503', async (t) => {
  const edge = createTestEdge(t, {
    authenticator: {
      authenticate: (key) => Promise.reject(new SluiceError(key === 'a' ? 'invalid_api_key' : 'store_unavailable')),
    },
  });
  const wrong = await edge.server.inject({ ...chat, headers: { 'x-api-key': 'a' }, payload });
  assert.equal(wrong.statusCode, 401);
  assert.equal(wrong.headers['www-authenticate'], 'Bearer');
  const away = await edge.server.inject({ ...chat, headers: { 'x-api-key': 'b' }, payload });
  assert.equal(away.statusCode, 503);
  assert.equal(edge.metrics.get('sluice_auth_failures_total{invalid_api_key}'), 1);
  assert.equal(edge.metrics.get('sluice_auth_failures_total{store_unavailable}'), 1);
});

test('edge: a key that must be looked up is as good as a known one', async (t) => {
  const edge = createTestEdge(t, { authenticator: { authenticate: async () => ({ tenantId: 't', keyId: 'k' }) } });
  assert.equal((await edge.server.inject({ ...chat, payload })).statusCode, 200);
});

test('edge: a full server says 503 and when to come back, before it looks at the key', async (t) => {
  const edge = createTestEdge(t, { limits: { maxConcurrentRequests: 0 } });
  const answer = await edge.server.inject({ ...chat, headers: {}, payload });
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.json().error.code, 'overloaded');
  assert.equal(answer.headers['retry-after'], '1');
  assert.equal((await edge.server.inject({ method: 'GET', url: '/livez' })).statusCode, 200, 'probes are exempt');
});

test('edge: a key at its limit says 429', async (t) => {
  const edge = createTestEdge(t, { limits: { maxConcurrentRequestsPerKey: 1 } });
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  const { promise: late, resolve: answerFirst } = Promise.withResolvers<void>();
  edge.inference.script = () => [() => onAsked(), () => late, ...textAnswer('Hi')];
  const first = edge.server.inject({ ...chat, payload });
  await asked;
  const second = await edge.server.inject({ ...chat, payload });
  assert.equal(second.statusCode, 429);
  assert.equal(second.json().error.code, 'rate_limited');
  answerFirst();
  assert.equal((await first).statusCode, 200);
});

test('edge: probes and metrics need no key', async (t) => {
  const edge = createTestEdge(t, { ready: false });
  assert.equal((await edge.server.inject({ method: 'GET', url: '/livez' })).statusCode, 200);
  const ready = await edge.server.inject({ method: 'GET', url: '/readyz' });
  assert.equal(ready.statusCode, 503);
  assert.deepEqual(ready.json(), { ready: false, draining: false, checks: { model: 'loaded' } });
  const metrics = await edge.server.inject({ method: 'GET', url: '/metrics' });
  assert.match(String(metrics.headers['content-type']), /^text\/plain/);
  assert.equal(metrics.body, '# metrics\n');
});

test('edge: an unknown path is refused in the dialect that it looks like', async (t) => {
  const edge = createTestEdge(t);
  const openai = await edge.server.inject({ method: 'GET', url: '/v1/nothing' });
  assert.equal(openai.json().error.code, 'route_not_found');
  const anthropic = await edge.server.inject({ method: 'POST', url: '/v1/messages/nothing' });
  assert.equal(anthropic.json().type, 'error');
  for (const url of ['/nothing', '/v1beta', '/v10/chat']) {
    const native = await edge.server.inject({ method: 'GET', url });
    assert.equal(native.headers['content-type'], 'application/problem+json');
    assert.equal(native.json().reason, 'route_not_found');
  }
  assert.equal(edge.metrics.get('sluice_http_requests_total{unmatched,404,route_not_found}'), 5);
});

test('edge: a wrong method is told which one is right', async (t) => {
  const edge = createTestEdge(t);
  const openai = await edge.server.inject({ method: 'DELETE', url: '/v1/models' });
  assert.equal(openai.statusCode, 405);
  assert.equal(openai.headers['allow'], 'GET, HEAD');
  assert.equal(openai.json().error.code, 'method_not_allowed');
  const native = await edge.server.inject({ method: 'POST', url: '/livez', payload: { a: 1 } });
  assert.equal(native.statusCode, 405);
  assert.equal(native.json().reason, 'method_not_allowed');
});

test('edge: models are listed with what they honestly are', async (t) => {
  const edge = createTestEdge(t);
  edge.inference.models = [
    {
      id: 'org/tiny',
      targets: ['local/tiny'],
      ownedBy: 'org',
      summary: 'A toy.',
      capabilities: ['chat'],
      contextTokens: 512,
      createdAtMs: 1_700_000_000_000,
    },
  ];
  const list = await edge.server.inject({ method: 'GET', url: '/v1/models', headers });
  const model = {
    id: 'org/tiny',
    object: 'model',
    created: 1_700_000_000,
    owned_by: 'org',
    sluice: { targets: ['local/tiny'], summary: 'A toy.', capabilities: ['chat'], context_tokens: 512 },
  };
  assert.deepEqual(list.json(), { object: 'list', data: [model] });
  for (const url of ['/v1/models/org/tiny', '/v1/models/org%2Ftiny']) {
    assert.deepEqual((await edge.server.inject({ method: 'GET', url, headers })).json(), model);
  }
  const unknown = await edge.server.inject({ method: 'GET', url: '/v1/models/none', headers });
  assert.equal(unknown.statusCode, 404);
  assert.equal(unknown.json().error.code, 'model_not_found');
});

test('edge: embeddings as numbers and as base64 are the same vectors', async (t) => {
  const edge = createTestEdge(t);
  const embed = async (more: object) => {
    const body = { model: 'embed', input: ['a', 'bcd'], ...more };
    return (await edge.server.inject({ method: 'POST', url: '/v1/embeddings', headers, payload: body })).json();
  };
  const numbers = await embed({});
  assert.deepEqual(numbers.data[1].embedding, [3, 0.5, -0.25]);
  assert.deepEqual(numbers.usage, { prompt_tokens: 2, total_tokens: 2 });
  const base64 = await embed({ encoding_format: 'base64' });
  const bytes = Buffer.from(base64.data[1].embedding, 'base64');
  assert.deepEqual(
    [0, 4, 8].map((at) => bytes.readFloatLE(at)),
    [3, 0.5, -0.25],
  );
});
