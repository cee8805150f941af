// Legacy completions through the edge: what a call asks of the models, and what its caller gets.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTestEdge, edgeKeys, type TestEdge } from '../../../test/fixtures/edge.ts';
import { openAiDocument } from '../../../test/fixtures/openapi.ts';
import { textAnswer, untilAborted } from '../../../test/fixtures/scripted-inference.ts';
import { evaluationDataMissing, wireRows } from '../../../test/fixtures/upstream-calls.ts';
import { SluiceError } from '../../core/error.ts';
import type { PredictPart, PredictRequest } from '../../core/predict.ts';
import { parseCompletionsCall } from './completions-body.ts';
import { maxPromptsAtOnce } from './defaults.ts';

const headers = { authorization: `Bearer ${edgeKeys.first}` };
const [start] = textAnswer();
assert.ok(start);

type Json = ReturnType<typeof JSON.parse>;

async function post(edge: TestEdge, payload: object): Promise<{ status: number; body: Json; headers: Json }> {
  const answer = await edge.server.inject({ method: 'POST', url: '/v1/completions', headers, payload });
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers };
}

/** The data of the events of a stream; `[DONE]` stays text. */
async function stream(edge: TestEdge, payload: object): Promise<Json[]> {
  const answer = await edge.server.inject({
    method: 'POST',
    url: '/v1/completions',
    headers,
    payload: { ...payload, stream: true },
  });
  assert.match(answer.headers['content-type'] ?? '', /^text\/event-stream/);
  const events = answer.body.split('\n\n').filter((event) => event !== '' && !event.startsWith(':'));
  return events.map((event) => (event === 'data: [DONE]' ? '[DONE]' : JSON.parse(event.slice('data: '.length))));
}

/** An edge whose model continues every prompt with its length. */
function echoing(t: TestContext): TestEdge {
  const edge = createTestEdge(t);
  edge.inference.script = ({ prompt = '' }) => textAnswer(` of ${prompt.length}`);
  return edge;
}

function requestsOf(edge: TestEdge): PredictRequest[] {
  return edge.inference.calls.map(({ request }) => request as PredictRequest);
}

test('completions: a raw prompt is continued, and comes back in the legacy form', async (t) => {
  const edge = createTestEdge(t);
  const sampling = { max_tokens: 5, temperature: 0.5, top_p: 0.9, top_k: 40, seed: 7, stop: '.', presence_penalty: 1 };
  const { body, headers: sent } = await post(edge, { model: 'base', prompt: 'Once upon', ...sampling });
  assert.deepEqual(body, {
    id: 'cmpl-1',
    object: 'text_completion',
    created: 1_767_225_600,
    model: 'model-1',
    choices: [{ text: 'Hello world', index: 0, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  });
  assert.equal(sent['x-sluice-model'], 'scripted/model-1');
  assert.equal(sent['x-sluice-attempts'], '1');
  assert.deepEqual(requestsOf(edge), [
    {
      model: 'base',
      messages: [],
      prompt: 'Once upon',
      sampling: { maxOutputTokens: 5, temperature: 0.5, topP: 0.9, topK: 40, seed: 7, stop: ['.'], presencePenalty: 1 },
      dialect: 'openai',
    },
  ]);
  const { fields } = await edge.logged('');
  assert.deepEqual([fields['route'], fields['model'], fields['outputTokens']], ['/v1/completions', 'base', 2]);
});

test('completions: what Sluice has no name for travels on, and what asks for nothing does not', async (t) => {
  const edge = createTestEdge(t);
  const kept = { echo: true, suffix: ' end', logit_bias: { 50256: -100 }, best_of: 3, user: 'u', min_p: 0.1 };
  await post(edge, { model: 'base', prompt: '', ...kept });
  const idle = { n: 1, echo: false, suffix: null, logit_bias: {}, best_of: 1, logprobs: null, stop: null };
  await post(edge, { model: 'base', prompt: '', ...idle });
  assert.deepEqual(requestsOf(edge)[0]?.extra, kept);
  assert.deepEqual(requestsOf(edge)[1], { model: 'base', messages: [], prompt: '', sampling: {}, dialect: 'openai' });
});

test('completions: several prompts are several choices, and cost what they cost together', async (t) => {
  const edge = echoing(t);
  const { body, headers: sent } = await post(edge, { model: 'base', prompt: ['a', 'bbb', 'cc'] });
  const texts = body.choices.map(({ index, text }: Json) => `${index}${text}`);
  assert.deepEqual(texts, ['0 of 1', '1 of 3', '2 of 2']);
  assert.deepEqual([body.usage.prompt_tokens, body.usage.completion_tokens, body.usage.total_tokens], [9, 3, 12]);
  assert.equal(sent['x-sluice-attempts'], '3');
  assert.equal(sent['x-sluice-model'], 'scripted/model-1');
});

test('completions: many prompts go to the model a few at a time', async (t) => {
  const edge = createTestEdge(t);
  let most = 0;
  edge.inference.script = () => [
    () => {
      most = Math.max(most, edge.inference.open);
      return new Promise((resolve) => setImmediate(resolve));
    },
    ...textAnswer('x'),
  ];
  const { body } = await post(edge, { model: 'base', prompt: new Array(30).fill('p') });
  assert.equal(body.choices.length, 30);
  assert.equal(most, maxPromptsAtOnce);
});

test('completions: one prompt that fails stops the others and fails the call', async (t) => {
  const edge = createTestEdge(t);
  let stopped = 0;
  edge.inference.script = ({ prompt }) =>
    prompt === 'bad'
      ? [() => Promise.reject(new SluiceError('upstream_rejected', { message: 'No.' }))]
      : [
          async (signal) => {
            await untilAborted(signal).catch(() => {});
            stopped += 1;
          },
        ];
  const { status, body } = await post(edge, { model: 'base', prompt: ['good', 'bad', 'good'] });
  assert.deepEqual([status, body.error.message], [400, 'No.']);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(stopped, 2);
});

const probable: PredictPart[] = [
  start,
  {
    type: 'text-delta',
    text: ' a 🗼',
    logprobs: [
      { token: ' a', logprob: -0.5, top: [{ token: ' the', logprob: -0.25 }] },
      { token: ' 🗼', logprob: -1, top: [] },
    ],
  },
  { type: 'text-delta', text: '!', logprobs: [{ token: '!', logprob: -2, top: [{ token: '!', logprob: -2 }] }] },
  { type: 'end', finishReason: 'length', usage: { inputTokens: 1, outputTokens: 3, source: 'provider' } },
];

test('completions: log probabilities come as lists side by side, with offsets in characters', async (t) => {
  const edge = createTestEdge(t);
  edge.inference.script = () => probable;
  const { body } = await post(edge, { model: 'base', prompt: 'x', logprobs: 1 });
  assert.deepEqual(requestsOf(edge)[0]?.sampling, { logprobs: true, topLogprobs: 1 });
  assert.deepEqual(body.choices, [
    {
      text: ' a 🗼!',
      index: 0,
      logprobs: {
        tokens: [' a', ' 🗼', '!'],
        token_logprobs: [-0.5, -1, -2],
        top_logprobs: [{ ' the': -0.25, ' a': -0.5 }, { ' 🗼': -1 }, { '!': -2 }],
        text_offset: [0, 2, 4],
      },
      finish_reason: 'length',
    },
  ]);
  const events = await stream(edge, { model: 'base', prompt: 'x', logprobs: 1 });
  assert.deepEqual(events[0].choices[0].logprobs.text_offset, [0, 2]);
  assert.deepEqual(events[1].choices[0].logprobs, {
    tokens: ['!'],
    token_logprobs: [-2],
    top_logprobs: [{ '!': -2 }],
    text_offset: [4],
  });
});

test('completions: of an echoed prompt the first token is there, without a probability', async (t) => {
  const edge = createTestEdge(t);
  const logprobs = [{ token: ' there', logprob: -1, top: [] }];
  edge.inference.script = () => [
    start,
    { type: 'text-delta', text: 'Hi there', logprobs },
    { type: 'end', finishReason: 'length', usage: { inputTokens: 2, outputTokens: 0, source: 'provider' } },
  ];
  const { body } = await post(edge, { model: 'base', prompt: 'Hi there', echo: true, max_tokens: 0, logprobs: 0 });
  assert.deepEqual(body.choices[0].logprobs, {
    tokens: ['Hi', ' there'],
    token_logprobs: [null, -1],
    top_logprobs: [null, { ' there': -1 }],
    text_offset: [0, 2],
  });
});

test('completions: a stream ends with its reason, its usage when asked for, and [DONE]', async (t) => {
  const edge = createTestEdge(t);
  const identity = { id: 'cmpl-1', object: 'text_completion', created: 1_767_225_600, model: 'model-1' };
  const choice = { text: '', index: 0, logprobs: null, finish_reason: null };
  const plain = await stream(edge, { model: 'base', prompt: 'x' });
  assert.deepEqual(plain, [
    { ...identity, choices: [{ ...choice, text: 'Hello' }] },
    { ...identity, choices: [{ ...choice, text: ' world' }] },
    { ...identity, choices: [{ ...choice, finish_reason: 'stop' }] },
    '[DONE]',
  ]);
  const counted = await stream(edge, { model: 'base', prompt: 'x', stream_options: { include_usage: true } });
  assert.deepEqual(
    counted.slice(0, -2).map(({ usage }) => usage),
    [null, null, null],
  );
  assert.deepEqual(counted.at(-2).choices, []);
  assert.equal(counted.at(-2).usage.total_tokens, 5);
});

test('completions: the answers to several prompts follow one another in one stream', async (t) => {
  const edge = echoing(t);
  const events = await stream(edge, { model: 'base', prompt: ['a', 'bb'], stream_options: { include_usage: true } });
  const seen = events.slice(0, -2).map(({ choices: [choice] }) => [choice.index, choice.text, choice.finish_reason]);
  assert.deepEqual(seen, [
    [0, ' of 1', null],
    [0, '', 'stop'],
    [1, ' of 2', null],
    [1, '', 'stop'],
  ]);
  assert.equal(events.at(-2).usage.prompt_tokens, 6);
  assert.equal((await edge.logged('')).fields['inputTokens'], 6);
});

test('completions: a stream that fails, or ends without an end, never looks complete', async (t) => {
  const edge = createTestEdge(t);
  const failing = () => Promise.reject(new SluiceError('upstream_truncated'));
  for (const [prompt, end] of [
    ['x', [failing]],
    [['x', 'y'], []],
  ] as const) {
    edge.inference.script = () => [start, { type: 'text-delta', text: 'half' }, ...end];
    const events = await stream(edge, { model: 'base', prompt });
    assert.equal(events.at(-1).error.code, 'upstream_truncated');
    assert.ok(!events.some((event) => event === '[DONE]' || event.choices?.[0].finish_reason));
  }
});

test('completions: tokens in place of texts, and what is out of bounds, are refused with the reason', async (t) => {
  const edge = createTestEdge(t);
  const cases: readonly [body: object, code: string, param: string, message: RegExp][] = [
    [{ prompt: [1, 2, 3] }, 'invalid_request', 'prompt', /tokens/],
    [{ prompt: [[1, 2], [3]] }, 'invalid_request', 'prompt[0]', /tokens/],
    [{ prompt: ['a', {}] }, 'invalid_request', 'prompt[1]', /string/],
    [{ prompt: [] }, 'invalid_request', 'prompt', /at least 1 item/],
    [{ prompt: new Array(129).fill('a') }, 'invalid_request', 'prompt', /at most 128 items/],
    [{}, 'invalid_request', 'prompt', /Missing/],
    [{ prompt: 'a', max_tokens: -1 }, 'invalid_request', 'max_tokens', /at least 0/],
    [{ prompt: 'a', logprobs: true }, 'invalid_request', 'logprobs', /whole number/],
    [{ prompt: 'a', stop: ['a', 'b', 'c', 'd', 'e'] }, 'invalid_request', 'stop', /at most 4 items/],
    [{ prompt: 'a', stream_options: {} }, 'invalid_request', 'stream_options', /only allowed/],
  ];
  for (const [payload, code, param, message] of cases) {
    const { status, body } = await post(edge, { model: 'base', ...payload });
    assert.deepEqual([status, body.error.code, body.error.param], [400, code, param]);
    assert.match(body.error.message, message);
  }
  assert.equal(edge.inference.calls.length, 0);
});

test('completions: answers and chunks are valid by the published document', {
  skip: evaluationDataMissing ?? false,
}, async (t) => {
  const edge = createTestEdge(t);
  const document = openAiDocument();
  edge.inference.script = () => probable;
  const { body } = await post(edge, { model: 'base', prompt: ['x', 'y'], logprobs: 1 });
  document.assertValid('CreateCompletionResponse', body);
  const events = await stream(edge, { model: 'base', prompt: ['x', 'y'], logprobs: 1 });
  // The document asks for a reason in every chunk, which OpenAI itself does not give before the last.
  for (const event of events.slice(0, -1)) {
    const choices = event.choices.map((choice: Json) => ({ ...choice, finish_reason: choice.finish_reason ?? 'stop' }));
    document.assertValid('CreateCompletionResponse', { ...event, choices });
  }
});

test('completions: recorded requests are understood', { skip: evaluationDataMissing ?? false }, (t) => {
  const seen = { texts: 0, tokens: 0 };
  for (const row of wireRows()) {
    if (!/\/v1\/completions$/.test(row.url ?? '') || row.req_body === undefined) continue;
    const body: Json = JSON.parse(row.req_body);
    const prompts = Array.isArray(body.prompt) ? body.prompt : [body.prompt];
    // One of them is a fault that was recorded on purpose.
    if (body.temperature > 2) continue;
    if (typeof prompts[0] !== 'string') {
      assert.throws(() => parseCompletionsCall(body), { code: 'INVALID_ARGUMENT' });
      seen.tokens += 1;
      continue;
    }
    const { requests } = parseCompletionsCall(body);
    assert.deepEqual(
      requests.map(({ prompt }) => prompt),
      prompts,
    );
    seen.texts += 1;
  }
  t.diagnostic(`recorded prompts: ${seen.texts} of text, ${seen.tokens} of tokens, which are refused`);
  assert.ok(seen.texts >= 40, `only ${seen.texts} requests`);
});
