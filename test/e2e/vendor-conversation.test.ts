// A conversation that was begun at OpenAI, not at Sluice, goes on through Sluice; and no way of going on leads to another
// tenant's answers.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { ModelProvider } from '../../src/ports/model.ts';
import { createAnthropicProvider } from '../../src/providers/anthropic/provider.ts';
import { createOpenAiProvider } from '../../src/providers/openai/provider.ts';
import { createOpenAiCompatibleProvider } from '../../src/providers/openai-compatible/provider.ts';
import { createVertexProvider } from '../../src/providers/vertex/provider.ts';
import { createTestEdge, edgeKeys } from '../fixtures/edge.ts';
import { createMemoryResponseStore, type MemoryResponseStore } from '../fixtures/memory-response-store.ts';
import { providerInference } from '../fixtures/provider-inference.ts';
import { quarterEstimator } from '../fixtures/quarter-estimator.ts';
import { createRecordingLog } from '../fixtures/silent-telemetry.ts';
import { answerWith, startUpstream, type Upstream, type UpstreamScript } from '../fixtures/upstream.ts';

const clock = createSystemClock();

interface Heard {
  readonly status: number;
  readonly text: string;
  readonly body: JsonObject;
}

interface Subject {
  readonly upstream: Upstream;
  readonly store: MemoryResponseStore;
  ask(path: string, body: JsonObject, key?: string): Promise<Heard>;
  fetch(path: string): Promise<Heard>;
  /** The bodies that the vendor got. */
  sent(): JsonObject[];
}

type Make = (options: Parameters<typeof createOpenAiProvider>[0]) => ModelProvider;

async function start(t: TestContext, make: Make = createOpenAiProvider, passUnknown = true): Promise<Subject> {
  const upstream = await startUpstream();
  t.after(() => upstream.close());
  const { baseUrl } = upstream;
  const provider = make({ name: 'openai', baseUrl, clock, log: createRecordingLog(), estimator: quarterEstimator });
  const store = createMemoryResponseStore(clock, 1e9);
  const inference = providerInference(() => provider);
  const { server } = createTestEdge(t, { responses: store, passUnknownResponses: passUnknown, inference });
  t.after(() => provider.close());
  const inject = async (method: 'GET' | 'POST', path: string, key: string, payload?: JsonObject): Promise<Heard> => {
    const headers = { authorization: `Bearer ${key}` };
    const answer = await server.inject({
      method,
      url: `/v1/responses${path}`,
      headers,
      ...(payload === undefined ? {} : { payload }),
    });
    const isJson = String(answer.headers['content-type']).startsWith('application/json');
    return { status: answer.statusCode, text: answer.body, body: isJson ? JSON.parse(answer.body) : {} };
  };
  return {
    upstream,
    store,
    ask: (path, body, key = edgeKeys.first) => inject('POST', path, key, { model: 'gpt-5', ...body }),
    fetch: (path) => inject('GET', path, edgeKeys.first),
    sent: () => upstream.exchanges.map(({ body }) => JSON.parse(body) as JsonObject),
  };
}

/** What OpenAI would answer: it knows its own responses and no others. */
function vendorWith(known: ReadonlySet<string>): UpstreamScript {
  let count = 0;
  return (exchange) => {
    const asked = JSON.parse(exchange.body) as JsonObject;
    const past = asked['previous_response_id'];
    if (typeof past === 'string' && !known.has(past)) {
      const message = `Previous response with id '${past}' not found.`;
      const error = { type: 'invalid_request_error', code: 'previous_response_not_found', message };
      const body = JSON.stringify({ error: { ...error, param: 'previous_response_id' } });
      return answerWith({ status: 400, body })(exchange);
    }
    if (exchange.path.endsWith('/input_tokens')) return answerWith({ body: '{"input_tokens":77}' })(exchange);
    count += 1;
    const content = [{ type: 'output_text', text: 'Paris.', annotations: [] }];
    const response = {
      id: `resp_vendor${count}`,
      object: 'response',
      status: 'completed',
      store: asked['store'] ?? true,
      output: [{ type: 'message', id: 'msg_v', role: 'assistant', status: 'completed', content }],
      usage: { input_tokens: 60, output_tokens: 2 },
    };
    if (asked['stream'] !== true) return answerWith({ body: JSON.stringify(response) })(exchange);
    const events = [
      { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
      { type: 'response.completed', response },
    ];
    return answerWith({ body: events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('') })(exchange);
  };
}

const errorOf = ({ status, body }: Heard): unknown[] => {
  const { code, param } = body['error'] as JsonObject;
  return [status, code, param];
};

test('vendor conversation: goes on under the vendor’s ids, and nothing of it is kept here', async (t) => {
  const { upstream, store, ask, fetch, sent } = await start(t);
  upstream.script = vendorWith(new Set(['resp_begun', 'resp_vendor1']));
  const first = await ask('', { input: 'And then?', previous_response_id: 'resp_begun' });
  assert.equal(first.status, 200);
  assert.deepEqual(
    ['id', 'previous_response_id', 'store'].map((name) => first.body[name]),
    ['resp_vendor1', 'resp_begun', true],
  );
  const { id, ...next } = { id: 'resp_vendor1', input: [{ type: 'function_call_output', call_id: 'c', output: 'x' }] };
  const second = await ask('', { ...next, previous_response_id: id, store: false, stream: true });
  assert.equal(second.status, 200);
  const ids = [...second.text.matchAll(/"id":"(resp_\w+)"/g)].map(([, found]) => found);
  assert.deepEqual([...new Set(ids)], ['resp_vendor2']);
  assert.match(second.text, /event: response\.completed/);

  const [begun, continued] = sent();
  assert.deepEqual([begun?.['previous_response_id'], begun?.['store']], ['resp_begun', true]);
  assert.deepEqual(begun?.['input'], [{ type: 'message', role: 'user', content: 'And then?' }]);
  assert.deepEqual([continued?.['previous_response_id'], continued?.['store']], ['resp_vendor1', false]);
  assert.deepEqual(continued?.['input'], next.input);
  assert.deepEqual(store.kept, []);
  assert.equal((await fetch('/resp_vendor1')).status, 404);
});

test('vendor conversation: unless the operator lets it through it is not found, as at OpenAI, and no vendor is asked', async (t) => {
  const { upstream, ask } = await start(t, createOpenAiProvider, false);
  upstream.script = vendorWith(new Set(['resp_begun']));
  for (const key of [edgeKeys.first, edgeKeys.second]) {
    for (const [path, stream] of [
      ['', false],
      ['', true],
      ['/input_tokens', false],
    ] as const) {
      const unknown = await ask(path, { input: 'And then?', stream, previous_response_id: 'resp_begun' }, key);
      assert.deepEqual(errorOf(unknown), [400, 'previous_response_not_found', 'previous_response_id']);
      assert.match(unknown.text, /Previous response with id 'resp_begun' not found\. .*responses\.passUnknown/);
      for (const conversation of ['conv_1', { id: 'conv_1' }]) {
        const object = await ask(path, { input: 'And then?', stream, conversation }, key);
        assert.deepEqual(errorOf(object), [404, 'not_found', 'conversation']);
        assert.match(object.text, /Conversation with id 'conv_1' not found\. .*responses\.passUnknown/);
      }
    }
  }
  assert.equal(upstream.exchanges.length, 0);
});

test('vendor conversation: a conversation object reaches the vendor and comes back', async (t) => {
  const { upstream, ask, sent } = await start(t);
  upstream.script = vendorWith(new Set());
  const { body } = await ask('', { input: 'Hi', conversation: 'conv_1' });
  assert.deepEqual([body['id'], body['conversation']], ['resp_vendor1', { id: 'conv_1' }]);
  assert.deepEqual([sent()[0]?.['conversation'], sent()[0]?.['store']], ['conv_1', true]);
});

test('vendor conversation: another tenant’s answer of Sluice’s cannot be gone on from', async (t) => {
  const { upstream, ask, sent } = await start(t);
  upstream.script = vendorWith(new Set());
  const { body } = await ask('', { input: 'My secret is 4711.' });
  assert.equal(sent()[0]?.['store'], false, 'what Sluice keeps the vendor does not');
  const own = await ask('', { input: 'Which?', previous_response_id: String(body['id']) });
  assert.match(JSON.stringify(sent()[1]), /4711/);
  assert.equal(own.status, 200);

  const past = { previous_response_id: String(body['id']) };
  const output = body['output'] as JsonObject[];
  for (const stream of [false, true]) {
    for (const input of ['Which?', [{ type: 'item_reference', id: String(output[0]?.['id']) }]]) {
      const stranger = await ask('', { input, stream, ...past }, edgeKeys.second);
      assert.deepEqual(errorOf(stranger), [400, 'previous_response_not_found', 'previous_response_id']);
      assert.doesNotMatch(stranger.text, /4711|Paris/);
    }
  }
  const counted = await ask('/input_tokens', { input: 'Which?', ...past }, edgeKeys.second);
  assert.deepEqual(errorOf(counted).slice(0, 2), [400, 'previous_response_not_found']);
  for (const asked of sent().slice(2)) assert.doesNotMatch(JSON.stringify(asked), /4711|Paris/);
});

test('vendor conversation: input tokens are the vendor’s to count, never a guess of ours', async (t) => {
  const asked = { input: 'x', previous_response_id: 'resp_begun' };
  const known = await start(t);
  known.upstream.script = vendorWith(new Set(['resp_begun']));
  assert.equal((await known.ask('/input_tokens', asked)).body['input_tokens'], 77);
  assert.equal(known.sent()[0]?.['previous_response_id'], 'resp_begun');
  const unable = await start(t, (options) => createAnthropicProvider(options));
  assert.deepEqual(errorOf(await unable.ask('/input_tokens', asked)), [
    400,
    'previous_response_not_found',
    'previous_response_id',
  ]);
});

const others: Readonly<Record<string, Make>> = {
  'openai over chat completions': (options) => createOpenAiProvider({ ...options, api: 'chat' }),
  'openai-compatible': createOpenAiCompatibleProvider,
  anthropic: (options) => createAnthropicProvider(options),
  vertex: (options) =>
    createVertexProvider({ ...options, auth: { kind: 'api-key', apiKey: async () => 'k' }, project: 'project-1' }),
};

for (const [name, make] of Object.entries(others)) {
  test(`vendor conversation: ${name} cannot have it, and is not asked`, async (t) => {
    const { upstream, ask } = await start(t, make);
    const result = { type: 'function_call_output', call_id: 'call_1', output: 'x' };
    for (const stream of [false, true]) {
      for (const input of ['x', [result]]) {
        const heard = await ask('', { input, stream, previous_response_id: 'resp_begun' });
        assert.deepEqual(errorOf(heard), [400, 'previous_response_not_found', 'previous_response_id']);
        assert.match(heard.text, /Previous response with id 'resp_begun' not found\./);
      }
      const heard = await ask('', { input: 'x', stream, conversation: { id: 'conv_1' } });
      assert.deepEqual(errorOf(heard), [400, 'unsupported_capability', 'conversation']);
    }
    assert.equal(upstream.exchanges.length, 0);
  });
}
