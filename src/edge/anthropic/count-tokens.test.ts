import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestEdge, edgeKeys } from '../../../test/fixtures/edge.ts';
import { SluiceError } from '../../core/error.ts';
import type { PredictRequest } from '../../core/predict.ts';

const headers = { 'x-api-key': edgeKeys.first, 'anthropic-beta': 'token-counting-2024-11-01' };
const payload = { model: 'chat', messages: [{ role: 'user', content: 'Hi' }], system: 'Be brief.' };
const call = { method: 'POST', url: '/v1/messages/count_tokens', headers, payload } as const;

test('count tokens: a question without an answer’s length is asked whole, and an estimate says so', async (t) => {
  const edge = createTestEdge(t);
  const tools = [{ name: 'f', input_schema: { type: 'object' } }];
  const answer = await edge.server.inject({ ...call, payload: { ...payload, tools, thinking: { type: 'adaptive' } } });
  assert.deepEqual(answer.json(), { input_tokens: 2 });
  assert.equal(answer.headers['x-sluice-usage-source'], 'estimated');
  assert.equal(answer.headers['x-sluice-model'], 'scripted/model-1');
  assert.deepEqual(
    edge.inference.calls.map(({ method }) => method),
    ['countTokens'],
  );
  const [asked] = edge.inference.calls.map(({ request }) => request as PredictRequest);
  assert.ok(asked);
  const { sampling, tools: known, extra } = asked;
  assert.deepEqual(sampling, {});
  assert.equal(known?.length, 1);
  assert.deepEqual(extra, { thinking: { type: 'adaptive' }, anthropic_beta: ['token-counting-2024-11-01'] });
  const { fields } = await edge.logged('');
  // Nothing was used: a count must not look like it in the sums that are made of log lines.
  assert.deepEqual([fields['model'], fields['target'], fields['inputTokens']], ['chat', 'scripted/model-1', undefined]);
});

test('count tokens: the vendor’s own count is not marked', async (t) => {
  const edge = createTestEdge(t);
  const answerer = { model: 'm', target: 'claude/m', attempts: 1 };
  edge.inference.answers.countTokens = () => ({
    ...answerer,
    inputTokens: 1114,
    source: 'provider',
    downgrades: ['name'],
  });
  const answer = await edge.server.inject(call);
  assert.deepEqual(answer.json(), { input_tokens: 1114 });
  assert.equal(answer.headers['x-sluice-usage-source'], undefined);
  assert.equal(answer.headers['x-sluice-downgraded'], 'name');
});

test('count tokens: faults are told in Anthropic’s envelope', async (t) => {
  const edge = createTestEdge(t);
  for (const [body, message] of [
    [{ messages: payload.messages }, /^model: Field required/],
    [{ ...payload, messages: [] }, /^messages: /],
    [{ ...payload, max_tokens: 'many' }, /^max_tokens: /],
  ] as const) {
    const answer = await edge.server.inject({ ...call, payload: body });
    const { type, error } = answer.json();
    assert.deepEqual([answer.statusCode, type, error.type], [400, 'error', 'invalid_request_error']);
    assert.match(error.message, message);
  }
  edge.inference.answers.countTokens = () => {
    throw new SluiceError('model_not_found');
  };
  assert.equal((await edge.server.inject(call)).json().error.type, 'not_found_error');
});

test('messages: features of the header reach the model call, whole and streamed', async (t) => {
  const edge = createTestEdge(t);
  for (const stream of [false, true]) {
    await edge.server.inject({ ...call, url: '/v1/messages', payload: { ...payload, max_tokens: 5, stream } });
  }
  for (const { request } of edge.inference.calls) {
    assert.deepEqual((request as PredictRequest).extra, { anthropic_beta: ['token-counting-2024-11-01'] });
  }
  const broken = { ...headers, 'anthropic-beta': 'not a name' };
  const refused = await edge.server.inject({ ...call, headers: broken });
  assert.match(refused.json().error.message, /anthropic-beta/);
});
