import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { chatRequest } from '../../test/fixtures/calls.ts';
import { FakeClock } from '../../test/fixtures/fake-clock.ts';
import { serviceAccountJson, startTokenService, type TokenService } from '../../test/fixtures/google-token-service.ts';
import { startHttpProxy } from '../../test/fixtures/http-proxy.ts';
import { createRecordingLog } from '../../test/fixtures/silent-telemetry.ts';
import { answerWith, startUpstream, type Upstream } from '../../test/fixtures/upstream.ts';
import { modelCall } from '../../test/fixtures/upstream-calls.ts';
import type { VertexConfig } from '../config/config.ts';
import { collectResponse } from '../core/collect.ts';
import { textOf } from '../core/message.ts';
import type { ModelProvider } from '../ports/model.ts';
import { createVertex } from './create-vertex.ts';

const gemini = '{"candidates":[{"content":{"parts":[{"text":"Gemini."}]},"finishReason":"STOP"}]}';
const claude = '{"type":"message","content":[{"type":"text","text":"Claude."}],"stop_reason":"end_turn"}';
const claudeEvents = [
  '{"type":"message_start","message":{"id":"m1","model":"c","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}',
  '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
  '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Claude."}}',
  '{"type":"content_block_stop","index":0}',
  '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}',
  '{"type":"message_stop"}',
];

describe('a section of type vertex', () => {
  let upstream: Upstream;
  let tokens: TokenService;
  let provider: ModelProvider;

  beforeEach(async () => {
    upstream = await startUpstream((exchange) => {
      const isClaude = exchange.path.includes('anthropic');
      const events = claudeEvents.map((data) => `event: ${JSON.parse(data).type}\ndata: ${data}\n\n`).join('');
      const body = !isClaude ? gemini : exchange.path.endsWith(':streamRawPredict') ? events : claude;
      return answerWith({ body })(exchange);
    });
    tokens = await startTokenService();
    provider = create({ project: 'p', credentials: { secret: 'gcp' } });
  });

  afterEach(async () => {
    await provider.close();
    await tokens.close();
    await upstream.close();
  });

  function create(section: Partial<VertexConfig>): ModelProvider {
    const config: VertexConfig = {
      type: 'vertex',
      location: 'us-east5',
      baseUrl: upstream.baseUrl,
      headers: { 'x-team': { secret: 'team' } },
      connections: 2,
      models: [],
      ...section,
    };
    const account = serviceAccountJson();
    return createVertex('g', config, {
      secrets: { get: async (name) => (name === 'gcp' ? account : `value of ${name}`) },
      clock: new FakeClock(),
      estimator: { count: async () => 1 },
      log: createRecordingLog(),
      fetch: tokens.fetch,
    });
  }

  test('vertex: models of Google and of Anthropic share one source of tokens', async () => {
    const answers: string[] = [];
    for (const model of ['gemini-2.5-pro', 'claude-sonnet-4@20250514', 'anthropic/claude-x']) {
      const response = await provider.predict(chatRequest('alias'), modelCall(model));
      assert.equal(response.target, `g/${model}`);
      answers.push(textOf(response.content));
    }
    assert.deepEqual(answers, ['Gemini.', 'Claude.', 'Claude.']);
    const home = '/v1/projects/p/locations/us-east5/publishers';
    assert.deepEqual(
      upstream.exchanges.map((exchange) => exchange.path),
      [
        `${home}/google/models/gemini-2.5-pro:generateContent`,
        `${home}/anthropic/models/claude-sonnet-4@20250514:rawPredict`,
        `${home}/anthropic/models/claude-x:rawPredict`,
      ],
    );
    for (const { headers } of upstream.exchanges) {
      assert.equal(headers['authorization'], 'Bearer token-1');
      assert.equal(headers['x-team'], 'value of team');
      assert.equal(headers['anthropic-version'], undefined);
    }
    assert.equal(tokens.upstream.exchanges.length, 1);
    const body = JSON.parse(upstream.exchanges[1]?.body ?? '');
    assert.equal(body.anthropic_version, 'vertex-2023-10-16');
    assert.equal(body.model, undefined);
    assert.ok(body.max_tokens > 0);
  });

  test('vertex: Anthropic’s streams and token counts have their own paths', async () => {
    const response = await collectResponse(provider.predictStream(chatRequest('alias'), modelCall('claude-x')));
    assert.equal(textOf(response.content), 'Claude.');
    assert.match(upstream.exchanges[0]?.path ?? '', /\/claude-x:streamRawPredict$/);
    assert.equal(JSON.parse(upstream.exchanges[0]?.body ?? '').stream, true);
    upstream.script = answerWith({ body: '{"input_tokens":5}' });
    const count = await provider.countTokens?.(chatRequest('alias'), modelCall('anthropic/claude-x'));
    assert.equal(count?.inputTokens, 5);
    const [, exchange] = upstream.exchanges;
    assert.match(exchange?.path ?? '', /\/anthropic\/models\/count-tokens:rawPredict$/);
    assert.equal(JSON.parse(exchange?.body ?? '').model, 'claude-x');
  });

  test('vertex: Anthropic’s models go on with an answer, Google’s do not', async () => {
    const { continuation } = provider;
    const model = 'claude-sonnet-4@20250514';
    assert.equal(continuation?.canContinue(chatRequest('alias'), model), true);
    assert.equal(continuation?.canContinue(chatRequest('alias'), 'gemini-2.5-pro'), false);
    const parts = continuation?.continueStream(chatRequest('alias'), 'Begun', modelCall(model)) ?? assert.fail();
    assert.equal(textOf((await collectResponse(parts)).content), 'Claude.');
    const { path, body } = upstream.exchanges[0] ?? assert.fail();
    assert.match(path, /:streamRawPredict$/);
    assert.deepEqual(JSON.parse(body).messages.at(-1), { role: 'assistant', content: 'Begun' });
  });

  test('vertex: calls of both kinds go through the proxy', async () => {
    const proxy = await startHttpProxy();
    const proxied = create({ project: 'p', credentials: { secret: 'gcp' }, proxy: proxy.url });
    try {
      for (const model of ['gemini-2.5-pro', 'claude-x']) await proxied.predict(chatRequest('alias'), modelCall(model));
      assert.deepEqual(
        proxy.seen.map((address) => address.split('/').at(-1)),
        ['gemini-2.5-pro:generateContent', 'claude-x:rawPredict'],
      );
    } finally {
      await proxied.close();
      await proxy.close();
    }
  });

  test('vertex: without a project it is the Gemini API with its key, for every name', async () => {
    const keyed = create({ apiKey: { secret: 'gemini' } });
    try {
      await keyed.predict(chatRequest('alias'), modelCall('claude-x'));
      assert.equal(upstream.exchanges[0]?.path, '/v1/models/claude-x:generateContent');
      assert.equal(upstream.exchanges[0]?.headers['x-goog-api-key'], 'value of gemini');
    } finally {
      await keyed.close();
    }
  });
});
