import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { type HttpProxy, startHttpProxy } from '../../../test/fixtures/http-proxy.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { answerWith, startUpstream, type Upstream } from '../../../test/fixtures/upstream.ts';
import { failureOfCall, modelCall } from '../../../test/fixtures/upstream-calls.ts';
import { collectResponse } from '../../core/collect.ts';
import { textOf } from '../../core/message.ts';
import type { ModelProvider } from '../../ports/model.ts';
import { createOpenAiCompatibleProvider } from './provider.ts';

let upstream: Upstream;
let proxy: HttpProxy;

describe('a provider behind a proxy', () => {
  before(async () => {
    upstream = await startUpstream();
    proxy = await startHttpProxy();
  });

  after(async () => {
    await proxy.close();
    await upstream.close();
  });

  beforeEach(() => {
    proxy.seen.length = 0;
    proxy.refusal = undefined;
  });

  async function withProvider(run: (provider: ModelProvider) => Promise<void>, proxyUrl = proxy.url): Promise<void> {
    const provider = createOpenAiCompatibleProvider({
      name: 'p',
      baseUrl: upstream.baseUrl,
      proxy: proxyUrl,
      clock: new FakeClock(),
      log: createRecordingLog(),
      estimator: quarterEstimator,
      apiKey: async () => 'sk-1',
    });
    try {
      await run(provider);
    } finally {
      await provider.close();
    }
  }

  const choice = { index: 0, finish_reason: 'stop' };
  const whole = JSON.stringify({ choices: [{ ...choice, message: { content: 'Paris.' } }] });
  const stream = `data: ${JSON.stringify({ choices: [{ ...choice, delta: { content: 'Paris.' } }] })}\n\ndata: [DONE]\n\n`;

  test('proxy: calls and streams go through it, whole addresses and headers included', async () => {
    await withProvider(async (provider) => {
      upstream.script = answerWith({ body: whole });
      assert.equal(textOf((await provider.predict(chatRequest('m'), modelCall('m'))).content), 'Paris.');
      upstream.script = answerWith({ body: stream });
      const streamed = await collectResponse(provider.predictStream(chatRequest('m'), modelCall('m')));
      assert.equal(textOf(streamed.content), 'Paris.');
      assert.deepEqual(proxy.seen, Array(2).fill(`${upstream.baseUrl}/chat/completions`));
      assert.equal(upstream.exchanges[0]?.headers['authorization'], 'Bearer sk-1');
    });
  });

  test('proxy: one that wants a password fails the call, and the provider goes on', async () => {
    await withProvider(async (provider) => {
      proxy.refusal = 407;
      const failure = await failureOfCall(provider.predict(chatRequest('m'), modelCall('m')));
      assert.equal(failure.reason, 'upstream_unavailable');
      proxy.refusal = undefined;
      upstream.script = answerWith({ body: whole });
      assert.equal(textOf((await provider.predict(chatRequest('m'), modelCall('m'))).content), 'Paris.');
    });
  });

  test('proxy: an address that is none is refused at once', async () => {
    await assert.rejects(
      withProvider(async () => {}, 'socks5://x:1'),
      { reason: 'config_invalid' },
    );
  });
});
