import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { answerWith, startUpstream, type Upstream } from '../../../test/fixtures/upstream.ts';
import { failureOfCall, modelCall } from '../../../test/fixtures/upstream-calls.ts';
import { collectResponse } from '../../core/collect.ts';
import { textOf } from '../../core/message.ts';
import type { PredictRequest } from '../../core/predict.ts';
import type { ModelProvider } from '../../ports/model.ts';
import { createOpenAiCompatibleProvider, type OpenAiCompatibleOptions } from './provider.ts';

let upstream: Upstream;
const open: ModelProvider[] = [];
const call = modelCall('m-1');

describe('operations', () => {
  beforeEach(async () => {
    upstream = await startUpstream();
  });

  afterEach(async () => {
    for (const provider of open.splice(0)) await provider.close();
    await upstream.close();
  });

  function create(answer: unknown, options: Partial<OpenAiCompatibleOptions> = {}): Required<ModelProvider> {
    const body = typeof answer === 'string' ? answer : JSON.stringify(answer);
    upstream.script = answerWith({ body });
    const provider = createOpenAiCompatibleProvider({
      name: 'p',
      baseUrl: upstream.baseUrl,
      clock: new FakeClock(),
      log: createRecordingLog(),
      estimator: quarterEstimator,
      ...options,
    });
    open.push(provider);
    return provider as Required<ModelProvider>;
  }

  /** Path and body of the only request. */
  function sent(): { path: string | undefined; body: unknown } {
    const [exchange] = upstream.exchanges;
    return { path: exchange?.path, body: JSON.parse(exchange?.body ?? '') };
  }

  const raw: PredictRequest = {
    ...chatRequest('alias'),
    messages: [],
    prompt: 'Once upon',
    sampling: { maxOutputTokens: 5, logprobs: true, topLogprobs: 2, stop: ['.'] },
    extra: { echo: true, best_of: 1 },
  };

  test('operations: a raw prompt goes to /completions, and its answer reads as any other', async () => {
    const logprobs = {
      tokens: ['Once', ' a'],
      token_logprobs: [null, -0.5],
      top_logprobs: [null, { ' a': -0.5, ' the': -1 }],
      text_offset: [0, 4],
    };
    const choice = { text: ' a time', index: 0, finish_reason: 'length', logprobs };
    const usage = { prompt_tokens: 2, completion_tokens: 5 };
    const provider = create({
      id: 'cmpl-1',
      object: 'text_completion',
      created: 1,
      model: 'm',
      choices: [choice],
      usage,
    });
    const response = await provider.predict(raw, call);
    assert.equal(textOf(response.content), ' a time');
    assert.equal(response.finishReason, 'length');
    assert.equal(response.usage.inputTokens, 2);
    const top = [
      { token: ' a', logprob: -0.5 },
      { token: ' the', logprob: -1 },
    ];
    assert.deepEqual(response.logprobs, [{ token: ' a', logprob: -0.5, top }]);
    assert.deepEqual(sent(), {
      path: '/v1/completions',
      body: { model: 'm-1', prompt: 'Once upon', max_tokens: 5, stop: ['.'], logprobs: 2, echo: true, best_of: 1 },
    });
  });

  test('operations: a raw prompt streams, and usage that nobody reports is estimated from what was said', async () => {
    const chunk = (text: string, finish: string | null): string =>
      `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, text, finish_reason: finish, logprobs: null }] })}\n\n`;
    const provider = create(`${chunk(' a', null)}${chunk(' time', 'stop')}data: [DONE]\n\n`);
    const response = await collectResponse(provider.predictStream(raw, call));
    assert.equal(textOf(response.content), ' a time');
    assert.deepEqual(response.usage, { inputTokens: 3, outputTokens: 2, source: 'estimated' });
    assert.deepEqual(upstream.exchanges[0]?.path, '/v1/completions');
  });

  test('operations: what only a chat can have is refused beside a raw prompt', async () => {
    const provider = create({});
    const tools = [{ kind: 'function', name: 'f' }] as const;
    for (const more of [{ tools }, { responseFormat: { kind: 'json-object' } }, { reasoningEffort: 'low' }] as const) {
      assert.equal((await failureOfCall(provider.predict({ ...raw, ...more }, call))).reason, 'unsupported_capability');
    }
    assert.equal(upstream.exchanges.length, 0);
  });

  test('operations: a byte order mark before an answer or a failure is no part of it', async () => {
    const request = { model: 'a', query: 'q', documents: ['a'] };
    const ranked = await create('\uFEFF[{"index":0,"score":0.5}]').rank(request, call);
    assert.deepEqual(ranked.results, [{ index: 0, score: 0.5 }]);
    const answer = '\uFEFF{"choices":[{"message":{"content":"Yes."},"finish_reason":"stop"}]}';
    const predicted = await create(answer).predict(chatRequest('a'), call);
    assert.deepEqual(predicted.content, [{ type: 'text', text: 'Yes.' }]);
    const provider = create('');
    upstream.script = answerWith({ status: 400, body: '\uFEFF{"error":{"message":"Bad.","type":"t","code":"c"}}' });
    const failure = await failureOfCall(provider.rank(request, call));
    assert.deepEqual([failure.message, failure.upstream?.type, failure.upstream?.code], ['Bad.', 't', 'c']);
  });

  test('operations: a ranking comes back best first, cut to what was asked for', async () => {
    const results = [
      { index: 1, relevance_score: 0.2, document: { text: 'b' } },
      { index: 0, relevance_score: 0.9 },
      { index: 2, relevance_score: 0.5 },
    ];
    const provider = create({ model: 'r', results, usage: { total_tokens: 7 } });
    const request = { model: 'a', query: 'q', documents: ['a', 'b', 'c'], topN: 2, extra: { x: 1 } };
    const response = await provider.rank(request, call);
    assert.deepEqual(response.results, [
      { index: 0, score: 0.9 },
      { index: 2, score: 0.5 },
    ]);
    assert.deepEqual([response.target, response.model, response.usage.inputTokens], ['p/m-1', 'r', 7]);
    const body = { x: 1, model: 'm-1', query: 'q', documents: ['a', 'b', 'c'], top_n: 2 };
    assert.deepEqual(sent(), { path: '/v1/rerank', body });
  });

  test('operations: tei is asked in its own words and answers with a bare list', async () => {
    const provider = create('[{"index":1,"score":0.7},{"index":0,"score":0.1}]', { rankForm: 'tei' });
    const response = await provider.rank({ model: 'a', query: 'q', documents: ['a', 'b'] }, call);
    assert.deepEqual(response.results[0], { index: 1, score: 0.7 });
    assert.equal(response.usage.source, 'estimated');
    assert.deepEqual(sent().body, { query: 'q', texts: ['a', 'b'] });
  });

  test('operations: rankings that cannot be are malformed', async () => {
    const request = { model: 'a', query: 'q', documents: ['a'] };
    for (const results of [
      [{ index: 1, relevance_score: 1 }],
      [{ index: 0 }],
      [
        { index: 0, score: 1 },
        { index: 0, score: 1 },
      ],
      'x',
    ]) {
      assert.equal((await failureOfCall(create({ results }).rank(request, call))).reason, 'upstream_malformed');
    }
  });

  test('operations: classification is outside of /v1 and names the likeliest label', async () => {
    const data = [{ index: 0, label: 'good', probs: [0.1, 0.7, 0.2], num_classes: 3 }];
    const provider = create({ data, model: 'c', usage: { prompt_tokens: 4 } });
    const response = await provider.classify({ model: 'a', input: ['t'] }, call);
    assert.deepEqual(response.results, [
      [
        { label: 'good', score: 0.7 },
        { label: 'LABEL_2', score: 0.2 },
        { label: 'LABEL_0', score: 0.1 },
      ],
    ]);
    assert.deepEqual(sent(), { path: '/classify', body: { model: 'm-1', input: ['t'] } });
    const failure = await failureOfCall(provider.classify({ model: 'a', input: ['t'], labels: ['x'] }, call));
    assert.deepEqual([failure.reason, failure.param], ['unsupported_capability', 'labels']);
  });

  const verdict = {
    flagged: true,
    categories: { hate: true, 'self-harm/intent': false },
    category_scores: { hate: 0.9 },
  };

  test('operations: texts are moderated together, mixed inputs one by one', async () => {
    const text = (value: string) => ({ type: 'text', text: value }) as const;
    const provider = create({
      id: 'modr-1',
      model: 'omni',
      results: [{ ...verdict, category_applied_input_types: {} }],
    });
    const one = await provider.moderate({ model: 'a', input: [[text('x')]] }, call);
    assert.deepEqual(one.results, [
      {
        flagged: true,
        categories: verdict.categories,
        scores: { hate: 0.9 },
        extra: { category_applied_input_types: {} },
      },
    ]);
    assert.equal(one.id, 'modr-1');
    assert.deepEqual(sent(), { path: '/v1/moderations', body: { model: 'm-1', input: ['x'] } });
    const image = { type: 'image', source: { kind: 'url', url: 'https://x/y.png' } } as const;
    const two = await provider.moderate({ model: 'a', input: [[text('x'), image], [text('y')]] }, call);
    assert.equal(two.results.length, 2);
    const bodies = upstream.exchanges.slice(1).map((exchange) => JSON.parse(exchange.body) as { input: unknown });
    assert.deepEqual(
      bodies.map(({ input }) => input),
      [
        [
          { type: 'text', text: 'x' },
          { type: 'image_url', image_url: { url: 'https://x/y.png' } },
        ],
        [{ type: 'text', text: 'y' }],
      ],
    );
    assert.equal('downgrades' in two, false);
  });

  test('operations: fields of a part go along when it is judged, but for the detail of a picture, which is reported', async () => {
    const provider = create({ results: [verdict] });
    const image = { type: 'image', source: { kind: 'url', url: 'https://x/y.png' }, detail: 'low' } as const;
    const text = { type: 'text', text: 'x', extra: { weight: 2 } } as const;
    const { downgrades } = await provider.moderate({ model: 'a', input: [[text, image]] }, call);
    assert.deepEqual(downgrades, ['detail']);
    await provider.moderate({ model: 'a', input: [[text]] }, call);
    const bodies = upstream.exchanges.map((exchange) => JSON.parse(exchange.body) as { input: unknown });
    const wire = { weight: 2, type: 'text', text: 'x' };
    assert.deepEqual(
      bodies.map(({ input }) => input),
      [[wire, { type: 'image_url', image_url: { url: 'https://x/y.png' } }], [wire]],
    );
  });

  test('operations: mistral has no verdict of its own: one category is enough', async () => {
    const { flagged: _, ...bare } = verdict;
    const provider = create({ results: [bare] });
    const response = await provider.moderate({ model: 'a', input: [[{ type: 'text', text: 'x' }]] }, call);
    assert.equal(response.results[0]?.flagged, true);
    const failure = await failureOfCall(create({ results: [] }).moderate({ model: 'a', input: [[]] }, call));
    assert.equal(failure.reason, 'upstream_malformed');
  });

  test('operations: a recording is uploaded as a form, and words and segments come back', async () => {
    const answer = {
      task: 'transcribe',
      language: 'english',
      duration: 2.5,
      text: 'Hello there.',
      segments: [{ id: 0, start: 0, end: 2.5, text: 'Hello there.', avg_logprob: -0.2 }],
      words: [{ word: 'Hello', start: 0, end: '1.0' }],
      usage: { type: 'duration', seconds: 3 },
    };
    const provider = create(answer);
    const request = {
      model: 'a',
      audio: new Uint8Array([0, 13, 10, 45, 45, 255]),
      fileName: 'a "b".wav',
      mediaType: 'audio/wav',
      language: 'en',
      timings: ['word', 'segment'],
      extra: { include: ['logprobs'], chunking_strategy: { type: 'server_vad' } },
    } as const;
    const response = await provider.transcribe(
      { ...request, extra: { include: ['logprobs'], chunking_strategy: { type: 'server_vad' } } },
      call,
    );
    assert.equal(response.text, 'Hello there.');
    assert.equal(response.durationS, 2.5);
    assert.deepEqual(response.words, [{ word: 'Hello', startS: 0, endS: 1 }]);
    assert.deepEqual(response.segments?.[0], {
      startS: 0,
      endS: 2.5,
      text: 'Hello there.',
      extra: { id: 0, avg_logprob: -0.2 },
    });
    const extra = { type: 'duration', seconds: 3 };
    assert.deepEqual(response.usage, { inputTokens: 0, outputTokens: 3, source: 'estimated', extra });
    assert.deepEqual(response.extra, { task: 'transcribe' });
    assert.equal('downgrades' in response, false);
    const [exchange] = upstream.exchanges;
    assert.equal(exchange?.path, '/v1/audio/transcriptions');
    const type = exchange?.headers['content-type'] ?? '';
    const form = await new Response(Buffer.from(exchange?.body ?? ''), {
      headers: { 'content-type': type },
    }).formData();
    assert.deepEqual(
      [...form].filter(([name]) => name !== 'file'),
      [
        ['model', 'm-1'],
        ['language', 'en'],
        ['response_format', 'verbose_json'],
        ['timestamp_granularities[]', 'word'],
        ['timestamp_granularities[]', 'segment'],
        ['include[]', 'logprobs'],
        ['chunking_strategy', '{"type":"server_vad"}'],
      ],
    );
  });

  test('operations: details of the tokens of a recording are kept, the counts stand alone', async () => {
    const details = { type: 'tokens', input_token_details: { text_tokens: 1, audio_tokens: 13 } };
    const usage = { ...details, input_tokens: 14, output_tokens: 5, total_tokens: 19 };
    const request = { model: 'a', audio: new Uint8Array(1), fileName: 'a.wav', mediaType: '' };
    const response = await create({ text: 'Hi.', usage }).transcribe(request, call);
    assert.deepEqual(response.usage, { inputTokens: 14, outputTokens: 5, source: 'provider', extra: details });
  });

  test('operations: timings that were asked for and did not come are reported', async () => {
    const request = { model: 'a', audio: new Uint8Array(1), fileName: 'a.wav', mediaType: '' };
    const provider = create({ text: 'Hi.', segments: [] });
    const segments = await provider.transcribe({ ...request, timings: ['segment'] }, call);
    assert.equal('downgrades' in segments, false);
    const words = await provider.transcribe({ ...request, timings: ['segment', 'word'] }, call);
    assert.deepEqual(words.downgrades, ['timestamp_granularities']);
  });

  test('operations: a format of subtitles is refused, and a failure under status 200 is one', async () => {
    const request = { model: 'a', audio: new Uint8Array(1), fileName: 'a.wav', mediaType: '' };
    const srt = await failureOfCall(create({}).transcribe({ ...request, extra: { response_format: 'srt' } }, call));
    assert.deepEqual([srt.reason, srt.param], ['unsupported_capability', 'response_format']);
    const failed = create({ error: { message: 'no', type: 'invalid_request_error' } });
    assert.equal((await failureOfCall(failed.transcribe(request, call))).reason, 'upstream_rejected');
  });
});
