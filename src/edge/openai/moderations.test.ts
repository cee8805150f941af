import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestEdge, edgeKeys } from '../../../test/fixtures/edge.ts';
import type { ModerateRequest } from '../../core/classify.ts';
import { parseModeration, renderModeration } from './moderations.ts';

const headers = { authorization: `Bearer ${edgeKeys.first}` };
const text = (value: string) => ({ type: 'text', text: value }) as const;

test('moderations: texts are judged each on its own, parts together', () => {
  const inputOf = (input: unknown): ModerateRequest['input'] => parseModeration({ model: 'm', input }).input;
  assert.deepEqual(inputOf('a'), [[text('a')]]);
  assert.deepEqual(inputOf(['a', 'b']), [[text('a')], [text('b')]]);
  const parts = [
    { type: 'text', text: 'a' },
    { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0=' } },
  ];
  assert.deepEqual(inputOf(parts), [
    [
      text('a'),
      { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } },
      { type: 'image', source: { kind: 'data', base64: 'iVBORw0=', mediaType: 'image/png' } },
    ],
  ]);
});

test('moderations: without a model it is the one that OpenAI takes, and unknown fields are kept', () => {
  const { model, extra } = parseModeration({ input: 'a', user: 'u' });
  assert.deepEqual([model, extra], ['omni-moderation-latest', { user: 'u' }]);
});

test('moderations: verdicts come back in the words of the vendor, with what it says beside them', () => {
  const body = renderModeration({
    id: 'modr-1',
    model: 'omni',
    target: 'p/omni',
    attempts: 1,
    results: [
      {
        flagged: true,
        categories: { 'self-harm/intent': true },
        scores: { 'self-harm/intent': 0.75 },
        extra: { category_applied_input_types: { 'self-harm/intent': ['image'] }, flagged: 'never this' },
      },
    ],
    usage: { inputTokens: 1, outputTokens: 0, source: 'provider' },
  });
  assert.deepEqual(JSON.parse(body), {
    id: 'modr-1',
    model: 'omni',
    results: [
      {
        flagged: true,
        categories: { 'self-harm/intent': true },
        category_scores: { 'self-harm/intent': 0.75 },
        category_applied_input_types: { 'self-harm/intent': ['image'] },
      },
    ],
  });
});

test('moderations and embeddings: fields that were not honoured in full are in the header', async (t) => {
  const edge = createTestEdge(t);
  const usage = { inputTokens: 1, outputTokens: 0, source: 'provider' } as const;
  const answerer = { model: 'm', target: 'p/m', attempts: 1, usage, downgrades: ['user'] };
  edge.inference.answers.moderate = () => ({ ...answerer, id: 'modr-1', results: [] });
  edge.inference.embedScript = () => ({ ...answerer, vectors: [] });
  for (const url of ['/v1/moderations', '/v1/embeddings']) {
    const payload = { model: 'm', input: 'a', user: 'u' };
    const answer = await edge.server.inject({ method: 'POST', url, headers, payload });
    assert.equal(answer.headers['x-sluice-downgraded'], 'user');
  }
});

test('moderations: nothing is judged by half', () => {
  const wrong: readonly [input: unknown, param: string][] = [
    [undefined, 'input'],
    [7, 'input'],
    [[], 'input'],
    [['a', 7], 'input[1]'],
    [['a', { type: 'text', text: 'b' }], 'input[1]'],
    [[{ type: 'text' }], 'input[0].text'],
    [[{ type: 'input_audio', input_audio: {} }], 'input[0]'],
    [[{ type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } }], 'input[0]'],
    [[{ type: 'text', text: 'a', hidden: 'b' }], 'input[0]'],
    [new Array(2049).fill('a'), 'input'],
  ];
  for (const [input, param] of wrong) {
    assert.throws(() => parseModeration({ model: 'm', input }), { reason: 'invalid_request', param });
  }
});

test('moderations: a call is answered, named in the log and marked when its tokens are an estimate', async (t) => {
  const edge = createTestEdge(t);
  const call = {
    method: 'POST',
    url: '/v1/moderations',
    headers,
    payload: { model: 'guard', input: 'hello' },
  } as const;
  const counted = await edge.server.inject(call);
  assert.deepEqual(counted.json(), {
    id: 'modr-1',
    model: 'model-1',
    results: [{ flagged: false, categories: { violence: false }, category_scores: { violence: 0.125 } }],
  });
  assert.equal(counted.headers['x-sluice-model'], 'scripted/model-1');
  assert.equal(counted.headers['x-sluice-usage-source'], undefined);
  const { fields } = await edge.logged('');
  assert.deepEqual([fields['route'], fields['model'], fields['inputTokens']], ['/v1/moderations', 'guard', 4]);
  const { moderate } = edge.inference.answers;
  edge.inference.answers.moderate = async (...asked) => ({
    ...(await moderate(...asked)),
    usage: { inputTokens: 9, outputTokens: 0, source: 'estimated' },
  });
  assert.equal((await edge.server.inject(call)).headers['x-sluice-usage-source'], 'estimated');
});
