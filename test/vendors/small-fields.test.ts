// Small fields of a request, at the edge of what has a name here: each is sent, reported or refused by its place, at every target.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { PredictRequest } from '../../src/core/predict.ts';
import { parseChatCall } from '../../src/edge/openai/parse-chat.ts';
import { parseResponseCall, toPredictRequest } from '../../src/edge/openai/responses/parse-request.ts';
import { predictToWire as messagesToWire } from '../../src/providers/anthropic/to-wire.ts';
import { generateToWire as promptToWire } from '../../src/providers/open-inference/generate-to-wire.ts';
import { promptTemplates } from '../../src/providers/open-inference/prompt.ts';
import { responseToWire } from '../../src/providers/openai/responses/to-wire.ts';
import { predictToWire as chatToWire } from '../../src/providers/openai-compatible/to-wire.ts';
import type { WireRequest } from '../../src/providers/translation/request-translation.ts';
import { predictToWire as generateToWire } from '../../src/providers/vertex/to-wire.ts';

const task = { task: 'generate', template: promptTemplates.plain, backend: 'vllm', parameters: {} } as const;

type Target = (request: PredictRequest) => WireRequest;
const chat: Target = (request) => chatToWire(request, { model: 'm', stream: false, maxTokensField: 'max_tokens' });
const responses: Target = (request) => responseToWire(request, 'm', false);
const anthropic: Target = (request) => messagesToWire(request, { model: 'claude-opus-4-6', stream: false });
const gemini: Target = (request) => generateToWire(request, 'gemini-3-pro-preview', 'vertex');
const triton: Target = (request) => promptToWire(request, task, false);

const user: JsonObject = { role: 'user', content: 'q' };

function asked(fields: JsonObject, ...messages: JsonObject[]): PredictRequest {
  return parseChatCall({ model: 'm', messages: [user, ...messages], ...fields }).request;
}

function askedOfResponses(fields: JsonObject): PredictRequest {
  const call = parseResponseCall({ model: 'm', input: 'q', ...fields });
  return toPredictRequest(call, call.input, 0);
}

const refused = (param: string): object => ({ reason: 'unsupported_capability', param });
const at = (body: JsonObject, ...path: string[]): JsonValue | undefined =>
  path.reduce<JsonValue | undefined>((value, name) => (value as JsonObject | undefined)?.[name], body);

test('small fields: the description of a format is that of its schema where the target has no other place', () => {
  const format = (schema: JsonObject): PredictRequest =>
    asked({ response_format: { type: 'json_schema', json_schema: { name: 'n', description: 'In German', schema } } });
  const schema = { type: 'object', properties: {}, additionalProperties: false };
  const plain = anthropic(format(schema));
  assert.deepEqual(at(plain.body, 'output_config', 'format', 'schema'), { ...schema, description: 'In German' });
  assert.deepEqual(plain.downgrades, []);
  const own = { ...schema, description: 'Its own' };
  for (const target of [anthropic, gemini]) {
    assert.deepEqual(target(format(own)).downgrades, ['response_format.description']);
  }
  assert.deepEqual(at(anthropic(format(own)).body, 'output_config', 'format', 'schema'), own);
});

test('small fields: a choice of a function that says more goes to its own dialect and is refused elsewhere', () => {
  const tools = [{ type: 'function', function: { name: 'f' } }];
  for (const choice of [
    { type: 'function', function: { name: 'f', foo: 1 } },
    { type: 'function', function: { name: 'f' }, bar: 2 },
  ]) {
    const request = asked({ tools, tool_choice: choice });
    assert.deepEqual(chat(request).body['tool_choice'], choice);
    for (const target of [responses, anthropic, gemini]) assert.throws(() => target(request), refused('tool_choice'));
  }
  const choice = { type: 'function', name: 'f', foo: 1 };
  const request = askedOfResponses({ tools: [{ type: 'function', name: 'f' }], tool_choice: choice });
  assert.deepEqual(responses(request).body['tool_choice'], choice);
  for (const target of [chat, anthropic, gemini]) assert.throws(() => target(request), refused('tool_choice'));
  const nothing = { type: 'function', function: { name: 'f', foo: null }, bar: null };
  assert.deepEqual(asked({ tools, tool_choice: nothing }).toolChoice, { kind: 'function', name: 'f' });
});

test('small fields: an unknown field of a function is refused by its place', () => {
  const request = asked({ tools: [{ type: 'function', function: { name: 'f', foo: 1 } }] });
  assert.deepEqual(chat(request).body['tools'], [{ type: 'function', function: { name: 'f', foo: 1 } }]);
  for (const target of [responses, anthropic, gemini]) {
    assert.throws(() => target(request), refused('tools[0].function.foo'));
  }
});

test('small fields: an unknown field of a call that is sent back is reported, as those around it', () => {
  const call = {
    id: 'c',
    type: 'function',
    function: { name: 'f', arguments: '{}', baz: 1, parsed_arguments: {} },
    foo: 1,
  };
  const result = { role: 'tool', tool_call_id: 'c', content: 'r' };
  const request = asked({}, { role: 'assistant', tool_calls: [call] }, result);
  for (const target of [responses, anthropic, gemini]) {
    assert.deepEqual([...target(request).downgrades].sort(), ['baz', 'foo']);
  }
});

test('small fields: an unknown field of the result of a tool is refused everywhere else', () => {
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
  const result = { role: 'tool', tool_call_id: 'c', content: 'r', bar: 'q' };
  const request = asked({}, { role: 'assistant', tool_calls: [call] }, result);
  assert.equal((chat(request).body['messages'] as JsonObject[])[2]?.['bar'], 'q');
  for (const target of [responses, anthropic, gemini]) assert.throws(() => target(request), refused('messages[2].bar'));
});

test('small fields: options of a stream are sent, reported, or ask for nothing', () => {
  const streamed = (options: JsonObject): PredictRequest => asked({ stream: true, stream_options: options });
  const padded = responses(streamed({ include_obfuscation: false }));
  assert.deepEqual(padded.body['stream_options'], { include_obfuscation: false });
  assert.deepEqual(padded.downgrades, []);
  assert.deepEqual(responses(streamed({ foo: 1 })).downgrades, ['stream_options']);
  assert.equal(responses(streamed({ foo: 1 })).body['stream_options'], undefined);
  for (const target of [anthropic, gemini, triton]) {
    assert.deepEqual(target(streamed({ include_obfuscation: false })).downgrades, []);
    assert.deepEqual(target(streamed({ include_obfuscation: true })).downgrades, ['stream_options']);
    assert.deepEqual(target(streamed({ foo: 1 })).downgrades, ['stream_options']);
  }
});

test('small fields: a turn of which nothing is left is not sent', () => {
  const request = asked({}, { role: 'assistant', audio: { id: 'a' } }, user);
  for (const target of [responses, anthropic, gemini, triton]) assert.deepEqual(target(request).downgrades, ['audio']);
  assert.equal((responses(request).body['input'] as JsonObject[]).length, 2);
  assert.equal(triton(request).body['text_input'], 'User: q\nUser: q\nAssistant:');
});

test('small fields: a prompt leaves out what an answer held beside its text, with a report', () => {
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
  const search = { type: 'opaque', dialect: 'anthropic', value: { type: 'server_tool_use' } } as const;
  const said = asked({}, { role: 'assistant', content: 'a', tool_calls: [call] });
  const [question, answer] = said.messages;
  assert.ok(question !== undefined && answer !== undefined);
  const request = {
    ...said,
    messages: [question, { ...answer, content: [...answer.content, search] }],
    prompt: undefined,
  };
  const { prompt: _, ...conversation } = request;
  assert.deepEqual(triton(conversation).downgrades, ['tool_calls', 'server_tool_use']);
  assert.equal(triton(conversation).body['text_input'], 'User: q\nAssistant: a\nAssistant:');
});

test('small fields: a marker of the cache on a turn of chat completions stands on its last block at Anthropic', () => {
  const marker = { type: 'ephemeral' };
  const sent = anthropic(asked({}, { role: 'user', content: 'r', cache_control: marker }));
  const [turn] = sent.body['messages'] as JsonObject[];
  assert.deepEqual(turn?.['content'], [
    { type: 'text', text: 'q' },
    { type: 'text', text: 'r', cache_control: marker },
  ]);
  assert.deepEqual(sent.downgrades, []);
  assert.deepEqual(anthropic(asked({}, { role: 'assistant', cache_control: marker })).downgrades, ['cache_control']);
});

test('small fields: a media type that had to be guessed is reported', () => {
  const picture = (url: string): PredictRequest =>
    asked({}, { role: 'user', content: [{ type: 'image_url', image_url: { url } }] });
  assert.deepEqual(gemini(picture('https://example.com/a.png')).downgrades, []);
  assert.deepEqual(gemini(picture('https://example.com/a')).downgrades, ['image.mime_type']);
});
