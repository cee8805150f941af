import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { answerWith, startUpstream, type Upstream } from '../../../test/fixtures/upstream.ts';
import { failureOfCall, modelCall, readParts, textOfParts } from '../../../test/fixtures/upstream-calls.ts';
import { collectResponse } from '../../core/collect.ts';
import { SluiceError } from '../../core/error.ts';
import { textOf } from '../../core/message.ts';
import type { ModelProvider } from '../../ports/model.ts';
import type { GoogleAuth } from './google-auth.ts';
import { createVertexProvider, type VertexOptions } from './provider.ts';

const request = chatRequest('alias');
const answer = JSON.stringify({
  candidates: [{ content: { role: 'model', parts: [{ text: 'Paris.' }] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
});

function fixture(name: string): string {
  return readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
}

/** Tokens `t1`, `t2`, … of which the first ends when `expire` is called. */
function numberedTokens(): GoogleAuth & { expire(): void; fetches: number } {
  let hasExpired = false;
  const source = {
    fetches: 0,
    expire: () => {
      hasExpired = true;
    },
    headersOf: (token: string) => ({ authorization: `Bearer ${token}` }),
    token: Object.assign(
      async () => {
        source.fetches += 1;
        return `t${source.fetches}`;
      },
      { isCurrent: (key: string) => !(hasExpired && key === 't1') },
    ),
  };
  return source;
}

describe('the provider for Vertex', () => {
  let upstream: Upstream;
  let clock: FakeClock;
  let log: ReturnType<typeof createRecordingLog>;
  const open: ModelProvider[] = [];

  beforeEach(async () => {
    upstream = await startUpstream(answerWith({ body: answer }));
    clock = new FakeClock();
    log = createRecordingLog();
  });

  afterEach(async () => {
    for (const provider of open.splice(0)) await provider.close();
    await upstream.close();
    assert.equal(clock.pendingTimers, 0, 'a timer was left behind');
  });

  function create(options: Partial<VertexOptions> = {}): ModelProvider {
    const provider = createVertexProvider({
      name: 'p',
      baseUrl: upstream.baseUrl,
      project: 'demo-project',
      auth: { kind: 'google', source: numberedTokens() },
      clock,
      log,
      estimator: { count: async () => 1 },
      ...options,
    });
    open.push(provider);
    return provider;
  }

  test('provider: a question is posted to the model’s path with a token', async () => {
    const response = await create({ location: 'europe-west4' }).predict(request, modelCall('gemini-2.5-pro'));
    assert.equal(textOf(response.content), 'Paris.');
    assert.equal(response.target, 'p/gemini-2.5-pro');
    const [exchange] = upstream.exchanges;
    const path = '/v1/projects/demo-project/locations/europe-west4/publishers/google/models/gemini-2.5-pro';
    assert.equal(exchange?.path, `${path}:generateContent`);
    assert.equal(exchange?.headers['authorization'], 'Bearer t1');
    assert.deepEqual(JSON.parse(exchange?.body ?? ''), { contents: [{ role: 'user', parts: [{ text: 'Hello?' }] }] });
  });

  test('provider: a stream is asked for as events, with a key where there is one', async () => {
    upstream.script = answerWith({ body: fixture('text.sse'), chunkBytes: 7 });
    const provider = create({ project: undefined, auth: { kind: 'api-key', apiKey: async () => 'AIza-1' } });
    const response = await collectResponse(provider.predictStream(request, modelCall('gemini-2.5-pro')));
    assert.equal(textOf(response.content), 'Grüße aus 東京 🗼!');
    const [exchange] = upstream.exchanges;
    assert.equal(exchange?.path, '/v1/models/gemini-2.5-pro:streamGenerateContent?alt=sse');
    assert.equal(exchange?.headers['x-goog-api-key'], 'AIza-1');
    assert.equal(exchange?.headers['authorization'], undefined);
  });

  test('provider: a token is renewed before it ends, and once when it is refused', async () => {
    const source = numberedTokens();
    const provider = create({ auth: { kind: 'google', source } });
    await provider.ready(modelCall('m').signal);
    await provider.predict(request, modelCall('m'));
    source.expire();
    await provider.predict(request, modelCall('m'));
    upstream.script = (exchange) =>
      answerWith(exchange.headers['authorization'] === 'Bearer t3' ? { body: answer } : { status: 401, body: '{}' })(
        exchange,
      );
    await provider.predict(request, modelCall('m'));
    const sent = upstream.exchanges.map((exchange) => exchange.headers['authorization']);
    assert.deepEqual(sent, ['Bearer t1', 'Bearer t2', 'Bearer t2', 'Bearer t3']);
    assert.equal(source.fetches, 3);
  });

  test('provider: what is left out of a request is reported with the answer, streamed or not', async () => {
    const provider = create();
    const lossy = chatRequest('alias', { extra: { user: 'u' }, parallelToolCalls: false });
    const downgrades = ['parallel_tool_calls', 'user'];
    assert.deepEqual((await provider.predict(lossy, modelCall('m'))).downgrades, downgrades);
    upstream.script = answerWith({ body: fixture('text.sse') });
    const response = await collectResponse(provider.predictStream(lossy, modelCall('m')));
    assert.deepEqual(response.downgrades, downgrades);
  });

  test('provider: what cannot be sent fails the call before anything is sent', async () => {
    const provider = create();
    for (const [asked, model, reason] of [
      [chatRequest('alias', { prompt: 'Once', messages: [] }), 'm', 'unsupported_capability'],
      [request, '../../secret', 'model_not_found'],
    ] as const) {
      assert.equal((await failureOfCall(provider.predict(asked, modelCall(model)))).reason, reason);
      const stream = provider.predictStream(asked, modelCall(model));
      assert.equal((await readParts(stream)).error?.reason, reason);
    }
    assert.equal(upstream.exchanges.length, 0);
  });

  test('provider: a stream that is cut or breaks is no success, however much it said', async () => {
    const provider = create();
    const body = fixture('text.sse');
    for (const ending of ['cut', 'reset'] as const) {
      upstream.script = answerWith({ body, ending });
      const { parts, error } = await readParts(provider.predictStream(request, modelCall('m')));
      assert.equal(error?.reason, 'upstream_truncated', ending);
      assert.ok(!parts.some((part) => part.type === 'end'));
    }
    upstream.script = answerWith({ body: fixture('no-finish-reason.sse') });
    const { parts, error } = await readParts(provider.predictStream(request, modelCall('m')));
    assert.equal(error?.reason, 'upstream_truncated');
    assert.equal(textOfParts(parts), 'Grüße aus 東京 🗼');
  });

  test('provider: a failure within a body of success is a failure', async () => {
    upstream.script = answerWith({ body: '[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Quota."}}]' });
    const provider = create();
    assert.equal((await failureOfCall(provider.predict(request, modelCall('m')))).reason, 'upstream_rate_limited');
    const { error } = await readParts(provider.predictStream(request, modelCall('m')));
    assert.equal(error?.reason, 'upstream_rate_limited');
  });

  test('provider: the project is in no message', async () => {
    const message = 'demo-project has no model x. Publisher Model `projects/demo-project/x` not found.';
    upstream.script = answerWith({ status: 404, body: JSON.stringify({ error: { status: 'NOT_FOUND', message } }) });
    const error = await failureOfCall(create().predict(request, modelCall('m')));
    assert.equal(error.reason, 'model_not_found');
    assert.doesNotMatch(error.message, /demo-project/);
  });

  test('provider: embeddings of one text at a time keep their order, and the first failure ends the call', async () => {
    upstream.script = (exchange) => {
      const { instances } = JSON.parse(exchange.body) as { instances: { content: string }[] };
      const values = [Number(instances[0]?.content), 1];
      return answerWith({ body: JSON.stringify({ predictions: [{ embeddings: { values } }] }) })(exchange);
    };
    const provider = create();
    const input = Array.from({ length: 20 }, (_, index) => String(index));
    const { vectors } = await provider.embed({ model: 'e', input }, modelCall('gemini-embedding-001'));
    assert.deepEqual(
      vectors.map((vector) => vector[0]),
      input.map(Number),
    );
    upstream.script = answerWith({ status: 503, body: '{}' });
    const failure = await failureOfCall(provider.embed({ model: 'e', input }, modelCall('gemini-embedding-001')));
    assert.equal(failure.reason, 'upstream_unavailable');
    assert.ok(upstream.exchanges.length <= 20 + 8, `${upstream.exchanges.length} requests`);
  });

  test('provider: tokens are counted by Google', async () => {
    upstream.script = answerWith({ body: '{"totalTokens":12}' });
    const count = await create().countTokens?.(request, modelCall('gemini-2.5-pro'));
    const expected = { model: 'gemini-2.5-pro', target: 'p/gemini-2.5-pro', attempts: 1, inputTokens: 12 };
    assert.deepEqual(count, { ...expected, source: 'provider' });
    assert.match(upstream.exchanges[0]?.path ?? '', /:countTokens$/);
    const single = await create().countTokens?.({ ...request, parallelToolCalls: false }, modelCall('gemini-2.5-pro'));
    assert.deepEqual(single?.downgrades, ['parallel_tool_calls']);
  });

  test('provider: a start waits for no token service that is down, but fails for credentials that can never work', async () => {
    const failing = (failure: SluiceError): GoogleAuth => ({
      token: () => Promise.reject(failure),
      headersOf: () => ({}),
    });
    const ready = (failure: SluiceError): Promise<void> =>
      create({ auth: { kind: 'google', source: failing(failure) } }).ready(modelCall('m').signal);
    await ready(new SluiceError('upstream_unavailable'));
    assert.equal(log.lines.at(-1)?.level, 'warn');
    await assert.rejects(ready(new SluiceError('config_invalid')), { reason: 'config_invalid' });
  });
});
