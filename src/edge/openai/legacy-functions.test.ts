import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectResponse } from '../../core/collect.ts';
import type { AnswerPart } from '../../core/predict.ts';
import { createChatStreamEncoder } from './chat-stream.ts';
import { functionCallEncoder, withFunctionCall } from './legacy-functions.ts';
import { parseChatCall } from './parse-chat.ts';
import { renderChatCompletion } from './render-chat.ts';

const parts: readonly AnswerPart[] = [
  { type: 'start', id: 'chatcmpl-1', model: 'm', target: 'p/m', attempts: 1, createdAtMs: 0 },
  { type: 'tool-call-start', index: 0, id: 'call_1', name: 'weather' },
  { type: 'tool-call-delta', index: 0, argumentsDelta: '{"city":' },
  { type: 'tool-call-delta', index: 0, argumentsDelta: '"Oslo"}' },
  { type: 'end', finishReason: 'tool-calls', usage: { inputTokens: 1, outputTokens: 2, source: 'provider' } },
];

async function* stream(): AsyncGenerator<AnswerPart> {
  yield* parts;
}

const body = { model: 'm', messages: [{ role: 'user', content: 'q' }] };

test('legacy functions: a caller is known by the field that it asks with', () => {
  const functions = [{ name: 'weather', parameters: {} }];
  assert.equal(parseChatCall({ ...body, functions }).legacyFunctions, true);
  assert.deepEqual(parseChatCall({ ...body, functions }).request.extra, { functions });
  assert.equal(parseChatCall(body).legacyFunctions, false);
});

test('legacy functions: the call of a whole answer is in function_call and ends it by that word', async () => {
  const answer = JSON.parse(renderChatCompletion(withFunctionCall(await collectResponse(stream()))));
  assert.deepEqual(answer.choices[0].message.function_call, { name: 'weather', arguments: '{"city":"Oslo"}' });
  assert.equal(answer.choices[0].message.tool_calls, undefined);
  assert.equal(answer.choices[0].finish_reason, 'function_call');
});

test('legacy functions: the pieces of a streamed call are in function_call and end by that word', () => {
  const encoder = functionCallEncoder(createChatStreamEncoder(false, 'req_1'));
  const text = parts.map((part) => encoder.encode(part)).join('');
  const chunks = text.split('\n\n').filter((event) => event.startsWith('data: {'));
  const choices = chunks.map((event) => JSON.parse(event.slice('data: '.length)).choices[0]);
  const calls = choices.map((choice) => choice.delta.function_call).filter((call) => call !== undefined);
  assert.deepEqual(calls[0], { name: 'weather', arguments: '' });
  assert.equal(calls.map((call) => call.arguments).join(''), '{"city":"Oslo"}');
  assert.equal(choices.at(-1)?.finish_reason, 'function_call');
});

test('legacy functions: an answer without a call is left as it is', async () => {
  const text: readonly AnswerPart[] = parts.filter((part) => !part.type.startsWith('tool-call'));
  const plain = async function* () {
    yield* text;
  };
  const response = await collectResponse(plain());
  assert.equal(withFunctionCall(response), response);
});
