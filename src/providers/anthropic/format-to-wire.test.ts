import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest, type RequestOptions } from '../../../test/fixtures/calls.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ContentPart, Message } from '../../core/message.ts';
import type { PredictRequest, Tool } from '../../core/predict.ts';
import { type MessageRequest, predictToWire } from './to-wire.ts';

function toWire(overrides: Partial<PredictRequest> = {}, model = 'claude-sonnet-4-5'): MessageRequest {
  return predictToWire(chatRequest('alias', overrides), { model, stream: false });
}

function wireOf(messages: readonly Message[], overrides: RequestOptions = {}): MessageRequest {
  return toWire({ messages, ...overrides });
}

function refusal(overrides: Partial<PredictRequest>, model?: string): string | undefined {
  try {
    toWire(overrides, model);
  } catch (error) {
    if (error instanceof SluiceError && error.reason === 'unsupported_capability') return error.param;
    throw error;
  }
  return 'nothing was refused';
}

const text = (words: string): ContentPart => ({ type: 'text', text: words });
const say = (role: Message['role'], words: string): Message => ({ role, content: [text(words)] });
const call = (id: string, args = '{}'): ContentPart => ({ type: 'tool-call', id, name: 'f', arguments: args });
const result = (id: string, words: string): Message => ({
  role: 'tool',
  content: [{ type: 'tool-result', toolCallId: id, content: [text(words)] }],
});
const parameters: JsonObject = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
const weather: Extract<Tool, { kind: 'function' }> = { kind: 'function', name: 'f', description: 'd', parameters };
const closed: JsonObject = { ...parameters, additionalProperties: false };

test('to wire: strictness that the model or the schema does not allow is reported', () => {
  const strict = [{ ...weather, strict: true }];
  assert.deepEqual(toWire({ tools: strict }, 'claude-3-7-sonnet-latest').downgrades, ['tools.strict']);
  const bounded: JsonObject = { type: 'object', properties: { a: { type: 'number', minimum: 1 } } };
  const { body, downgrades } = toWire({ tools: [{ kind: 'function', name: 'f', parameters: bounded, strict: true }] });
  assert.deepEqual(body['tools'], [{ name: 'f', input_schema: bounded }]);
  assert.deepEqual(downgrades, ['tools.strict']);
});

test('to wire: a schema for the answer goes by its own field where the model has it', () => {
  const responseFormat = { kind: 'json-schema', name: 'r', schema: parameters, strict: true } as const;
  const { body, downgrades, answerTool } = toWire({ responseFormat });
  assert.deepEqual(body['output_config'], { format: { type: 'json_schema', schema: closed } });
  assert.deepEqual([downgrades, answerTool], [[], undefined]);
});

test('to wire: else it is emulated by a tool that must be called, and reported', () => {
  const responseFormat = { kind: 'json-schema', name: 'my format', schema: parameters } as const;
  const alone = toWire({ responseFormat }, 'claude-3-7-sonnet-latest');
  assert.equal(alone.answerTool, 'my_format');
  assert.deepEqual(alone.body['tool_choice'], { type: 'tool', name: 'my_format', disable_parallel_tool_use: true });
  assert.deepEqual(alone.downgrades, ['response_format']);
  const tool = { ...weather, name: 'my_format' };
  const beside = toWire({ responseFormat, tools: [tool] }, 'claude-3-7-sonnet-latest');
  assert.equal(beside.answerTool, 'my_format_');
  assert.deepEqual(beside.body['tool_choice'], { type: 'any', disable_parallel_tool_use: true });
  const parallel = toWire({ responseFormat, tools: [tool], parallelToolCalls: true }, 'claude-3-7-sonnet-latest');
  assert.deepEqual(parallel.downgrades, ['response_format', 'parallel_tool_calls']);
  const forced = toWire({ responseFormat, tools: [tool], toolChoice: { kind: 'required' } }, 'claude-3-7-sonnet');
  assert.equal(forced.answerTool, undefined);
  assert.deepEqual(forced.body['tool_choice'], { type: 'any' });
  const list = { kind: 'json-schema', name: 'l', schema: { type: 'array' } } as const;
  assert.equal(refusal({ responseFormat: list }, 'claude-3-opus-latest'), 'response_format');
});

test('to wire: a JSON object is asked for in the system prompt, and reported', () => {
  const { body, downgrades } = wireOf([say('system', 'Be brief.'), say('user', 'q')], {
    responseFormat: { kind: 'json-object' },
  });
  assert.match(String(body['system']), /^Be brief\.\n\n.*JSON object/);
  assert.deepEqual(downgrades, ['response_format']);
});

test('to wire: effort is a word for models that think adaptively, a budget for older ones', () => {
  const effort = (reasoningEffort: string, model: string, overrides: Partial<PredictRequest> = {}): MessageRequest =>
    toWire({ reasoningEffort, ...overrides }, model);
  const adaptive = effort('high', 'claude-opus-4-8').body;
  assert.deepEqual([adaptive['thinking'], adaptive['output_config']], [{ type: 'adaptive' }, { effort: 'high' }]);
  assert.deepEqual(effort('minimal', 'claude-fable-5').body['output_config'], { effort: 'low' });
  assert.deepEqual(effort('none', 'claude-opus-4-8').body['thinking'], { type: 'disabled' });
  const budget = effort('medium', 'claude-sonnet-4-5').body;
  assert.deepEqual(budget['thinking'], { type: 'enabled', budget_tokens: 16_384 });
  assert.equal(budget['max_tokens'], 16_384 + 4096);
  const bounded = effort('high', 'claude-sonnet-4-5', { sampling: { maxOutputTokens: 5000 } }).body;
  assert.deepEqual([bounded['thinking'], bounded['max_tokens']], [{ type: 'enabled', budget_tokens: 2500 }, 5000]);
});

test('to wire: effort that Anthropic would refuse is left out and reported', () => {
  const lost = (overrides: Partial<PredictRequest>, model?: string): readonly string[] => {
    const { body, downgrades } = toWire({ reasoningEffort: 'high', ...overrides }, model);
    assert.equal(body['thinking'], undefined);
    return downgrades;
  };
  assert.deepEqual(lost({}, 'claude-3-5-haiku-latest'), ['reasoning_effort']);
  assert.deepEqual(lost({ reasoningEffort: 'enormous' }), ['reasoning_effort']);
  assert.deepEqual(lost({ sampling: { maxOutputTokens: 1500 } }), ['reasoning_effort']);
  assert.deepEqual(lost({ tools: [weather], toolChoice: { kind: 'required' } }), ['reasoning_effort']);
  const messages = [say('user', 'q'), { role: 'assistant', content: [call('a')] } as const, result('a', 'r')];
  assert.deepEqual(lost({ messages }), ['reasoning_effort']);
  const signed: Message = { role: 'assistant', content: [{ type: 'reasoning', text: 't', signature: 's' }, call('a')] };
  const kept = wireOf([say('user', 'q'), signed, result('a', 'r')], { reasoningEffort: 'low' });
  assert.deepEqual(kept.body['thinking'], { type: 'enabled', budget_tokens: 4096 });
});
