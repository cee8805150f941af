import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { answerWith, startUpstream, type Upstream } from '../../../test/fixtures/upstream.ts';
import { failureOfCall, modelCall, readParts } from '../../../test/fixtures/upstream-calls.ts';
import { collectResponse } from '../../core/collect.ts';
import { textOf } from '../../core/message.ts';
import type { PredictRequest } from '../../core/predict.ts';
import type { ModelProvider } from '../../ports/model.ts';
import { createOpenAiProvider, type OpenAiOptions } from './provider.ts';

let upstream: Upstream;
const open: ModelProvider[] = [];

describe('openai', () => {
  beforeEach(async () => {
    upstream = await startUpstream();
  });

  afterEach(async () => {
    for (const provider of open.splice(0)) await provider.close();
    await upstream.close();
  });

  function create(options: Partial<OpenAiOptions> = {}): ModelProvider {
    const provider = createOpenAiProvider({
      name: 'openai',
      baseUrl: upstream.baseUrl,
      clock: new FakeClock(),
      log: createRecordingLog(),
      estimator: quarterEstimator,
      ...options,
    });
    open.push(provider);
    return provider;
  }

  const native: PredictRequest = { ...chatRequest('alias'), dialect: 'openai-responses' };
  const message = {
    type: 'message',
    role: 'assistant',
    content: [{ type: 'output_text', text: 'Paris.', annotations: [] }],
  };
  const response = { id: 'resp_1', object: 'response', status: 'completed', output: [message] };
  const chat = { choices: [{ index: 0, finish_reason: 'stop', message: { content: 'Paris.' } }] };

  /** Answers whichever API is asked. */
  function answerBoth(): void {
    upstream.script = (exchange) => {
      const body = JSON.stringify(exchange.path.endsWith('/responses') ? response : chat);
      return answerWith({ body })(exchange);
    };
  }

  test('openai: each request goes to the API that fits it, or to the one that is configured', async () => {
    answerBoth();
    const tools = [{ kind: 'vendor', dialect: 'openai-responses', value: { type: 'web_search' } }] as const;
    const cases: [Partial<OpenAiOptions>, PredictRequest, string, string][] = [
      [{}, chatRequest('a'), 'gpt-5', '/v1/chat/completions'],
      [{}, native, 'gpt-5', '/v1/responses'],
      [{}, chatRequest('a', { tools }), 'gpt-5', '/v1/responses'],
      [{}, chatRequest('a'), 'gpt-5.2-pro-2025-12-11', '/v1/responses'],
      [{}, chatRequest('a'), 'gpt-5.1-codex-max', '/v1/responses'],
      [{}, chatRequest('a'), 'o3-deep-research', '/v1/responses'],
      [{}, { ...native, sampling: { choiceCount: 2 } }, 'gpt-5', '/v1/chat/completions'],
      [{}, chatRequest('a'), 'prophet-1', '/v1/chat/completions'],
      [{ api: 'responses' }, chatRequest('a'), 'gpt-5', '/v1/responses'],
      [{ api: 'chat' }, native, 'gpt-5', '/v1/chat/completions'],
      [{ api: 'responses' }, { ...chatRequest('a'), messages: [], prompt: 'p' }, 'x', '/v1/completions'],
    ];
    for (const [options, request, model, path] of cases) {
      const answer = await create(options).predict(request, modelCall(model));
      assert.equal(upstream.exchanges.at(-1)?.path, path, `${model} ${JSON.stringify(options)}`);
      if (request.prompt === undefined) assert.equal(textOf(answer.content), 'Paris.');
    }
  });

  test('openai: chat completions get the newer name of the token limit', async () => {
    answerBoth();
    await create().predict(chatRequest('a', { sampling: { maxOutputTokens: 5 } }), modelCall('gpt-5'));
    const body = JSON.parse(upstream.exchanges[0]?.body ?? '') as Record<string, unknown>;
    assert.deepEqual([body['max_completion_tokens'], body['max_tokens']], [5, undefined]);
  });

  test('openai: a response streams, and what was left out is reported with the start', async () => {
    const delta = { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Paris.' };
    const events = [
      { type: 'response.created', response: { ...response, status: 'in_progress' } },
      delta,
      { type: 'response.completed', response },
    ];
    upstream.script = answerWith({
      body: events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''),
      chunkBytes: 9,
    });
    const request = chatRequest('a', { sampling: { seed: 1 } });
    const answer = await collectResponse(create({ api: 'responses' }).predictStream(request, modelCall('gpt-5')));
    assert.equal(textOf(answer.content), 'Paris.');
    assert.deepEqual(answer.downgrades, ['seed']);
    assert.deepEqual(answer.usage, { inputTokens: 4 + 2, outputTokens: 2, source: 'estimated' });
  });

  test('openai: a request that cannot be translated fails before anything is sent', async () => {
    const request = chatRequest('a', { sampling: { stop: ['x'] } });
    const provider = create({ api: 'responses' });
    assert.equal((await failureOfCall(provider.predict(request, modelCall('m')))).param, 'stop');
    assert.equal((await readParts(provider.predictStream(request, modelCall('m')))).error?.param, 'stop');
    assert.equal(upstream.exchanges.length, 0);
  });

  test('openai: a failed or unfinished response is a failure', async () => {
    const provider = create();
    const failed = { ...response, status: 'failed', error: { code: 'server_error', message: 'm' } };
    upstream.script = answerWith({ body: JSON.stringify(failed) });
    assert.equal((await failureOfCall(provider.predict(native, modelCall('m')))).reason, 'upstream_unavailable');
    upstream.script = answerWith({ body: JSON.stringify({ ...response, status: 'queued' }) });
    assert.equal((await failureOfCall(provider.predict(native, modelCall('m')))).reason, 'upstream_truncated');
    upstream.script = answerWith({ body: '{"object":"response"}' });
    assert.equal((await failureOfCall(provider.predict(native, modelCall('m')))).reason, 'upstream_malformed');
  });

  test('openai: input tokens are counted by the vendor', async () => {
    upstream.script = answerWith({ body: '{"object":"response.input_tokens","input_tokens":51}' });
    const count = await create().countTokens?.(chatRequest('a'), modelCall('gpt-5'));
    assert.deepEqual(count, {
      model: 'gpt-5',
      target: 'openai/gpt-5',
      attempts: 1,
      inputTokens: 51,
      source: 'provider',
    });
    assert.equal(upstream.exchanges[0]?.path, '/v1/responses/input_tokens');
    const seeded = await create().countTokens?.(chatRequest('a', { sampling: { seed: 1 } }), modelCall('gpt-5'));
    assert.deepEqual(seeded?.downgrades, ['seed']);
  });

  test('openai: offers what OpenAI has, and no more', () => {
    const provider = create();
    assert.ok(provider.moderate !== undefined && provider.transcribe !== undefined);
    assert.ok(provider.rank === undefined && provider.classify === undefined);
  });
});
