// The official OpenAI client's responses, unmodified, against a listening edge with a real store; everything that is sent is
// checked by OpenAI's own document where that is at hand.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, type ModelMessage } from 'ai';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { createSqliteResponseStore } from '../../src/adapters/sqlite/response-store.ts';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import { SluiceError } from '../../src/core/error.ts';
import type { PredictPart, PredictRequest } from '../../src/core/predict.ts';
import { createTestEdge, edgeKeys } from '../fixtures/edge.ts';
import { openAiDocument } from '../fixtures/openapi.ts';
import { type ScriptedInference, textAnswer } from '../fixtures/scripted-inference.ts';
import { createRecordingLog } from '../fixtures/silent-telemetry.ts';
import { evaluationDataMissing } from '../fixtures/upstream-calls.ts';

interface Subject {
  readonly url: string;
  readonly client: OpenAI;
  readonly inference: ScriptedInference;
}

async function start(t: TestContext): Promise<Subject> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-sdk-'));
  const clock = createSystemClock();
  const log = createRecordingLog();
  const database = await openDatabase({ path: join(dir, 'sluice.db'), clock, log });
  const store = createSqliteResponseStore({ database, clock, log, ttlMs: 60_000 });
  const { inference, listen } = createTestEdge(t, { responses: store });
  const url = `http://127.0.0.1:${await listen()}/v1`;
  t.after(async () => {
    store.close();
    await database.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return { url, inference, client: new OpenAI({ baseURL: url, apiKey: edgeKeys.first, maxRetries: 0 }) };
}

/** Valid by OpenAI's document. The client adds `output_text`, and to events nothing. */
function assertValid(schema: 'Response' | 'ResponseStreamEvent' | 'ResponseItemList', value: unknown): void {
  if (evaluationDataMissing !== undefined) return;
  const { output_text: _, output_parsed: __, ...wire } = value as Record<string, unknown>;
  openAiDocument().assertValid(schema, wire);
}

const [begin] = textAnswer();
assert.ok(begin);

/** A thought, a sentence and two calls, as a chat model of another vendor would stream them. */
const toolAnswer: readonly PredictPart[] = [
  begin,
  { type: 'reasoning-delta', text: 'They want ' },
  { type: 'reasoning-delta', text: 'the weather.' },
  { type: 'reasoning-delta', text: '', signature: 'c2ln' },
  { type: 'text-delta', text: 'Let me look.' },
  { type: 'tool-call-start', index: 0, id: 'call_1', name: 'weather' },
  { type: 'tool-call-delta', index: 0, argumentsDelta: '{"city":' },
  { type: 'tool-call-delta', index: 0, argumentsDelta: '"Oslo"}' },
  { type: 'tool-call-start', index: 1, id: 'call_2', name: 'weather' },
  { type: 'tool-call-delta', index: 1, argumentsDelta: '{"city":"Rome"}' },
  {
    type: 'end',
    finishReason: 'tool-calls',
    usage: { inputTokens: 100, outputTokens: 30, cachedInputTokens: 60, reasoningTokens: 8, source: 'provider' },
  },
];

function requestOf(inference: ScriptedInference, index: number): PredictRequest {
  return inference.calls[index]?.request as PredictRequest;
}

test('responses sdk: a whole answer', async (t) => {
  const { client, inference } = await start(t);
  const response = await client.responses.create({ model: 'chat', input: 'Hi', metadata: { a: 'b' } });
  assert.equal(response.output_text, 'Hello world');
  assert.equal(response.status, 'completed');
  assert.equal(response.usage?.total_tokens, 5);
  assert.match(response.id, /^resp_/);
  assertValid('Response', response);
  assert.equal(requestOf(inference, 0).dialect, 'openai-responses');
});

test('responses sdk: the stream helper puts thoughts, text and parallel calls together, every event valid', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => toolAnswer;
  const stream = client.responses.stream({ model: 'chat', input: 'Weather?' });
  const types: string[] = [];
  for await (const event of stream) {
    types.push(event.type);
    assertValid('ResponseStreamEvent', event);
  }
  const response = await stream.finalResponse();
  assertValid('Response', response);
  assert.deepEqual(
    response.output.map((item) => [item.type, 'status' in item ? item.status : undefined]),
    [
      ['reasoning', undefined],
      ['message', 'completed'],
      ['function_call', 'completed'],
      ['function_call', 'completed'],
    ],
  );
  const calls = response.output.filter((item) => item.type === 'function_call');
  assert.deepEqual(
    calls.map((call) => [call.call_id, call.name, call.arguments]),
    [
      ['call_1', 'weather', '{"city":"Oslo"}'],
      ['call_2', 'weather', '{"city":"Rome"}'],
    ],
  );
  assert.equal(response.usage?.input_tokens_details.cached_tokens, 60);
  assert.equal(response.usage?.output_tokens_details.reasoning_tokens, 8);
  assert.deepEqual([types[0], types.at(-1)], ['response.created', 'response.completed']);
});

test('responses sdk: a whole answer and a collected stream are the same', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => toolAnswer;
  const whole = await client.responses.create({ model: 'chat', input: 'Weather?' });
  const streamed = await client.responses.stream({ model: 'chat', input: 'Weather?' }).finalResponse();
  // The client's own additions, and ids, which are made anew.
  const added = new Set(['id', 'parsed', 'parsed_arguments']);
  const comparable = (output: readonly object[]): unknown =>
    JSON.parse(JSON.stringify(output, (name, value: unknown) => (added.has(name) ? undefined : value)));
  assert.deepEqual(comparable(streamed.output), comparable(whole.output));
});

test('responses sdk: an answer is fetched, its input listed page by page, and deleted', async (t) => {
  const { client } = await start(t);
  const input = ['a', 'b', 'c'].map((content) => ({ role: 'user' as const, content }));
  const made = await client.responses.create({ model: 'chat', input });
  const fetched = await client.responses.retrieve(made.id);
  assert.deepEqual(fetched, made);
  const texts: string[] = [];
  for await (const item of client.responses.inputItems.list(made.id, { limit: 2, order: 'asc' })) {
    assert.ok(item.type === 'message' && item.content[0]?.type === 'input_text');
    texts.push(item.content[0].text);
  }
  assert.deepEqual(texts, ['a', 'b', 'c']);
  const {
    response: _,
    options: __,
    body,
  } = (await client.responses.inputItems.list(made.id)) as unknown as {
    response: unknown;
    options: unknown;
    body: unknown;
  };
  assertValid('ResponseItemList', body);
  await client.responses.delete(made.id);
  await assert.rejects(client.responses.retrieve(made.id), (error) => error instanceof OpenAI.NotFoundError);
});

test('responses sdk: a conversation goes on by its id, with its calls and their results', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => toolAnswer;
  const first = await client.responses.create({ model: 'chat', input: 'Weather?', instructions: 'Be brief.' });
  inference.script = () => textAnswer('Rain.');
  const second = await client.responses.create({
    model: 'chat',
    previous_response_id: first.id,
    input: [
      { type: 'function_call_output', call_id: 'call_1', output: 'rain' },
      { type: 'function_call_output', call_id: 'call_2', output: [{ type: 'input_text', text: 'sun' }] },
    ],
  });
  assert.equal(second.output_text, 'Rain.');
  const { messages } = requestOf(inference, 1);
  assert.deepEqual(
    messages.map(({ role, content }) => [role, content.map((part) => part.type)]),
    [
      ['user', ['text']],
      ['assistant', ['reasoning', 'text', 'tool-call', 'tool-call']],
      ['tool', ['tool-result']],
      ['tool', ['tool-result']],
    ],
  );
  assert.deepEqual(messages[1]?.content[0], { type: 'reasoning', text: 'They want the weather.', signature: 'c2ln' });
});

test('responses sdk: an answer that is sent back by hand arrives as it was given', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => toolAnswer;
  const fields = { model: 'chat', store: false, include: ['reasoning.encrypted_content' as const] };
  const first = await client.responses.create({ ...fields, input: 'Weather?' });
  await client.responses.create({
    ...fields,
    input: [...(first.output as OpenAI.Responses.ResponseInputItem[]), { role: 'user', content: 'Well?' }],
  });
  const [said] = requestOf(inference, 1).messages;
  assert.deepEqual(
    said?.content.map((part) => (part.type === 'tool-call' ? { ...part, extra: undefined } : part)),
    [
      { type: 'reasoning', text: 'They want the weather.', signature: 'c2ln' },
      { type: 'text', text: 'Let me look.' },
      { type: 'tool-call', id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}', extra: undefined },
      { type: 'tool-call', id: 'call_2', name: 'weather', arguments: '{"city":"Rome"}', extra: undefined },
    ],
  );
});

test('responses sdk: a structured answer is parsed', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => textAnswer('{"city":', '"Oslo"}');
  const format = zodTextFormat(z.object({ city: z.string() }), 'place');
  const response = await client.responses.parse({ model: 'chat', input: 'Where?', text: { format } });
  assert.deepEqual(response.output_parsed, { city: 'Oslo' });
  assert.equal(requestOf(inference, 0).responseFormat?.kind, 'json-schema');
});

test('responses sdk: a stream that fails is an error, and what is kept of it says so', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => [
    ...toolAnswer.slice(0, 5),
    () => {
      throw new SluiceError('upstream_truncated');
    },
  ];
  const stream = client.responses.stream({ model: 'chat', input: 'Weather?' });
  let id = '';
  stream.on('response.created', ({ response }) => {
    id = response.id;
  });
  await assert.rejects(stream.finalResponse(), (error) => error instanceof OpenAI.APIError);
  const kept = await client.responses.retrieve(id);
  assert.equal(kept.status, 'failed');
  assert.equal(kept.error?.code, 'server_error');
  assertValid('Response', kept);
  await assert.rejects(
    client.responses.create({ model: 'chat', input: 'x', previous_response_id: id }),
    (error) => error instanceof OpenAI.BadRequestError && error.param === 'previous_response_id',
  );
});

test('responses sdk: what is not kept cannot be continued, in OpenAI’s words', async (t) => {
  const { client, inference } = await start(t);
  // As every target that does not speak this API refuses the id of a conversation that is not kept here.
  inference.script = ({ extra }) => {
    assert.equal(extra?.['previous_response_id'], 'resp_unknown');
    throw new SluiceError('unsupported_capability', { param: 'previous_response_id' });
  };
  await assert.rejects(
    client.responses.create({ model: 'chat', input: 'x', previous_response_id: 'resp_unknown' }),
    (error) =>
      error instanceof OpenAI.BadRequestError &&
      error.code === 'previous_response_not_found' &&
      error.message.includes("Previous response with id 'resp_unknown' not found."),
  );
});

test('responses sdk: Vercel’s client, which refers to earlier items by their ids, goes on', async (t) => {
  const { url, inference } = await start(t);
  const model = createOpenAI({ baseURL: url, apiKey: edgeKeys.first }).responses('gpt-5');
  inference.script = () => toolAnswer.filter((part) => !part.type.startsWith('tool-call'));
  const question: ModelMessage = { role: 'user', content: 'Weather?' };
  const first = await generateText({ model, messages: [question], maxRetries: 0 });
  assert.equal(first.text, 'Let me look.');
  await generateText({
    model,
    messages: [question, ...first.response.messages, { role: 'user', content: 'Well?' }],
    maxRetries: 0,
  });
  const { messages } = requestOf(inference, 1);
  assert.deepEqual(messages[1]?.content, [
    { type: 'reasoning', text: 'They want the weather.', signature: 'c2ln' },
    { type: 'text', text: 'Let me look.' },
  ]);
});
