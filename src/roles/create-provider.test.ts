import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest } from '../../test/fixtures/calls.ts';
import { FakeClock } from '../../test/fixtures/fake-clock.ts';
import { createFakeIds } from '../../test/fixtures/fake-ids.ts';
import { startHttpProxy } from '../../test/fixtures/http-proxy.ts';
import { quarterEstimator } from '../../test/fixtures/quarter-estimator.ts';
import { createRecordingLog } from '../../test/fixtures/silent-telemetry.ts';
import { answerWith, startUpstream } from '../../test/fixtures/upstream.ts';
import { modelCall } from '../../test/fixtures/upstream-calls.ts';
import { textOf } from '../core/message.ts';
import { createProvider } from './create-provider.ts';

test('create provider: a section of type anthropic speaks the Messages API with its key and headers, through its proxy', async () => {
  const body = '{"type":"message","content":[{"type":"text","text":"Paris."}],"stop_reason":"end_turn"}';
  const upstream = await startUpstream(answerWith({ body }));
  const services = {
    dataDir: '/nowhere',
    secrets: { get: async (name: string) => `value of ${name}` },
    clock: new FakeClock(),
    ids: createFakeIds(),
    estimator: quarterEstimator,
    log: createRecordingLog(),
  };
  const { baseUrl } = upstream;
  const proxy = await startHttpProxy();
  const headers = { 'anthropic-beta': 'b', 'x-team': { secret: 'team' } };
  const apiKey = { secret: 'claude' };
  const provider = createProvider(
    'claude',
    { type: 'anthropic', baseUrl, apiKey, headers, connections: 2, models: [], proxy: proxy.url },
    services,
  );
  try {
    const response = await provider.predict(chatRequest('alias'), modelCall('claude-haiku-4-5'));
    assert.equal(textOf(response.content), 'Paris.');
    assert.equal(response.target, 'claude/claude-haiku-4-5');
    const sent = upstream.exchanges[0]?.headers;
    assert.deepEqual(
      [sent?.['x-api-key'], sent?.['anthropic-beta'], sent?.['x-team'], sent?.['anthropic-version']],
      ['value of claude', 'b', 'value of team', '2023-06-01'],
    );
    assert.deepEqual(proxy.seen, [`${baseUrl}/messages`]);
  } finally {
    await provider.close();
    await proxy.close();
    await upstream.close();
  }
});

test('create provider: a section of type openai speaks both of its APIs, openai-compatible only one', async () => {
  const upstream = await startUpstream((exchange) => {
    const whole = { status: 'completed', output: [{ type: 'message', content: [{ type: 'output_text', text: 'R' }] }] };
    const chat = { choices: [{ message: { content: 'C' }, finish_reason: 'stop' }] };
    const body = JSON.stringify(exchange.path === '/v1/responses' ? whole : chat);
    return answerWith({ body })(exchange);
  });
  const services = {
    dataDir: '/nowhere',
    secrets: { get: async (name: string) => `value of ${name}` },
    clock: new FakeClock(),
    ids: createFakeIds(),
    estimator: quarterEstimator,
    log: createRecordingLog(),
  };
  const server = { baseUrl: upstream.baseUrl, apiKey: { secret: 'key' }, headers: {}, connections: 2, models: [] };
  const request = { ...chatRequest('alias'), dialect: 'openai-responses' } as const;
  try {
    for (const [section, text] of [
      [{ ...server, type: 'openai', api: 'auto' }, 'R'],
      [{ ...server, type: 'openai', api: 'chat' }, 'C'],
      [{ ...server, type: 'openai-compatible', rerank: 'jina', continuation: 'none' }, 'C'],
    ] as const) {
      const provider = createProvider('p', section, services);
      assert.equal(textOf((await provider.predict(request, modelCall('gpt-5'))).content), text);
      assert.equal(upstream.exchanges.at(-1)?.headers['authorization'], 'Bearer value of key');
      await provider.close();
    }
  } finally {
    await upstream.close();
  }
});
