import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { answerWith, startUpstream, type Upstream } from '../../../test/fixtures/upstream.ts';
import { failureOfCall, modelCall, readParts } from '../../../test/fixtures/upstream-calls.ts';
import { collectResponse } from '../../core/collect.ts';
import { textOf } from '../../core/message.ts';
import type { ModelProvider } from '../../ports/model.ts';
import { type AnthropicOptions, createAnthropicProvider } from './provider.ts';

let upstream: Upstream;
let clock: FakeClock;
const open: ModelProvider[] = [];

describe('anthropic provider', () => {
  beforeEach(async () => {
    upstream = await startUpstream();
    clock = new FakeClock();
  });

  afterEach(async () => {
    for (const provider of open.splice(0)) await provider.close();
    await upstream.close();
    assert.equal(clock.pendingTimers, 0, 'a timer was left behind');
  });

  function create(options: Partial<AnthropicOptions> = {}): ModelProvider {
    const log = createRecordingLog();
    const provider = createAnthropicProvider({
      name: 'p',
      estimator: quarterEstimator,
      baseUrl: upstream.baseUrl,
      clock,
      log,
      ...options,
    });
    open.push(provider);
    return provider;
  }

  function fixture(name: string): string {
    return readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
  }

  const request = chatRequest('alias', { sampling: { seed: 1 } });
  const german = 'Wetter in 東京: mild 🗼';

  test('anthropic provider: a question is posted with key and version, and its answer comes back whole', async () => {
    upstream.script = answerWith({ body: fixture('every-event.json') });
    const provider = create({ apiKey: async () => 'sk-ant-1', headers: { 'Anthropic-Beta': 'b-1' } });
    const response = await provider.predict(request, modelCall('claude-sonnet-4-5'));
    assert.equal(textOf(response.content), german);
    assert.equal(response.target, 'p/claude-sonnet-4-5');
    assert.deepEqual(response.downgrades, ['seed']);
    const [exchange] = upstream.exchanges;
    assert.equal(exchange?.path, '/v1/messages');
    assert.equal(exchange?.headers['x-api-key'], 'sk-ant-1');
    assert.equal(exchange?.headers['authorization'], undefined);
    assert.equal(exchange?.headers['anthropic-version'], '2023-06-01');
    assert.equal(exchange?.headers['anthropic-beta'], 'b-1');
    assert.equal(JSON.parse(exchange?.body ?? '').stream, undefined);
  });

  test('anthropic provider: features that the caller asks for go as a header, after those of the configuration', async () => {
    upstream.script = answerWith({ body: fixture('every-event.json') });
    const extra = { anthropic_beta: ['b-2', 'b-3'], speed: 'fast' };
    const asked = chatRequest('alias', { dialect: 'anthropic', extra });
    await create({ headers: { 'Anthropic-Beta': 'b-1' } }).predict(asked, modelCall('m'));
    upstream.script = answerWith({ body: fixture('every-event.sse') });
    await collectResponse(create().predictStream(asked, modelCall('m')));
    upstream.script = answerWith({ body: '{"input_tokens":7}' });
    await create().countTokens?.(asked, modelCall('m'));
    const sent = upstream.exchanges.map(({ headers }) => headers['anthropic-beta']);
    assert.deepEqual(sent, ['b-1, b-2, b-3', 'b-2, b-3', 'b-2, b-3']);
    for (const { body } of upstream.exchanges) {
      const { speed, anthropic_beta: field } = JSON.parse(body);
      assert.deepEqual([speed, field], ['fast', undefined]);
    }
  });

  test('anthropic provider: a feature that is no name never becomes a header', async () => {
    for (const names of ['b-1', ['b-1\r\nx-api-key: stolen'], [1], { a: 1 }]) {
      const asked = chatRequest('alias', { dialect: 'anthropic', extra: { anthropic_beta: names } });
      const failures = [
        create().predict(asked, modelCall('m')),
        collectResponse(create().predictStream(asked, modelCall('m'))),
      ];
      for (const failure of failures) {
        const { reason, param } = await failureOfCall(failure);
        assert.deepEqual([reason, param], ['invalid_request', 'anthropic_beta']);
      }
    }
    assert.equal(upstream.exchanges.length, 0);
  });

  test('anthropic provider: a stream arrives in order whatever the pieces', async () => {
    const provider = create();
    for (const chunkBytes of [1, 7, 100_000]) {
      upstream.script = answerWith({ body: fixture('every-event.sse'), chunkBytes });
      const response = await collectResponse(provider.predictStream(request, modelCall('m')));
      assert.equal(textOf(response.content), german);
      assert.deepEqual(response.downgrades, ['seed']);
    }
    assert.equal(JSON.parse(upstream.exchanges[0]?.body ?? '').stream, true);
  });

  test('anthropic provider: a whole answer in place of a stream, and an error in place of an answer', async () => {
    const provider = create();
    upstream.script = answerWith({ body: fixture('every-event.json') });
    const response = await collectResponse(provider.predictStream(request, modelCall('m')));
    assert.equal(textOf(response.content), german);
    assert.deepEqual(response.downgrades, ['seed']);
    upstream.script = answerWith({
      body: '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    });
    for (const attempt of [
      provider.predict(request, modelCall('m')),
      collectResponse(provider.predictStream(request, modelCall('m'))),
    ]) {
      assert.equal((await failureOfCall(attempt)).upstream?.status, 529);
    }
  });

  test('anthropic provider: usage that the vendor does not report is estimated and says so', async () => {
    const estimated = { inputTokens: 6, outputTokens: 2, source: 'estimated' };
    const body = '{"type":"message","content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn"}';
    upstream.script = answerWith({ body });
    assert.deepEqual((await create().predict(request, modelCall('m'))).usage, estimated);
    assert.deepEqual((await collectResponse(create().predictStream(request, modelCall('m')))).usage, estimated);
    const events = [
      { type: 'message_start', message: { id: 'msg_1', model: 'm' } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Hel' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'lo' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      { type: 'message_stop' },
    ];
    upstream.script = answerWith({ body: events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('') });
    assert.deepEqual((await collectResponse(create().predictStream(request, modelCall('m')))).usage, estimated);
  });

  test('anthropic provider: a cut stream fails after the parts that came', async () => {
    const body = fixture('every-event.sse').split('event: message_delta')[0] ?? '';
    for (const ending of ['end', 'cut', 'reset'] as const) {
      upstream.script = answerWith({ body, ending });
      const { parts, error } = await readParts(create().predictStream(request, modelCall('m')));
      assert.ok(parts.every((part) => part.type !== 'end'));
      assert.ok(error?.reason === 'upstream_truncated' || error?.reason === 'upstream_unavailable', error?.reason);
    }
  });

  test('anthropic provider: tokens are counted by the vendor, without what only shapes the answer', async () => {
    upstream.script = answerWith({ body: '{"input_tokens":42}' });
    const count = await create().countTokens?.(chatRequest('alias', { sampling: { stop: ['x'] } }), modelCall('m'));
    assert.deepEqual(count, { model: 'm', target: 'p/m', attempts: 1, inputTokens: 42, source: 'provider' });
    const [exchange] = upstream.exchanges;
    assert.equal(exchange?.path, '/v1/messages/count_tokens');
    assert.deepEqual(JSON.parse(exchange?.body ?? ''), { model: 'm', messages: [{ role: 'user', content: 'Hello?' }] });
    const seeded = await create().countTokens?.(chatRequest('alias', { sampling: { seed: 1 } }), modelCall('m'));
    assert.deepEqual(seeded?.downgrades, ['seed']);
    upstream.script = answerWith({ body: '{}' });
    const failure = failureOfCall(create().countTokens?.(request, modelCall('m')) ?? assert.fail());
    assert.equal((await failure).reason, 'upstream_malformed');
  });

  test('anthropic provider: another host of the API has its own paths, key, version and body', async () => {
    upstream.script = answerWith({ body: fixture('every-event.sse') });
    const provider = create({
      apiKey: async () => 'token',
      keyHeaders: (key) => ({ authorization: `Bearer ${key}` }),
      version: false,
      messagesPath: (call, streamed) => `/models/${call.model}:${streamed ? 'streamRawPredict' : 'rawPredict'}`,
      countTokensPath: () => '/models/count-tokens:rawPredict',
      finishBody: ({ model: _, ...body }) => ({ anthropic_version: 'vertex-2023-10-16', ...body }),
    });
    await collectResponse(provider.predictStream(request, modelCall('claude-x')));
    const [exchange] = upstream.exchanges;
    assert.equal(exchange?.path, '/v1/models/claude-x:streamRawPredict');
    assert.equal(exchange?.headers['authorization'], 'Bearer token');
    assert.equal(exchange?.headers['anthropic-version'], undefined);
    const body = JSON.parse(exchange?.body ?? '');
    assert.deepEqual([body.model, body.anthropic_version], [undefined, 'vertex-2023-10-16']);
  });

  test('anthropic provider: a version among the further headers wins, also when they are read', async () => {
    upstream.script = answerWith({ body: fixture('every-event.json') });
    for (const headers of [
      { 'Anthropic-Version': '2030-01-01' },
      async () => ({ 'Anthropic-Version': '2030-01-01' }),
    ]) {
      await create({ headers }).predict(request, modelCall('m'));
      assert.equal(upstream.exchanges.at(-1)?.headers['anthropic-version'], '2030-01-01');
    }
    await create({ headers: async () => ({ x: '1' }) }).predict(request, modelCall('m'));
    assert.equal(upstream.exchanges.at(-1)?.headers['anthropic-version'], '2023-06-01');
  });

  test('anthropic provider: a request that cannot be translated fails at the first part, and nothing is sent', async () => {
    const provider = create();
    const raw = chatRequest('alias', { prompt: 'Once', messages: [] });
    const { error } = await readParts(provider.predictStream(raw, modelCall('m')));
    assert.equal(error?.reason, 'unsupported_capability');
    assert.equal((await failureOfCall(provider.predict(raw, modelCall('m')))).param, 'prompt');
    assert.equal(upstream.connections, 0);
  });

  test('anthropic provider: after 401 the key is read again', async () => {
    upstream.script = (exchange) => {
      const isNew = exchange.headers['x-api-key'] === 'new';
      const refusal = '{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}';
      return answerWith(isNew ? { body: fixture('every-event.json') } : { status: 401, body: refusal })(exchange);
    };
    const keys = ['old', 'new'];
    const provider = create({ apiKey: async () => keys.shift() ?? 'none' });
    assert.equal(textOf((await provider.predict(request, modelCall('m'))).content), german);
  });

  test('anthropic provider: cannot embed, and describes the models that it was given', async () => {
    const provider = create();
    const error = await failureOfCall(provider.embed({ model: 'm', input: ['x'] }, modelCall('m')));
    assert.deepEqual([error.reason, error.param], ['unsupported_capability', 'model']);
    assert.deepEqual(provider.models(), []);
  });
});
