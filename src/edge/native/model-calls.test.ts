// Ranking and classification over HTTP: the common form of both, and errors as problem details.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestEdge, edgeKeys, type TestEdge } from '../../../test/fixtures/edge.ts';
import { SluiceError } from '../../core/error.ts';

const headers = { authorization: `Bearer ${edgeKeys.first}` };

function post(edge: TestEdge, url: string, payload: unknown): ReturnType<TestEdge['server']['inject']> {
  return edge.server.inject({ method: 'POST', url, headers, payload: payload as object });
}

test('rerank: documents come back by falling score, as many as were asked for', async (t) => {
  const edge = createTestEdge(t);
  const documents = ['a long document', { text: 'short', title: 'T' }, 'middle one'];
  const payload = { model: 'ranker', query: 'q', documents, top_n: 2, max_tokens_per_doc: 100 };
  const answer = await post(edge, '/v1/rerank', payload);
  assert.deepEqual(answer.json(), {
    id: 'req_1',
    model: 'model-1',
    results: [
      { index: 1, relevance_score: 1 / 6 },
      { index: 2, relevance_score: 1 / 11 },
    ],
    usage: { prompt_tokens: 4, total_tokens: 4 },
  });
  assert.equal(answer.headers['x-sluice-model'], 'scripted/model-1');
  assert.equal(answer.headers['x-sluice-attempts'], '1');
  assert.deepEqual(edge.inference.calls[0]?.request, {
    model: 'ranker',
    query: 'q',
    documents: ['a long document', 'short', 'middle one'],
    topN: 2,
    extra: { max_tokens_per_doc: 100 },
  });
  const { fields } = await edge.logged('');
  assert.deepEqual([fields['route'], fields['model'], fields['inputTokens']], ['/v1/rerank', 'ranker', 4]);
});

test('rerank: documents are returned on demand, as they were sent', async (t) => {
  const edge = createTestEdge(t);
  const documents = [{ text: 'short', title: 'T' }, 'middle one'];
  const payload = { model: 'ranker', query: 'q', documents, return_documents: true, rank_fields: ['text'] };
  const { results } = (await post(edge, '/v1/rerank', payload)).json();
  assert.deepEqual(
    results.map(({ document }: { document: unknown }) => document),
    [{ text: 'short', title: 'T' }, { text: 'middle one' }],
  );
});

test('classify: every text gets its labels by falling score', async (t) => {
  const edge = createTestEdge(t);
  edge.inference.answers.classify = ({ input }) => ({
    model: 'c',
    target: 'p/c',
    attempts: 2,
    results: input.map(() => [
      { label: 'good', score: 0.75 },
      { label: 'bad', score: 0.25 },
    ]),
    usage: { inputTokens: 3, outputTokens: 0, source: 'estimated' },
  });
  const answer = await post(edge, '/v1/classify', { model: 'c', input: 'x', labels: ['good', 'bad'], user: 'u' });
  const labels = [
    { label: 'good', score: 0.75 },
    { label: 'bad', score: 0.25 },
  ];
  assert.deepEqual(answer.json(), {
    id: 'req_1',
    model: 'c',
    results: [{ index: 0, label: 'good', score: 0.75, labels }],
    usage: { prompt_tokens: 3, total_tokens: 3, estimated: true },
  });
  assert.equal(answer.headers['x-sluice-usage-source'], 'estimated');
  assert.equal(answer.headers['x-sluice-attempts'], '2');
  const asked = { model: 'c', input: ['x'], labels: ['good', 'bad'], extra: { user: 'u' } };
  assert.deepEqual(edge.inference.calls[0]?.request, asked);
  const several = await post(edge, '/v1/classify', { model: 'c', input: ['x', 'y'] });
  assert.deepEqual(
    several.json().results.map(({ index }: { index: number }) => index),
    [0, 1],
  );
});

test('native calls: fields that were not honoured in full are in the header', async (t) => {
  const edge = createTestEdge(t);
  const answerer = { model: 'm', target: 'p/m', attempts: 1, results: [], downgrades: ['user', 'input'] };
  const usage = { inputTokens: 3, outputTokens: 0, source: 'engine' } as const;
  edge.inference.answers.rank = () => ({ ...answerer, usage });
  edge.inference.answers.classify = () => ({ ...answerer, usage });
  const ranked = await post(edge, '/v1/rerank', { model: 'm', query: 'q', documents: ['a'] });
  const classified = await post(edge, '/v1/classify', { model: 'm', input: 'x' });
  for (const { headers: sent } of [ranked, classified]) assert.equal(sent['x-sluice-downgraded'], 'user, input');
});

test('native calls: what is wrong is told as problem details that name the field', async (t) => {
  const edge = createTestEdge(t);
  const cases: readonly [url: string, payload: unknown, reason: string, param: string | undefined][] = [
    ['/v1/rerank', '{"model":', 'malformed_json', undefined],
    ['/v1/rerank', [], 'invalid_request', undefined],
    ['/v1/rerank', { query: 'q', documents: ['a'] }, 'invalid_request', 'model'],
    ['/v1/rerank', { model: 'm', documents: ['a'] }, 'invalid_request', 'query'],
    ['/v1/rerank', { model: 'm', query: '', documents: ['a'] }, 'invalid_request', 'query'],
    ['/v1/rerank', { model: 'm', query: 'q', documents: [] }, 'invalid_request', 'documents'],
    ['/v1/rerank', { model: 'm', query: 'q', documents: 'a' }, 'invalid_request', 'documents'],
    [
      '/v1/rerank',
      { model: 'm', query: 'q', documents: ['a', { title: 't' }] },
      'invalid_request',
      'documents[1].text',
    ],
    ['/v1/rerank', { model: 'm', query: 'q', documents: ['a'], top_n: 0 }, 'invalid_request', 'top_n'],
    [
      '/v1/rerank',
      { model: 'm', query: 'q', documents: ['a'], rank_fields: ['title'] },
      'unsupported_capability',
      'rank_fields',
    ],
    ['/v1/classify', { model: 'm' }, 'invalid_request', 'input'],
    ['/v1/classify', { model: 'm', input: [] }, 'invalid_request', 'input'],
    ['/v1/classify', { model: 'm', input: ['a', 1] }, 'invalid_request', 'input[1]'],
    ['/v1/classify', { model: 'm', input: 'a', labels: [] }, 'invalid_request', 'labels'],
    ['/v1/classify', { model: 'm', input: 'a', labels: ['x', 'x'] }, 'invalid_request', 'labels'],
  ];
  for (const [url, payload, reason, param] of cases) {
    const answer = await edge.server.inject({
      method: 'POST',
      url,
      headers: { ...headers, 'content-type': 'application/json' },
      payload: payload as object,
    });
    const problem = answer.json();
    assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/);
    assert.deepEqual([answer.statusCode, problem.reason, problem.param], [400, reason, param]);
    assert.equal(problem.status, 400);
    assert.ok(problem.detail.length > 0);
  }
  assert.equal(edge.inference.calls.length, 0);
});

test('native calls: a key is needed, the method must fit, and failures of models are problems too', async (t) => {
  const edge = createTestEdge(t);
  for (const url of ['/v1/rerank', '/v1/classify']) {
    const nobody = await edge.server.inject({ method: 'POST', url, payload: {} });
    assert.deepEqual([nobody.statusCode, nobody.json().reason], [401, 'missing_api_key']);
    const wrong = await edge.server.inject({ method: 'GET', url, headers });
    assert.deepEqual(
      [wrong.statusCode, wrong.headers['allow'], wrong.json().reason],
      [405, 'POST', 'method_not_allowed'],
    );
    const below = await edge.server.inject({ method: 'POST', url: `${url}/x`, headers });
    assert.match(below.headers['content-type'] ?? '', /^application\/problem\+json/);
  }
  edge.inference.answers.rank = () => {
    throw new SluiceError('upstream_rate_limited', { retryAfterMs: 1500 });
  };
  const limited = await post(edge, '/v1/rerank', { model: 'm', query: 'q', documents: ['a'] });
  assert.deepEqual([limited.statusCode, limited.json().reason], [429, 'upstream_rate_limited']);
  assert.equal(limited.headers['retry-after'], '2');
});
