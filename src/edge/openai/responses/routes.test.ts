import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTestEdge, edgeKeys, type TestEdge } from '../../../../test/fixtures/edge.ts';
import {
  createMemoryResponseStore,
  type MemoryResponseStore,
} from '../../../../test/fixtures/memory-response-store.ts';
import { type ScriptedInference, textAnswer } from '../../../../test/fixtures/scripted-inference.ts';
import { createSystemClock } from '../../../adapters/system/clock.ts';
import { SluiceError } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { PredictRequest } from '../../../core/predict.ts';

interface Subject extends TestEdge {
  readonly store: MemoryResponseStore;
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: JsonObject, key?: string): Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
  readonly text: string;
}

function start(t: TestContext, keeps = true): Subject {
  const store = createMemoryResponseStore(createSystemClock(), 1e9);
  const edge = createTestEdge(t, keeps ? { responses: store } : {});
  return {
    ...edge,
    store,
    async ask(method, path, body, key = edgeKeys.first) {
      const response = await edge.server.inject({
        method,
        url: `/v1/responses${path}`,
        headers: { authorization: `Bearer ${key}` },
        ...(body === undefined ? {} : { payload: body }),
      });
      const isJson = String(response.headers['content-type']).startsWith('application/json');
      const parsed = isJson ? (JSON.parse(response.body) as JsonObject) : {};
      return { status: response.statusCode, text: response.body, body: parsed };
    },
  };
}

function requestOf(inference: ScriptedInference, index: number): PredictRequest {
  return inference.calls[index]?.request as PredictRequest;
}

const errorOf = ({ status, body }: Answer): unknown[] => {
  const { type, code, param } = body['error'] as JsonObject;
  return [status, type, code, param];
};

test('responses: an answer is made, fetched, continued and deleted', async (t) => {
  const { ask, inference } = start(t);
  const first = await ask('POST', '', { model: 'chat', input: 'My name is Ada.', instructions: 'Rhyme.' });
  const id = String(first.body['id']);
  assert.equal(first.status, 200);
  assert.deepEqual((await ask('GET', `/${id}`)).body, first.body);

  const second = await ask('POST', '', { model: 'chat', input: 'What is it?', previous_response_id: id });
  assert.equal(second.body['previous_response_id'], id);
  const { messages } = requestOf(inference, 1);
  assert.deepEqual(
    messages.map(({ role }) => role),
    ['user', 'assistant', 'user'],
    'without the instructions of the first',
  );

  assert.deepEqual((await ask('DELETE', `/${id}`)).body, { id, object: 'response', deleted: true });
  assert.deepEqual(errorOf(await ask('GET', `/${id}`)), [404, 'invalid_request_error', 'not_found', null]);
  const orphan = await ask('POST', '', { model: 'chat', input: 'x', previous_response_id: String(second.body['id']) });
  assert.deepEqual(
    errorOf(orphan),
    [400, 'invalid_request_error', 'previous_response_not_found', 'previous_response_id'],
    'the chain is broken',
  );
});

test('responses: another tenant finds nothing by any route', async (t) => {
  const { ask } = start(t);
  const { body } = await ask('POST', '', { model: 'chat', input: 'secret' });
  const id = String(body['id']);
  for (const [method, path] of [
    ['GET', `/${id}`],
    ['DELETE', `/${id}`],
    ['POST', `/${id}/cancel`],
    ['GET', `/${id}/input_items`],
  ] as const) {
    const answer = await ask(method, path, undefined, edgeKeys.second);
    assert.equal(answer.status, 404, `${method} ${path}`);
    assert.match(String((answer.body['error'] as JsonObject)['message']), /^Response with id '.*' not found\.$/);
  }
  assert.equal((await ask('GET', `/${id}`)).status, 200);
});

test('responses: with store false nothing is kept', async (t) => {
  const { ask, store } = start(t);
  const { body } = await ask('POST', '', { model: 'chat', input: 'x', store: false });
  assert.equal(body['store'], false);
  assert.equal((await ask('GET', `/${body['id']}`)).status, 404);
  assert.deepEqual(store.kept, []);
});

test('responses: without a store answers say that they are not kept', async (t) => {
  const { ask } = start(t, false);
  const { body } = await ask('POST', '', { model: 'chat', input: 'x', store: true });
  assert.equal(body['store'], false);
  assert.equal((await ask('GET', `/${body['id']}`)).status, 404);
  assert.equal((await ask('DELETE', `/${body['id']}`)).status, 404);
});

test('responses: only what runs in the background can be cancelled or streamed again', async (t) => {
  const { ask } = start(t);
  const { body } = await ask('POST', '', { model: 'chat', input: 'x' });
  const cancelled = await ask('POST', `/${body['id']}/cancel`);
  assert.equal(cancelled.status, 400);
  assert.equal((cancelled.body['error'] as JsonObject)['message'], 'Cannot cancel a synchronous response.');
  assert.deepEqual(errorOf(await ask('GET', `/${body['id']}?stream=true`)).slice(2), [
    'unsupported_capability',
    'stream',
  ]);
});

test('responses: input items are listed in pages, newest first unless asked otherwise', async (t) => {
  const { ask } = start(t);
  const input = ['a', 'b', 'c', 'd', 'e'].map((content) => ({ role: 'user', content }));
  const { body } = await ask('POST', '', { model: 'chat', input });
  const list = async (query: string): Promise<JsonObject> =>
    (await ask('GET', `/${body['id']}/input_items${query}`)).body;
  const texts = ({ data }: JsonObject): string =>
    (data as JsonObject[]).map(({ content }) => (content as JsonObject[])[0]?.['text']).join('');
  assert.equal(texts(await list('')), 'edcba');
  const page = await list('?order=asc&limit=2');
  assert.deepEqual([texts(page), page['has_more']], ['ab', true]);
  assert.deepEqual(
    [page['first_id'], page['last_id']],
    (page['data'] as JsonObject[]).map(({ id }) => id),
  );
  const last = await list(`?order=asc&limit=3&after=${page['last_id']}`);
  assert.deepEqual([texts(last), last['has_more']], ['cde', false]);
  const empty = await list(`?order=asc&after=${last['last_id']}`);
  assert.deepEqual([empty['data'], empty['has_more']], [[], false]);
  for (const [query, param] of [
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['order=up', 'order'],
    ['after=msg_none', 'after'],
  ]) {
    const refused = await ask('GET', `/${body['id']}/input_items?${query}`);
    assert.deepEqual([refused.status, (refused.body['error'] as JsonObject)['param']], [400, param]);
  }
});

test('responses: encrypted reasoning is shown to who asks, also later', async (t) => {
  const { ask, inference } = start(t);
  const [begin, ...rest] = textAnswer('Hi');
  const thought = { type: 'reasoning-delta', text: 'Hm', signature: 'sig' } as const;
  inference.script = () => (begin === undefined ? [] : [begin, thought, ...rest]);
  const { body, text } = await ask('POST', '', { model: 'chat', input: 'x' });
  assert.ok(!text.includes('encrypted_content'));
  assert.ok(!(await ask('GET', `/${body['id']}`)).text.includes('encrypted_content'));
  for (const query of ['include[]=reasoning.encrypted_content', 'include=reasoning.encrypted_content']) {
    assert.ok((await ask('GET', `/${body['id']}?${query}`)).text.includes('encrypted_content'));
  }
  // A caller that sends the answer back as it was shown: the signature is put back in its place.
  await ask('POST', '', {
    model: 'chat',
    input: [...(body['output'] as JsonObject[]), { role: 'user', content: 'y' }],
  });
  const { messages } = requestOf(inference, 1);
  assert.deepEqual(messages[0]?.content[0], { type: 'reasoning', text: 'Hm', signature: 'sig' });
});

test('responses: a failure of the model is an error, and nothing is kept', async (t) => {
  const { ask, inference, store } = start(t);
  inference.script = () => [
    () => {
      throw new SluiceError('upstream_unavailable');
    },
  ];
  for (const stream of [false, true]) {
    assert.deepEqual(errorOf(await ask('POST', '', { model: 'chat', input: 'x', stream })).slice(0, 3), [
      503,
      'server_error',
      'upstream_unavailable',
    ]);
  }
  assert.deepEqual(store.kept, []);
});

test('responses: a store that is down is an error only where it is asked for something', async (t) => {
  const { ask, store } = start(t);
  const { body } = await ask('POST', '', { model: 'chat', input: 'x' });
  store.state = 'down';
  const answered = await ask('POST', '', { model: 'chat', input: 'x' });
  assert.deepEqual([answered.status, answered.body['store']], [200, false]);
  assert.equal((await ask('GET', `/${body['id']}`)).status, 503);
  assert.equal(
    (await ask('POST', '', { model: 'chat', input: 'x', previous_response_id: String(body['id']) })).status,
    503,
  );
});

test('responses: input tokens are counted with the conversation before them', async (t) => {
  const { ask, server, inference } = start(t);
  const { body } = await ask('POST', '', { model: 'chat', input: 'x' });
  const count = (fields: JsonObject): Promise<Answer> =>
    ask('POST', '/input_tokens', { model: 'chat', input: 'y', ...fields });
  assert.deepEqual((await count({})).body, { object: 'response.input_tokens', input_tokens: 1, estimated: true });
  assert.equal((await count({ previous_response_id: String(body['id']) })).body['input_tokens'], 3);
  const counted = { model: 'm', target: 'p/m', attempts: 1, inputTokens: 7, source: 'estimated' } as const;
  inference.answers.countTokens = () => ({ ...counted, downgrades: ['seed'] });
  const answer = await server.inject({
    method: 'POST',
    url: '/v1/responses/input_tokens',
    headers: { authorization: `Bearer ${edgeKeys.first}` },
    payload: { model: 'chat', input: 'y' },
  });
  assert.deepEqual(
    ['x-sluice-model', 'x-sluice-usage-source', 'x-sluice-downgraded'].map((name) => answer.headers[name]),
    ['p/m', 'estimated', 'seed'],
  );
});
