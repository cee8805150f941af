import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../../test/fixtures/fake-clock.ts';
import {
  createMemoryResponseStore,
  type MemoryResponseStore,
} from '../../../../test/fixtures/memory-response-store.ts';
import { SluiceError } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import { type Conversation, openConversation, standsAlone } from './conversation.ts';
import { loadTimeoutMs, maxChainLength, maxConversationChars } from './defaults.ts';
import { parseResponseCall, type ResponseCall } from './parse-request.ts';
import { createResponseVault, type VaultCall } from './response-vault.ts';

const clock = new FakeClock();
const call = { context: { tenantId: 't' }, requestId: 'req_1' } as unknown as VaultCall;

function asking(body: JsonObject): ResponseCall {
  return parseResponseCall({ model: 'm', input: 'q', ...body });
}

function open(store: MemoryResponseStore, body: JsonObject): Promise<Conversation> {
  return openConversation(call, asking(body), { vault: createResponseVault(store, clock), passUnknown: true });
}

async function refusal(promise: Promise<unknown>): Promise<SluiceError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const message = (id: string, role: string): JsonObject => ({ type: 'message', id, role, content: [] });

/** A store with a chain: resp_1 ← resp_2 ← …, each of one question and one answer. */
async function chainOf(length: number, fields: JsonObject = {}): Promise<MemoryResponseStore> {
  const store = createMemoryResponseStore(clock, 1e9);
  for (let number = 1; number <= length; number += 1) {
    const output = [message(`msg_a${number}`, 'assistant')];
    await store.put({
      tenantId: 't',
      id: `resp_${number}`,
      createdAtMs: number,
      ...(number === 1 ? {} : { previousId: `resp_${number - 1}` }),
      body: JSON.stringify({ status: 'completed', instructions: 'never carried over', ...fields, output }),
      input: JSON.stringify([message(`msg_q${number}`, 'user')]),
      itemIds: [`msg_a${number}`],
    });
  }
  return store;
}

test('conversation: a request that refers to nothing needs no store', () => {
  assert.equal(standsAlone(asking({ input: 'q' })), true);
  assert.equal(standsAlone(asking({ input: [{ role: 'user', content: 'q', id: 'msg_1' }] })), true);
  assert.equal(standsAlone(asking({ previous_response_id: 'resp_1' })), false);
  assert.equal(standsAlone(asking({ conversation: 'conv_1' })), false);
  assert.equal(standsAlone(asking({ input: [{ type: 'item_reference', id: 'msg_1' }] })), false);
  assert.equal(standsAlone(asking({ input: [{ id: 'msg_1' }] })), false);
  const reasoning = { type: 'reasoning', id: 'rs_1', summary: [] };
  assert.equal(standsAlone(asking({ input: [reasoning] })), false);
  assert.equal(standsAlone(asking({ input: [{ ...reasoning, encrypted_content: 'e' }] })), true);
});

test('conversation: is rebuilt from the whole chain, oldest first, without instructions', async () => {
  const { before, input } = await open(await chainOf(3), { previous_response_id: 'resp_3' });
  assert.deepEqual(before, [
    { type: 'message', role: 'user', content: [] },
    message('msg_a1', 'assistant'),
    { type: 'message', role: 'user', content: [] },
    message('msg_a2', 'assistant'),
    { type: 'message', role: 'user', content: [] },
    message('msg_a3', 'assistant'),
  ]);
  assert.deepEqual(input, [{ role: 'user', content: 'q' }]);
});

test('conversation: an answer that is not kept is a vendor’s, but a chain that was broken here is said to be', async () => {
  const store = await chainOf(3);
  const unknown = await open(store, { previous_response_id: 'resp_9' });
  assert.deepEqual(unknown, { before: [], input: [{ role: 'user', content: 'q' }], isVendors: true });
  await store.delete('t', 'resp_1');
  const broken = await refusal(open(store, { previous_response_id: 'resp_3' }));
  assert.deepEqual(
    [broken.reason, broken.httpStatus, broken.param, broken.message],
    ['previous_response_not_found', 400, 'previous_response_id', "Previous response with id 'resp_1' not found."],
  );
});

test('conversation: in one that a vendor holds, references that are not found here are the vendor’s', async () => {
  const store = await chainOf(1);
  const input = [{ id: 'msg_a1' }, { id: 'msg_v' }, { type: 'item_reference', id: 'fc_v' }];
  for (const past of [{ conversation: 'conv_1' }, { previous_response_id: 'resp_v' }]) {
    const opened = await open(store, { ...past, input });
    assert.equal(opened.isVendors, true);
    assert.deepEqual(opened.input, [
      message('msg_a1', 'assistant'),
      { type: 'item_reference', id: 'msg_v' },
      { type: 'item_reference', id: 'fc_v' },
    ]);
  }
});

test('conversation: goes on from a limit, but not from a failure', async () => {
  for (const [status, isRefused] of [
    ['incomplete', false],
    ['failed', true],
    ['cancelled', true],
  ] as const) {
    const opened = open(await chainOf(1, { status }), { previous_response_id: 'resp_1' });
    if (isRefused) assert.match((await refusal(opened)).message, new RegExp(`is ${status}`));
    else await opened;
  }
});

test('conversation: is bounded in turns and in size', async () => {
  const long = await chainOf(maxChainLength + 1);
  assert.equal(
    (await open(long, { previous_response_id: `resp_${maxChainLength}` })).before.length,
    2 * maxChainLength,
  );
  const tooLong = await refusal(open(long, { previous_response_id: `resp_${maxChainLength + 1}` }));
  assert.deepEqual([tooLong.reason, tooLong.param], ['invalid_request', 'previous_response_id']);
  const large = await chainOf(2, { instructions: 'x'.repeat(maxConversationChars / 2) });
  assert.equal((await refusal(open(large, { previous_response_id: 'resp_2' }))).reason, 'invalid_request');
});

test('conversation: references become what they refer to, from any kept answer or from the chain', async () => {
  const store = await chainOf(2);
  const input = [{ type: 'item_reference', id: 'msg_a1' }, { role: 'user', content: 'q' }, { id: 'msg_a2' }];
  const opened = await open(store, { input, previous_response_id: 'resp_2' });
  assert.deepEqual(opened.input, [message('msg_a1', 'assistant'), input[1], message('msg_a2', 'assistant')]);
  const unknown = await refusal(open(store, { input: [{ role: 'user', content: 'q' }, { id: 'msg_q9' }] }));
  assert.deepEqual([unknown.message, unknown.param], ["Item with id 'msg_q9' not found.", 'input[1]']);
});

test('conversation: reasoning without its encrypted form gets it back where it is kept', async () => {
  const store = createMemoryResponseStore(clock, 1e9);
  const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAA' };
  const body = JSON.stringify({ status: 'completed', output: [reasoning] });
  await store.put({ tenantId: 't', id: 'resp_1', createdAtMs: 1, body, input: '[]', itemIds: ['rs_1'] });
  const stranger = { type: 'reasoning', id: 'rs_9', summary: [] };
  const opened = await open(store, { input: [{ type: 'reasoning', id: 'rs_1', summary: [] }, stranger] });
  assert.deepEqual(opened.input, [reasoning, stranger]);
});

test('conversation: another tenant’s answers and items do not exist', async () => {
  const store = await chainOf(1);
  const past = { vault: createResponseVault(store, clock), passUnknown: true };
  const stranger = { ...call, context: { tenantId: 'u' } } as unknown as VaultCall;
  const chained = await openConversation(stranger, asking({ previous_response_id: 'resp_1' }), past);
  assert.deepEqual(chained, { before: [], input: [{ role: 'user', content: 'q' }], isVendors: true });
  const referring = openConversation(stranger, asking({ input: [{ id: 'msg_a1' }] }), past);
  assert.match((await refusal(referring)).message, /not found/);
  const both = { previous_response_id: 'resp_1', input: [{ id: 'msg_a1' }] };
  const { input } = await openConversation(stranger, asking(both), past);
  assert.deepEqual(input, [{ type: 'item_reference', id: 'msg_a1' }]);
});

test('conversation: a store that does not answer is a failure after a bounded wait', async () => {
  const store = await chainOf(1);
  store.state = 'hung';
  const opened = refusal(open(store, { previous_response_id: 'resp_1' }));
  clock.advance(loadTimeoutMs);
  assert.equal((await opened).reason, 'store_unavailable');
  store.resume();
  assert.equal(clock.pendingTimers, 0);
});

test('conversation: without a store every past is a vendor’s', async () => {
  const nowhere = { vault: undefined, passUnknown: true };
  const past = await openConversation(call, asking({ previous_response_id: 'resp_1' }), nowhere);
  assert.deepEqual([past.before, past.isVendors], [[], true]);
  const none = await openConversation(call, asking({}), nowhere);
  assert.deepEqual(none, { before: [], input: asking({}).input, isVendors: false });
  const error = await refusal(openConversation(call, asking({ input: [{ id: 'msg_1' }] }), nowhere));
  assert.deepEqual([error.reason, error.param], ['invalid_request', 'input[0]']);
});
