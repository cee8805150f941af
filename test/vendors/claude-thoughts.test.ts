// Extended thinking with tools through chat completions: Anthropic wants the signed thought back with the result of the tool.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { parseChatCall } from '../../src/edge/openai/parse-chat.ts';
import { renderChatCompletion } from '../../src/edge/openai/render-chat.ts';
import { predictFromWire } from '../../src/providers/anthropic/from-wire.ts';
import { predictToWire } from '../../src/providers/anthropic/to-wire.ts';
import { chatRequest } from '../fixtures/calls.ts';
import { oneTokenEstimator } from './vendor-streams.ts';

const model = 'claude-sonnet-4-5';
const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
const thinking = { type: 'thinking', thinking: 'I must ask.', signature: 'c2ln' };
const redacted = { type: 'redacted_thinking', data: 'aGlkZGVu' };
const use = { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } };

test('claude thoughts: a turn that calls a tool comes back to Anthropic with its thoughts, and thinking goes on', async () => {
  const answer = {
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model, stop_reason: 'tool_use' },
    content: [thinking, redacted, { type: 'text', text: 'A moment.' }, use],
    usage: { input_tokens: 1, output_tokens: 1 },
  };
  const response = predictFromWire(answer, {
    ...{ request: chatRequest('m'), target: 'p/m', model, requestId: 'r', nowMs: 0, downgrades: [] },
    estimator: oneTokenEstimator,
    answerTool: undefined,
  });
  const { choices } = JSON.parse(renderChatCompletion(response)) as { choices: { message: JsonObject }[] };
  const messages = [
    { role: 'user', content: 'q' },
    choices[0]?.message,
    { role: 'tool', tool_call_id: 'toolu_1', content: '1' },
  ];
  const { request } = parseChatCall({ model: 'm', messages, tools, reasoning_effort: 'high' });
  const { body, downgrades } = predictToWire(request, { model, stream: false });
  assert.deepEqual(body['messages'], [
    { role: 'user', content: 'q' },
    { role: 'assistant', content: [thinking, redacted, { type: 'text', text: 'A moment.' }, use] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '1' }] },
  ]);
  assert.deepEqual([(body['thinking'] as JsonObject)['type'], downgrades], ['enabled', []]);
});
