import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ContentPart, Message, Role } from '../../core/message.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { predictToWire } from './to-wire.ts';

function toWire(overrides: Partial<PredictRequest> = {}, stream: boolean = false): JsonObject {
  return predictToWire(chatRequest('alias', overrides), { model: 'm', stream, maxTokensField: 'max_tokens' }).body;
}

function messages(...list: Message[]): JsonObject[] {
  return toWire({ messages: list })['messages'] as JsonObject[];
}

const turn = (role: Role, ...content: ContentPart[]): Message => ({ role, content });
const text = (value: string): ContentPart => ({ type: 'text', text: value });

function isUnsupported(error: unknown): boolean {
  return error instanceof SluiceError && error.reason === 'unsupported_capability';
}

test('to wire: a plain request holds the model’s own name and nothing that was not asked for', () => {
  assert.deepEqual(toWire(), { model: 'm', messages: [{ role: 'user', content: 'Hello?' }] });
});

test('to wire: every typed field has its name', () => {
  const body = toWire({
    sampling: {
      maxOutputTokens: 5,
      temperature: 0,
      topP: 0.5,
      topK: 40,
      seed: 7,
      stop: ['a', 'b'],
      presencePenalty: 1,
      frequencyPenalty: -1,
      logprobs: true,
      topLogprobs: 2,
    },
    tools: [
      { kind: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: true, extra: { x: 1 } },
      { kind: 'vendor', dialect: 'openai', value: { type: 'custom', custom: { name: 'c' } } },
    ],
    toolChoice: { kind: 'function', name: 'f' },
    parallelToolCalls: false,
    responseFormat: { kind: 'json-schema', name: 's', schema: { type: 'object' }, strict: true, description: 'd' },
    reasoningEffort: 'low',
  });
  const { messages: _, ...rest } = body;
  assert.deepEqual(rest, {
    model: 'm',
    max_tokens: 5,
    temperature: 0,
    top_p: 0.5,
    top_k: 40,
    seed: 7,
    stop: ['a', 'b'],
    presence_penalty: 1,
    frequency_penalty: -1,
    logprobs: true,
    top_logprobs: 2,
    tools: [
      {
        type: 'function',
        function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        x: 1,
      },
      { type: 'custom', custom: { name: 'c' } },
    ],
    tool_choice: { type: 'function', function: { name: 'f' } },
    parallel_tool_calls: false,
    response_format: {
      type: 'json_schema',
      json_schema: { name: 's', schema: { type: 'object' }, strict: true, description: 'd' },
    },
    reasoning_effort: 'low',
  });
});

test('to wire: the simple forms of tool choice and response format', () => {
  for (const kind of ['auto', 'none', 'required'] as const) {
    assert.equal(toWire({ toolChoice: { kind } })['tool_choice'], kind);
  }
  assert.deepEqual(toWire({ responseFormat: { kind: 'json-object' } })['response_format'], { type: 'json_object' });
  assert.deepEqual(toWire({ responseFormat: { kind: 'text' } })['response_format'], { type: 'text' });
});

test('to wire: a stream asks for usage and keeps the caller’s other stream options', () => {
  const body = toWire({ extra: { stream_options: { include_obfuscation: false, include_usage: false } } }, true);
  assert.equal(body['stream'], true);
  assert.deepEqual(body['stream_options'], { include_obfuscation: false, include_usage: true });
});

test('to wire: unknown fields pass under their own names and replace no typed field', () => {
  const extra = {
    min_p: 0.1,
    toString: 'x',
    temperature: 9,
    model: 'other',
    stream: true,
    messages: [],
    max_tokens: 9,
  };
  const body = toWire({ sampling: { temperature: 0.2, maxOutputTokens: 5 }, extra });
  assert.equal(body['min_p'], 0.1);
  assert.equal(body['toString'], 'x');
  assert.equal(body['temperature'], 0.2);
  assert.equal(body['model'], 'm');
  assert.equal(body['max_tokens'], 5);
  assert.equal(body['stream'], undefined);
  assert.equal((body['messages'] as JsonObject[]).length, 1);
});

test('to wire: more than one choice is refused', () => {
  assert.throws(() => toWire({ extra: { n: 2 } }), isUnsupported);
  assert.equal(toWire({ extra: { n: 1 } })['n'], 1);
});

test('to wire: the newer name of the token limit replaces the older', () => {
  const request = chatRequest('a', { sampling: { maxOutputTokens: 5 } });
  const { body } = predictToWire(request, { model: 'm', stream: false, maxTokensField: 'max_completion_tokens' });
  assert.equal(body['max_completion_tokens'], 5);
  assert.equal(body['max_tokens'], undefined);
});

test('to wire: fields of the messages api are put into openai’s words', () => {
  const extra = {
    metadata: { user_id: 'u1' },
    thinking: { type: 'enabled', budget_tokens: 10_000 },
    service_tier: 'standard_only',
    cache_control: { type: 'ephemeral' },
  };
  const body = toWire({ dialect: 'anthropic', extra });
  assert.equal(body['user'], 'u1');
  assert.equal(body['metadata'], undefined);
  assert.equal(body['reasoning_effort'], 'medium');
  assert.equal(body['service_tier'], 'default');
  assert.equal(body['cache_control'], undefined);
  assert.throws(() => toWire({ dialect: 'anthropic', extra: { mcp_servers: [] } }), isUnsupported);
  assert.equal(toWire({ dialect: 'anthropic', reasoningEffort: 'max', extra })['reasoning_effort'], 'max');
});

test('to wire: tools, choices and parts of other vendors are refused', () => {
  const value = { type: 'web_search_20250305' };
  assert.throws(() => toWire({ tools: [{ kind: 'vendor', dialect: 'anthropic', value }] }), isUnsupported);
  assert.throws(() => toWire({ toolChoice: { kind: 'vendor', dialect: 'vertex', value } }), isUnsupported);
  assert.throws(() => messages(turn('user', { type: 'opaque', dialect: 'anthropic', value })), isUnsupported);
});

test('to wire: what the edge found inside a function goes back there', () => {
  const extra = { function: { eager: true, name: 'never' }, defer_loading: true };
  const [tool] = toWire({ tools: [{ kind: 'function', name: 'f', extra }] })['tools'] as JsonObject[];
  assert.deepEqual(tool, { type: 'function', function: { name: 'f', eager: true }, defer_loading: true });
  const call: ContentPart = {
    type: 'tool-call',
    id: 'c',
    name: 'f',
    arguments: '{}',
    extra: { function: { parsed: 1 } },
  };
  const [message] = messages(turn('assistant', call));
  const wire = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}', parsed: 1 } };
  assert.deepEqual(message?.['tool_calls'], [wire]);
});

/** Body and losses of a request. */
function translate(overrides: Parameters<typeof chatRequest>[1]): ReturnType<typeof predictToWire> {
  return predictToWire(chatRequest('alias', overrides), { model: 'm', stream: false, maxTokensField: 'max_tokens' });
}

test('to wire: a request of the messages api reports what it loses', () => {
  const { body, downgrades } = translate({
    dialect: 'anthropic',
    messages: [
      turn('user', { type: 'text', text: 'a', extra: { cache_control: {} } }),
      turn('assistant', { type: 'reasoning', text: 'Hm', signature: 's' }, text('b')),
    ],
    tools: [{ kind: 'function', name: 'f', extra: { cache_control: {} } }],
    extra: { thinking: { type: 'adaptive' }, service_tier: 'auto', metadata: { user_id: 'u', x: 1 } },
  });
  assert.deepEqual([...downgrades].sort(), ['cache_control', 'metadata', 'reasoning', 'thinking']);
  assert.equal(body['user'], 'u');
  assert.deepEqual(body['messages'], [
    { role: 'user', content: 'a' },
    { role: 'assistant', content: 'b' },
  ]);
  const odd: ContentPart = { type: 'text', text: 'a', extra: { x: 1 } };
  assert.throws(() => translate({ dialect: 'anthropic', messages: [turn('user', odd)] }), isUnsupported);
});

test('to wire: a request of the responses api is put into the words of chat completions', () => {
  const own = (value: JsonObject): ContentPart => ({ type: 'opaque', dialect: 'openai-responses', value });
  const { body, downgrades } = translate({
    dialect: 'openai-responses',
    messages: [
      { ...turn('user', text('a')), extra: { type: 'message', id: 'msg_0', status: 'completed' } },
      turn(
        'assistant',
        { type: 'reasoning', text: '', encrypted: 'e', extra: { id: 'rs_1' } },
        own({ type: 'response.web_search_call.searching' }),
        own({ type: 'message', id: 'msg_1', role: 'assistant' }),
        text('b'),
        { type: 'tool-call', id: 'c', name: 'f', arguments: '{}', extra: { id: 'fc_1', status: 'completed' } },
      ),
    ],
    tools: [
      {
        kind: 'vendor',
        dialect: 'openai-responses',
        value: { type: 'custom', name: 'sql', format: { type: 'grammar', syntax: 'lark' } },
      },
    ],
    toolChoice: { kind: 'vendor', dialect: 'openai-responses', value: { type: 'custom', name: 'sql' } },
    extra: {
      instructions: 'Be brief.',
      reasoning: { effort: 'low', summary: 'auto' },
      text: { verbosity: 'low' },
      include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
      store: true,
      truncation: 'disabled',
      background: false,
    },
  });
  assert.deepEqual(downgrades, ['reasoning', 'include', 'store']);
  assert.deepEqual(body, {
    model: 'm',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'a' },
      {
        role: 'assistant',
        content: 'b',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
      },
    ],
    tools: [{ type: 'custom', custom: { name: 'sql', format: { type: 'grammar', grammar: { syntax: 'lark' } } } }],
    tool_choice: { type: 'custom', custom: { name: 'sql' } },
    reasoning_effort: 'low',
    verbosity: 'low',
    logprobs: true,
  });
  for (const extra of [{ previous_response_id: 'r' }, { conversation: 'c' }, { background: true }, { prompt: {} }]) {
    assert.throws(() => translate({ dialect: 'openai-responses', extra }), isUnsupported, JSON.stringify(extra));
  }
  const said = (part: ContentPart, role: 'assistant' | 'tool' = 'assistant') =>
    translate({ dialect: 'openai-responses', messages: [turn(role, part)] });
  // What an answer held is left out and reported; what the caller says, or only refers to, would be missing.
  assert.deepEqual(said(own({ type: 'web_search_call', id: 'ws_1' })).downgrades, ['web_search_call']);
  assert.throws(() => said(own({ type: 'item_reference', id: 'ws_1' })), isUnsupported);
  assert.deepEqual(said(own({ type: 'computer_call_output', call_id: 'c' }), 'tool').downgrades, [
    'computer_call_output',
  ]);
  assert.throws(() => said(own({ type: 'additional_tools', tools: [] }), 'tool'), isUnsupported);
});

test('to wire: a call of a custom tool as the Responses API has it is one of the turn’s calls', () => {
  const value = { type: 'custom_tool_call', id: 'ctc_1', call_id: 'c1', name: 'sql', input: 'SELECT 1' };
  const wire = messages(
    turn('assistant', { type: 'opaque', dialect: 'openai-responses', value }),
    turn('tool', { type: 'tool-result', toolCallId: 'c1', content: [text('1')] }),
  );
  assert.deepEqual(wire[0]?.['tool_calls'], [{ id: 'c1', type: 'custom', custom: { name: 'sql', input: 'SELECT 1' } }]);
  assert.equal(wire[1]?.['tool_call_id'], 'c1');
});
