// The official OpenAI client, unmodified, against a listening edge: only the base URL and the key are changed.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import OpenAI from 'openai';
import { SluiceError } from '../../src/core/error.ts';
import type { PredictPart } from '../../src/core/predict.ts';
import { textAnswer } from '../fixtures/scripted-inference.ts';
import { goodKey, requestOf, type SdkServer, startSdkServer, thinkForEver } from './sdk-server.ts';

const question = { model: 'chat', messages: [{ role: 'user' as const, content: 'Hi' }] };

async function start(t: TestContext): Promise<SdkServer & { readonly client: OpenAI }> {
  const server = await startSdkServer(t);
  return { ...server, client: new OpenAI({ baseURL: `${server.url}/v1`, apiKey: goodKey }) };
}

const [answerStart] = textAnswer();
assert.ok(answerStart);

/** Two tool calls whose arguments come in pieces, after a sentence. */
const toolAnswer: readonly PredictPart[] = [
  answerStart,
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

const toolCalls = [
  { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
  { id: 'call_2', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
];

test('openai sdk: a whole completion', async (t) => {
  const { client, inference } = await start(t);
  const { data: completion, response, request_id } = await client.chat.completions.create(question).withResponse();
  assert.equal(completion.object, 'chat.completion');
  assert.equal(completion.model, 'model-1');
  assert.equal(completion.choices[0]?.message.content, 'Hello world');
  assert.equal(completion.choices[0]?.finish_reason, 'stop');
  assert.equal(completion.usage?.prompt_tokens, 3);
  assert.equal(completion.usage?.completion_tokens, 2);
  assert.equal(completion.usage?.total_tokens, 5);
  assert.equal(request_id, response.headers.get('x-sluice-request-id'));
  assert.equal(response.headers.get('x-sluice-model'), 'scripted/model-1');
  assert.equal(inference.calls[0]?.method, 'predict');
  assert.equal(inference.calls[0]?.context.tenantId, 'tenant-1');
});

test('openai sdk: a streamed completion with usage in its last chunk', async (t) => {
  const { client } = await start(t);
  const stream = await client.chat.completions.create({
    ...question,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = '';
  const ends: (string | null | undefined)[] = [];
  let usage: OpenAI.CompletionUsage | null | undefined;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    if (chunk.choices[0]?.finish_reason) ends.push(chunk.choices[0].finish_reason);
    usage = chunk.usage;
  }
  assert.equal(text, 'Hello world');
  assert.deepEqual(ends, ['stop']);
  assert.equal(usage?.total_tokens, 5);
});

test('openai sdk: several choices come whole, and the stream helper puts each together', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => [
    answerStart,
    { type: 'choice-part', choice: 1, part: { type: 'text-delta', text: 'Let ' } },
    ...toolAnswer.slice(1, -1),
    { type: 'choice-part', choice: 1, part: { type: 'text-delta', text: 'me.' } },
    { type: 'choice-end', choice: 1, finishReason: 'length' },
    ...toolAnswer.slice(-1),
  ];
  const whole = await client.chat.completions.create({ ...question, n: 2 });
  const streamed = await client.chat.completions.stream({ ...question, n: 2 }).finalChatCompletion();
  for (const { choices } of [whole, streamed]) {
    assert.deepEqual(
      choices.map(({ index, message, finish_reason }) => [index, message.content, finish_reason]),
      [
        [0, 'Let me look.', 'tool_calls'],
        [1, 'Let me.', 'length'],
      ],
    );
    assert.deepEqual(
      choices.map(({ message }) => message.tool_calls?.length ?? 0),
      [2, 0],
    );
  }
});

test('openai sdk: no usage chunk unless it was asked for', async (t) => {
  const { client } = await start(t);
  for await (const chunk of await client.chat.completions.create({ ...question, stream: true })) {
    assert.equal(chunk.usage ?? null, null);
    assert.equal(chunk.choices.length, 1);
  }
});

test('openai sdk: the stream helper puts text and parallel tool calls together', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => toolAnswer;
  const stream = client.chat.completions.stream({ ...question, stream_options: { include_usage: true } });
  const completion = await stream.finalChatCompletion();
  const [choice] = completion.choices;
  assert.equal(choice?.message.content, 'Let me look.');
  assert.equal(choice?.finish_reason, 'tool_calls');
  assert.deepEqual(
    choice?.message.tool_calls?.map((call) => call.type === 'function' && [call.id, call.function.arguments]),
    toolCalls.map((call) => [call.id, call.function.arguments]),
  );
  const usage = await stream.totalUsage();
  assert.equal(usage.prompt_tokens, 100);
  assert.equal(usage.completion_tokens, 30);
  assert.equal(completion.usage?.prompt_tokens_details?.cached_tokens, 60);
  assert.equal(completion.usage?.completion_tokens_details?.reasoning_tokens, 8);
});

test('openai sdk: a whole completion with tool calls', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => toolAnswer;
  const completion = await client.chat.completions.create(question);
  assert.equal(completion.choices[0]?.message.content, 'Let me look.');
  assert.deepEqual(completion.choices[0]?.message.tool_calls, toolCalls);
});

for (const stream of [false, true]) {
  test(`openai sdk: the tool runner runs tools and hands their results to the model (stream: ${stream})`, async (t) => {
    const { client, inference } = await start(t);
    inference.script = ({ messages }) => (messages.at(-1)?.role === 'tool' ? textAnswer('Rain', '.') : toolAnswer);
    const asked: string[] = [];
    const tool = {
      type: 'function' as const,
      function: {
        name: 'weather',
        description: 'The weather of a city.',
        parameters: { type: 'object', properties: { city: { type: 'string' } } },
        parse: JSON.parse,
        function: ({ city }: { city: string }) => {
          asked.push(city);
          return `rain in ${city}`;
        },
      },
    };
    const runner = stream
      ? client.chat.completions.runTools({ ...question, stream: true, tools: [tool] })
      : client.chat.completions.runTools({ ...question, tools: [tool] });
    assert.equal(await runner.finalContent(), 'Rain.');
    assert.deepEqual(asked, ['Oslo', 'Rome']);
    const request = requestOf(inference, 1);
    assert.deepEqual(
      request.messages.map((message) => message.role),
      ['user', 'assistant', 'tool', 'tool'],
    );
    assert.deepEqual(request.messages.at(-1)?.content, [
      { type: 'tool-result', toolCallId: 'call_2', content: [{ type: 'text', text: 'rain in Rome' }] },
    ]);
    assert.equal(request.tools?.[0]?.kind, 'function');
  });
}

test('openai sdk: a JSON schema reaches the model and the parsed answer the caller', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => textAnswer('{"city":', '"Oslo"}');
  const schema = { type: 'object', properties: { city: { type: 'string' } } };
  const completion = await client.chat.completions.create({
    ...question,
    response_format: { type: 'json_schema', json_schema: { name: 'place', strict: true, schema } },
  });
  assert.deepEqual(JSON.parse(completion.choices[0]?.message.content ?? ''), { city: 'Oslo' });
  assert.deepEqual(requestOf(inference, 0).responseFormat, {
    kind: 'json-schema',
    name: 'place',
    schema,
    strict: true,
  });
});

test('openai sdk: embeddings in the encoding that the client asks for by itself, and as plain numbers', async (t) => {
  const { client, inference } = await start(t);
  const byDefault = await client.embeddings.create({ model: 'embed', input: ['a', 'four'] });
  assert.deepEqual(
    byDefault.data.map(({ index, embedding }) => ({ index, embedding })),
    [
      { index: 0, embedding: [1, 0.5, -0.25] },
      { index: 1, embedding: [4, 0.5, -0.25] },
    ],
  );
  assert.equal(byDefault.usage.prompt_tokens, 2);
  const asFloats = await client.embeddings.create({ model: 'embed', input: 'one', encoding_format: 'float' });
  assert.deepEqual(asFloats.data[0]?.embedding, [3, 0.5, -0.25]);
  assert.deepEqual(inference.calls[1]?.request, { model: 'embed', input: ['one'] });
});

test('openai sdk: models are listed and found by name, a slash in it included', async (t) => {
  const { client, inference } = await start(t);
  inference.models = ['chat', 'scripted/model-1'].map((id) => ({
    id,
    targets: ['scripted/model-1'],
    ownedBy: 'sluice',
    summary: 'A scripted model.',
    capabilities: ['chat'],
    createdAtMs: 1_700_000_000_000,
  }));
  const ids: string[] = [];
  for await (const model of client.models.list()) ids.push(model.id);
  assert.deepEqual(ids, ['chat', 'scripted/model-1']);
  const model = await client.models.retrieve('scripted/model-1');
  assert.equal(model.id, 'scripted/model-1');
  assert.equal(model.object, 'model');
  assert.equal(model.created, 1_700_000_000);
  await assert.rejects(client.models.retrieve('nope'), OpenAI.NotFoundError);
});

test('openai sdk: failures become the typed errors of the client', async (t) => {
  const { client, inference, url } = await start(t);
  const wrongKey = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-wrong' });
  await assert.rejects(wrongKey.chat.completions.create(question), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError);
    assert.equal(error.code, 'invalid_api_key');
    assert.match(error.requestID ?? '', /./);
    return true;
  });
  const wrongRole = { ...question, messages: [{ role: 'robot', content: 'x' }] } as unknown as typeof question;
  await assert.rejects(client.chat.completions.create(wrongRole), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.type, 'invalid_request_error');
    assert.match(error.param ?? '', /^messages\[0\]/);
    return true;
  });
  inference.script = () => [() => Promise.reject(new SluiceError('model_not_found', { message: 'No model nope.' }))];
  for (const stream of [false, true]) {
    await assert.rejects(client.chat.completions.create({ ...question, model: 'nope', stream }), (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.equal(error.code, 'model_not_found');
      assert.match(error.message, /No model nope\./);
      return true;
    });
  }
});

test('openai sdk: a rate limit is retried as the headers say and then thrown', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => [() => Promise.reject(new SluiceError('rate_limited', { retryAfterMs: 1 }))];
  await assert.rejects(client.chat.completions.create(question), OpenAI.RateLimitError);
  assert.equal(inference.calls.length, 3);
});

test('openai sdk: a stream that fails midway throws and never ends well', async (t) => {
  const { client, inference } = await start(t);
  inference.script = () => [
    ...textAnswer('Hel', 'lo').slice(0, 2),
    () => Promise.reject(new SluiceError('upstream_truncated')),
  ];
  const seen: (string | null | undefined)[] = [];
  const read = async (): Promise<void> => {
    for await (const chunk of await client.chat.completions.create({ ...question, stream: true })) {
      const [choice] = chunk.choices;
      if (choice?.delta.content) seen.push(choice.delta.content);
      assert.equal(choice?.finish_reason ?? null, null);
    }
  };
  await assert.rejects(read(), (error) => {
    assert.ok(error instanceof OpenAI.APIError);
    assert.equal(error.code, 'upstream_truncated');
    return true;
  });
  assert.deepEqual(seen, ['Hel']);
  await assert.rejects(client.chat.completions.stream(question).finalChatCompletion(), OpenAI.APIError);
});

test('openai sdk: a client that stops reading stops the model', async (t) => {
  const { client, inference } = await start(t);
  const thinking = thinkForEver();
  inference.script = () => [...textAnswer('Hel').slice(0, 2), thinking.step];
  const stream = await client.chat.completions.create({ ...question, stream: true });
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
  await thinking.stopped;
  assert.equal(inference.calls[0]?.signal.aborted, true);
});

test('openai sdk: an aborted call that waits for its whole answer stops the model', async (t) => {
  const { client, inference } = await start(t);
  const thinking = thinkForEver();
  const asked = Promise.withResolvers<void>();
  inference.script = () => [() => asked.resolve(), thinking.step];
  const controller = new AbortController();
  const answer = client.chat.completions.create(question, { signal: controller.signal });
  await asked.promise;
  controller.abort();
  await assert.rejects(answer, OpenAI.APIUserAbortError);
  await thinking.stopped;
});
