// The official Anthropic client, unmodified, against a listening edge: only the base URL and the key are changed.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { SluiceError } from '../../src/core/error.ts';
import type { PredictPart } from '../../src/core/predict.ts';
import { textAnswer } from '../fixtures/scripted-inference.ts';
import { goodKey, requestOf, type SdkServer, startSdkServer, thinkForEver } from './sdk-server.ts';

const question = { model: 'chat', max_tokens: 64, messages: [{ role: 'user' as const, content: 'Hi' }] };

async function start(t: TestContext): Promise<SdkServer & { readonly client: Anthropic }> {
  const server = await startSdkServer(t);
  return { ...server, client: new Anthropic({ baseURL: server.url, apiKey: goodKey }) };
}

const [answerStart] = textAnswer();
assert.ok(answerStart);

/** Two tool calls, the arguments in pieces, after a thought and a sentence. */
const toolAnswer: readonly PredictPart[] = [
  answerStart,
  { type: 'reasoning-delta', text: 'They want ' },
  { type: 'reasoning-delta', text: 'the weather.' },
  { type: 'reasoning-delta', text: '', signature: 'c2ln' },
  { type: 'reasoning-delta', text: '', encrypted: 'aGlkZGVu' },
  { type: 'text-delta', text: 'Let me look.' },
  { type: 'tool-call-start', index: 0, id: 'toolu_1', name: 'weather' },
  { type: 'tool-call-delta', index: 0, argumentsDelta: '{"city":' },
  { type: 'tool-call-delta', index: 0, argumentsDelta: '"Oslo"}' },
  { type: 'tool-call-start', index: 1, id: 'toolu_2', name: 'weather' },
  { type: 'tool-call-delta', index: 1, argumentsDelta: '{"city":"Rome"}' },
  {
    type: 'end',
    finishReason: 'tool-calls',
    usage: {
      inputTokens: 100,
      outputTokens: 30,
      cachedInputTokens: 60,
      cacheWriteInputTokens: 10,
      reasoningTokens: 8,
      source: 'provider',
    },
  },
];

const toolAnswerContent = [
  { type: 'thinking', thinking: 'They want the weather.', signature: 'c2ln' },
  { type: 'redacted_thinking', data: 'aGlkZGVu' },
  { type: 'text', text: 'Let me look.', citations: null },
  { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Oslo' }, caller: { type: 'direct' } },
  { type: 'tool_use', id: 'toolu_2', name: 'weather', input: { city: 'Rome' }, caller: { type: 'direct' } },
];

test('anthropic sdk: a whole message', async (t) => {
  const { client, inference } = await start(t);
  const { data: message, response, request_id } = await client.messages.create(question).withResponse();
  assert.deepEqual(message.content, [{ type: 'text', text: 'Hello world', citations: null }]);
  assert.equal(message.stop_reason, 'end_turn');
  assert.equal(message.model, 'model-1');
  assert.equal(message.usage.input_tokens, 3);
  assert.equal(message.usage.output_tokens, 2);
  assert.equal(request_id, response.headers.get('x-sluice-request-id'));
  assert.equal(response.headers.get('x-sluice-model'), 'scripted/model-1');
  const [call] = inference.calls;
  assert.equal(call?.method, 'predict');
  assert.equal(call?.context.tenantId, 'tenant-1');
  assert.equal(requestOf(inference, 0).sampling.maxOutputTokens, 64);
});

test('anthropic sdk: a key as bearer token works too', async (t) => {
  const { url } = await start(t);
  const client = new Anthropic({ baseURL: url, authToken: goodKey, apiKey: null });
  assert.equal((await client.messages.create(question)).stop_reason, 'end_turn');
});

test('anthropic sdk: the raw event stream', async (t) => {
  const { client } = await start(t);
  const types: string[] = [];
  let text = '';
  for await (const event of await client.messages.create({ ...question, stream: true })) {
    types.push(event.type);
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
  }
  assert.equal(text, 'Hello world');
  assert.deepEqual(types, [
    'message_start',
    'content_block_start',
    'content_block_delta',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ]);
});

test('anthropic sdk: the stream helper puts thoughts, text and parallel tool calls together', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => toolAnswer;
  const stream = client.messages.stream(question);
  const texts: string[] = [];
  stream.on('text', (delta) => texts.push(delta));
  const message = await stream.finalMessage();
  assert.deepEqual(message.content, toolAnswerContent);
  assert.deepEqual(texts, ['Let me look.']);
  assert.equal(message.stop_reason, 'tool_use');
  assert.equal(message.usage.input_tokens, 30);
  assert.equal(message.usage.cache_read_input_tokens, 60);
  assert.equal(message.usage.cache_creation_input_tokens, 10);
  assert.equal(message.usage.output_tokens, 30);
  assert.equal(message.usage.output_tokens_details?.thinking_tokens, 8);
});

test('anthropic sdk: a whole message and a collected stream are the same', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => toolAnswer;
  const whole = await client.messages.create(question);
  const { parsed_output: _, ...streamed } = await client.messages.stream(question).finalMessage();
  assert.deepEqual(JSON.parse(JSON.stringify(streamed)), JSON.parse(JSON.stringify(whole)));
});

test('anthropic sdk: an answer that is sent back arrives as it was given', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => toolAnswer;
  const message = await client.messages.create(question);
  await client.messages.create({
    ...question,
    messages: [
      ...question.messages,
      { role: 'assistant', content: message.content },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_1', content: 'rain' },
          { type: 'tool_result', tool_use_id: 'toolu_2', content: [{ type: 'text', text: 'sun' }], is_error: false },
          { type: 'text', text: 'Well?' },
        ],
      },
    ],
  });
  const { messages } = requestOf(inference, 1);
  assert.deepEqual(messages.slice(1), [
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'They want the weather.', signature: 'c2ln' },
        { type: 'reasoning', text: '', encrypted: 'aGlkZGVu' },
        { type: 'text', text: 'Let me look.' },
        { type: 'tool-call', id: 'toolu_1', name: 'weather', arguments: '{"city":"Oslo"}' },
        { type: 'tool-call', id: 'toolu_2', name: 'weather', arguments: '{"city":"Rome"}' },
      ],
    },
    {
      role: 'tool',
      content: [
        { type: 'tool-result', toolCallId: 'toolu_1', content: [{ type: 'text', text: 'rain' }] },
        { type: 'tool-result', toolCallId: 'toolu_2', content: [{ type: 'text', text: 'sun' }], isError: false },
      ],
    },
    { role: 'user', content: [{ type: 'text', text: 'Well?' }] },
  ]);
});

test('anthropic sdk: the tool runner runs a tool and hands its result to the model', async (t) => {
  const { client, inference } = await start(t);
  inference.script = ({ messages }) =>
    messages.at(-1)?.role === 'tool' ? textAnswer('Rain', ' in Oslo.') : toolAnswer;
  const asked: string[] = [];
  const weather = betaTool({
    name: 'weather',
    description: 'The weather of a city.',
    inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    run: ({ city }) => {
      asked.push(city);
      return `rain in ${city}`;
    },
  });
  const final = await client.beta.messages.toolRunner({ ...question, tools: [weather] });
  assert.deepEqual(asked, ['Oslo', 'Rome']);
  assert.deepEqual(
    final.content.map((block) => (block.type === 'text' ? block.text : block.type)),
    ['Rain in Oslo.'],
  );
  const request = requestOf(inference, 1);
  assert.deepEqual(request.tools?.[0], {
    kind: 'function',
    name: 'weather',
    description: 'The weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  });
  assert.deepEqual(
    request.messages.at(-1)?.content.map((part) => (part.type === 'tool-result' ? part.toolCallId : part.type)),
    ['toolu_1', 'toolu_2'],
  );
});

test('anthropic sdk: failures become the typed errors of the client', async (t) => {
  const { client, inference, url } = await start(t);
  const wrongKey = new Anthropic({ baseURL: url, apiKey: 'sk-wrong' });
  await assert.rejects(wrongKey.messages.create(question), (error) => {
    assert.ok(error instanceof Anthropic.AuthenticationError);
    assert.equal(error.type, 'authentication_error');
    assert.match(error.requestID ?? '', /./);
    return true;
  });
  await assert.rejects(client.messages.create({ ...question, max_tokens: '5' as unknown as number }), (error) => {
    assert.ok(error instanceof Anthropic.BadRequestError);
    assert.equal(error.type, 'invalid_request_error');
    assert.equal(error.apiMessage, 'max_tokens: Input should be a valid integer');
    return true;
  });
  inference.script = () => [() => Promise.reject(new SluiceError('model_not_found', { message: 'No model nope.' }))];
  for (const stream of [false, true]) {
    await assert.rejects(client.messages.create({ ...question, model: 'nope', stream }), (error) => {
      assert.ok(error instanceof Anthropic.NotFoundError);
      assert.equal(error.type, 'not_found_error');
      assert.equal(error.apiMessage, 'No model nope.');
      return true;
    });
  }
  const tooLong = { ...question, messages: [{ role: 'user' as const, content: 'x'.repeat(11 * 1024 * 1024) }] };
  await assert.rejects(client.messages.create(tooLong), (error) => {
    assert.ok(error instanceof Anthropic.ContentTooLargeError);
    assert.equal((error.error as unknown as { error: { type: string } }).error.type, 'request_too_large');
    return true;
  });
  await assert.rejects(client.messages.batches.list(), Anthropic.NotFoundError);
});

test('anthropic sdk: a rate limit is retried as the headers say and then thrown', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => [() => Promise.reject(new SluiceError('rate_limited', { retryAfterMs: 1 }))];
  await assert.rejects(client.messages.create(question), (error) => {
    assert.ok(error instanceof Anthropic.RateLimitError);
    assert.equal(error.type, 'rate_limit_error');
    return true;
  });
  assert.equal(inference.calls.length, 3);
});

test('anthropic sdk: a stream that fails midway throws and yields no message', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => [
    ...textAnswer('Hel', 'lo').slice(0, 2),
    () => Promise.reject(new SluiceError('upstream_truncated')),
  ];
  const seen: string[] = [];
  const stream = client.messages.stream(question);
  stream.on('text', (delta) => seen.push(delta));
  await assert.rejects(stream.finalMessage(), (error) => {
    assert.ok(error instanceof Anthropic.APIError);
    assert.equal(error.type, 'api_error');
    return true;
  });
  assert.deepEqual(seen, ['Hel']);
});

test('anthropic sdk: a client that stops reading stops the model', async (t) => {
  const { client, inference } = await start(t);
  const thinking = thinkForEver();
  inference.script = () => [...textAnswer('Hel').slice(0, 2), thinking.step];
  const stream = await client.messages.create({ ...question, stream: true });
  for await (const event of stream) if (event.type === 'content_block_delta') break;
  await thinking.stopped;
  assert.equal(inference.calls[0]?.signal.aborted, true);
});

test('anthropic sdk: an aborted call that waits for its whole answer stops the model', async (t) => {
  const { client, inference } = await start(t);
  const thinking = thinkForEver();
  const asked = Promise.withResolvers<void>();
  inference.script = () => [() => asked.resolve(), thinking.step];
  const controller = new AbortController();
  const answer = client.messages.create(question, { signal: controller.signal });
  await asked.promise;
  controller.abort();
  await assert.rejects(answer, Anthropic.APIUserAbortError);
  await thinking.stopped;
});
