import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTestEdge, edgeKeys, type TestEdge } from '../../test/fixtures/edge.ts';
import type { ModelDescription } from '../core/model-description.ts';

const openAi = { authorization: `Bearer ${edgeKeys.first}` };
const anthropic = { 'x-api-key': edgeKeys.first, 'anthropic-version': '2023-06-01' };

function model(id: string): ModelDescription {
  return {
    id,
    targets: ['local/chat'],
    ownedBy: 'sluice',
    summary: 'Quotes.',
    capabilities: ['chat'],
    contextTokens: 4096,
    createdAtMs: Date.UTC(2026, 10, 25),
  };
}

function withModels(t: TestContext, ...ids: string[]): TestEdge {
  const edge = createTestEdge(t);
  edge.inference.models = ids.map(model);
  return edge;
}

function get(edge: TestEdge, url: string, headers: Record<string, string>): ReturnType<TestEdge['server']['inject']> {
  return edge.server.inject({ method: 'GET', url, headers });
}

test('models: who speaks for Anthropic gets its form, everybody else OpenAI’s', async (t) => {
  const edge = withModels(t, 'chat', 'local/chat');
  const list = (await get(edge, '/v1/models', openAi)).json();
  assert.equal(list.object, 'list');
  assert.equal(list.data[1].id, 'local/chat');
  const page = (await get(edge, '/v1/models', anthropic)).json();
  assert.deepEqual([page.has_more, page.first_id, page.last_id], [false, 'chat', 'local/chat']);
  assert.deepEqual(page.data[0], {
    type: 'model',
    id: 'chat',
    display_name: 'chat',
    created_at: '2026-11-25T00:00:00Z',
    capabilities: null,
    deprecated_at: null,
    lifecycle: 'active',
    line: null,
    max_input_tokens: 4096,
    max_tokens: null,
    retires_at: null,
    sluice: { targets: ['local/chat'], owned_by: 'sluice', summary: 'Quotes.', capabilities: ['chat'] },
  });
  const one = await get(edge, '/v1/models/local%2Fchat', anthropic);
  assert.deepEqual([one.json().id, one.json().type], ['local/chat', 'model']);
  assert.equal((await get(edge, '/v1/models/local/chat', openAi)).json().object, 'model');
});

test('models: Anthropic’s pages go forwards and backwards, and meet', async (t) => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const edge = withModels(t, ...ids);
  const read = async (query: string): Promise<[string, boolean]> => {
    const { data, has_more } = (await get(edge, `/v1/models?${query}`, anthropic)).json();
    return [data.map(({ id }: ModelDescription) => id).join(''), has_more];
  };
  assert.deepEqual(await read('limit=2'), ['ab', true]);
  assert.deepEqual(await read('limit=2&after_id=b'), ['cd', true]);
  assert.deepEqual(await read('limit=2&after_id=d'), ['e', false]);
  assert.deepEqual(await read('after_id=e'), ['', false]);
  assert.deepEqual(await read('limit=2&before_id=e'), ['cd', true]);
  assert.deepEqual(await read('limit=2&before_id=c'), ['ab', false]);
  assert.deepEqual(await read('limit=2&after_id=a&before_id=e'), ['bc', true]);
  const many = withModels(t, ...Array.from({ length: 21 }, (_, index) => `m${index}`));
  const { data, has_more } = (await get(many, '/v1/models', anthropic)).json();
  assert.deepEqual([data.length, has_more], [20, true]);
});

test('models: errors are in the form of the caller too', async (t) => {
  const edge = withModels(t, 'chat');
  const nobody = await get(edge, '/v1/models', { 'anthropic-version': '2023-06-01' });
  assert.deepEqual([nobody.statusCode, nobody.json().error.type], [401, 'authentication_error']);
  assert.equal(nobody.headers['request-id'], nobody.json().request_id);
  const missing = await get(edge, '/v1/models/nope', anthropic);
  assert.deepEqual([missing.statusCode, missing.json().error.type], [404, 'not_found_error']);
  assert.equal((await get(edge, '/v1/models/nope', openAi)).json().error.code, 'model_not_found');
  for (const query of ['limit=0', 'limit=1001', 'limit=ten', 'after_id=nope', 'before_id=']) {
    const wrong = await get(edge, `/v1/models?${query}`, anthropic);
    assert.deepEqual([wrong.statusCode, wrong.json().error.type], [400, 'invalid_request_error'], query);
  }
});
