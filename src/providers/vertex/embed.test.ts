import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../core/json.ts';
import { embedFromWire, embedToWire } from './embed.ts';

const context = { target: 'p/m', model: 'm', requestId: 'r', nowMs: 0, estimator: { count: async () => 7 } };
const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `text ${index}`);

test('embed: Vertex takes many texts at a time, and refuses rather than cuts one that is too long', () => {
  const request = { model: 'm', input: ['a', 'b'], dimensions: 3, extra: { task_type: 'CLUSTERING', user: 'u' } };
  assert.deepEqual(embedToWire(request, 'text-embedding-005', 'vertex').steps, [
    {
      method: 'predict',
      count: 2,
      body: {
        instances: [
          { content: 'a', task_type: 'CLUSTERING' },
          { content: 'b', task_type: 'CLUSTERING' },
        ],
        parameters: { autoTruncate: false, outputDimensionality: 3 },
      },
    },
  ]);
  const sizes = embedToWire({ model: 'm', input: many(251) }, 'text-embedding-005', 'vertex').steps.map(
    ({ count }) => count,
  );
  assert.deepEqual(sizes, [250, 1]);
});

test('embed: Gemini’s embedding models take one text at a time on Vertex, a batch on the Gemini API', () => {
  const request = { model: 'm', input: ['a', 'b'], dimensions: 3 };
  const methods = (model: string, api: 'vertex' | 'gemini'): string[] =>
    embedToWire(request, model, api).steps.map(({ method, count }) => `${method} ${count}`);
  assert.deepEqual(methods('gemini-embedding-001', 'vertex'), ['predict 1', 'predict 1']);
  assert.deepEqual(methods('gemini-embedding-2', 'vertex'), ['embedContent 1', 'embedContent 1']);
  assert.deepEqual(methods('gemini-embedding-001', 'gemini'), ['batchEmbedContents 2']);
  const [step] = embedToWire(request, 'gemini-embedding-001', 'gemini').steps;
  assert.ok(step);
  assert.deepEqual((step.body['requests'] as JsonObject[])[1], {
    model: 'models/gemini-embedding-001',
    content: { parts: [{ text: 'b' }] },
    outputDimensionality: 3,
  });
});

test('embed: tokens are refused, since Google takes only texts', () => {
  const request = { model: 'm', input: [], tokens: [[1, 2]] };
  for (const api of ['vertex', 'gemini'] as const) {
    assert.throws(() => embedToWire(request, 'm', api), { reason: 'unsupported_capability', param: 'input' });
  }
});

test('embed: a field that Google does not know is refused', () => {
  const request = { model: 'm', input: ['a'], extra: { input_type: 'query' } };
  assert.throws(() => embedToWire(request, 'm', 'gemini'), { reason: 'unsupported_capability', param: 'input_type' });
});

test('embed: what reaches no model is reported, and so is a text that Google cut off', async () => {
  const request = { model: 'm', input: ['a'], extra: { user: 'u', auto_truncate: true } };
  assert.deepEqual(embedToWire(request, 'gemini-embedding-001', 'gemini').downgrades, ['user', 'auto_truncate']);
  const plans = ['text-embedding-005', 'gemini-embedding-2'].map((model) => embedToWire(request, model, 'vertex'));
  const cut = { values: [1], statistics: { token_count: 1, truncated: true } };
  const bodies = [{ predictions: [{ embeddings: cut }] }, { embedding: { values: [1] }, truncated: true }];
  for (const [index, { steps, downgrades }] of plans.entries()) {
    assert.deepEqual(downgrades, ['user']);
    const [step] = steps;
    const body = bodies[index];
    assert.ok(step !== undefined && body !== undefined);
    const parameters = step.body['parameters'] ?? step.body;
    assert.equal((parameters as JsonObject)['autoTruncate'], true);
    const response = await embedFromWire([{ step, body }], request, { ...context, downgrades });
    assert.deepEqual(response.downgrades, ['user', 'input']);
  }
  const whole = await embedFromWire(
    [{ step: { method: 'embedContent', body: {}, count: 1 }, body: { embedding: { values: [1] } } }],
    { model: 'm', input: ['a'] },
    context,
  );
  assert.equal('downgrades' in whole, false);
});

test('embed: vectors of several answers stand in the order of the input, and their tokens add up', async () => {
  const request = { model: 'm', input: ['a', 'b'] };
  const { steps } = embedToWire(request, 'gemini-embedding-001', 'vertex');
  const answers = steps.map((step, index) => ({
    step,
    body: { predictions: [{ embeddings: { values: [index, 1], statistics: { token_count: 2 } } }] },
  }));
  const response = await embedFromWire(answers, request, context);
  assert.deepEqual(
    response.vectors.map((vector) => [...vector]),
    [
      [0, 1],
      [1, 1],
    ],
  );
  assert.deepEqual(response.usage, { inputTokens: 4, outputTokens: 0, source: 'provider' });
});

test('embed: missing, empty and uneven vectors are malformed', async () => {
  const request = { model: 'm', input: ['a', 'b'] };
  const [step] = embedToWire(request, 'gemini-embedding-001', 'gemini').steps;
  assert.ok(step);
  for (const embeddings of [
    [{ values: [1] }],
    [{ values: [1] }, { values: [] }],
    [{ values: [1] }, { values: [1, 2] }],
    [{ values: [1] }, { values: ['1'] }],
    [1, 2],
  ]) {
    const answers = [{ step, body: { embeddings } as JsonObject }];
    await assert.rejects(embedFromWire(answers, request, context), { reason: 'upstream_malformed' });
  }
  const body = { embeddings: [{ values: [1] }, { values: [2] }] };
  const { usage } = await embedFromWire([{ step, body }], request, context);
  assert.deepEqual(usage, { inputTokens: 7, outputTokens: 0, source: 'estimated' });
});
