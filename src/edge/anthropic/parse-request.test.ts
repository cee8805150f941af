import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { parseMessagesRequest } from './parse-request.ts';
import { renderErrorBody } from './render-error.ts';

const minimal = { model: 'chat', max_tokens: 64, messages: [{ role: 'user', content: 'Hi' }] };

function parse(fields: JsonObject): PredictRequest {
  return parseMessagesRequest({ ...minimal, ...fields }).request;
}

function refusal(body: unknown): SluiceError {
  try {
    parseMessagesRequest(body);
  } catch (error) {
    assert.ok(error instanceof SluiceError);
    return error;
  }
  throw new Error('the body was accepted');
}

test('messages request: the smallest body', () => {
  assert.deepEqual(parseMessagesRequest(minimal), {
    stream: false,
    request: {
      model: 'chat',
      dialect: 'anthropic',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      sampling: { maxOutputTokens: 64 },
    },
  });
});

test('messages request: sampling by name, everything unknown in extra', () => {
  const request = parse({
    temperature: 0.5,
    top_p: 0.9,
    top_k: 40,
    stop_sequences: ['END'],
    stream: true,
    metadata: { user_id: 'u1' },
    thinking: { type: 'enabled', budget_tokens: 1024 },
    service_tier: 'auto',
    cache_control: { type: 'ephemeral' },
  });
  assert.deepEqual(request.sampling, { maxOutputTokens: 64, temperature: 0.5, topP: 0.9, topK: 40, stop: ['END'] });
  assert.deepEqual(request.extra, {
    metadata: { user_id: 'u1' },
    thinking: { type: 'enabled', budget_tokens: 1024 },
    service_tier: 'auto',
    cache_control: { type: 'ephemeral' },
  });
});

test('messages request: null means not set', () => {
  const request = parse({
    system: null,
    temperature: null,
    tools: null,
    tool_choice: null,
    stop_sequences: null,
    stream: null,
  });
  assert.deepEqual(request, parseMessagesRequest(minimal).request);
});

test('messages request: a system prompt becomes the first message and keeps its cache markers', () => {
  assert.deepEqual(parse({ system: 'Be brief.' }).messages[0], {
    role: 'system',
    content: [{ type: 'text', text: 'Be brief.' }],
  });
  assert.deepEqual(parse({ system: [{ type: 'text', text: 'A', cache_control: { type: 'ephemeral' } }] }).messages[0], {
    role: 'system',
    content: [{ type: 'text', text: 'A', extra: { cache_control: { type: 'ephemeral' } } }],
  });
});

test('messages request: images and documents of every known source', () => {
  const content = [
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
    { type: 'image', source: { type: 'url', url: 'https://a.example/x.png' }, cache_control: { type: 'ephemeral' } },
    { type: 'image', source: { type: 'file', file_id: 'file_1' } },
    {
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' },
      title: 'T',
      context: 'C',
    },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'häh' } },
  ];
  assert.deepEqual(parse({ messages: [{ role: 'user', content }] }).messages[0]?.content, [
    { type: 'image', source: { kind: 'data', base64: 'AAAA', mediaType: 'image/png' } },
    {
      type: 'image',
      source: { kind: 'url', url: 'https://a.example/x.png' },
      extra: { cache_control: { type: 'ephemeral' } },
    },
    { type: 'image', source: { kind: 'file-id', fileId: 'file_1' } },
    {
      type: 'file',
      source: { kind: 'data', base64: 'AAAA', mediaType: 'application/pdf' },
      name: 'T',
      extra: { context: 'C' },
    },
    { type: 'file', source: { kind: 'data', base64: 'aMOkaA==', mediaType: 'text/plain' } },
  ]);
});

test('messages request: what has no internal form is carried whole', () => {
  const content = [
    { type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'x' }] },
    { type: 'document', source: { type: 'content', content: 'c' } },
    { type: 'image', source: { type: 'url', url: 'https://a.example/x.png', ttl: 5 } },
    { type: 'container_upload', file_id: 'f' },
  ];
  assert.deepEqual(
    parse({ messages: [{ role: 'user', content }] }).messages[0]?.content,
    content.map((value) => ({ type: 'opaque', dialect: 'anthropic', value })),
  );
});

test('messages request: tool results become turns of their own, in order', () => {
  const { messages } = parse({
    messages: [
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'sig' },
          { type: 'redacted_thinking', data: 'xyz' },
          { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Oslo' }, caller: { type: 'direct' } },
          { type: 'tool_use', id: 't2', name: 'time', input: {}, caller: { type: 'code_execution', tool_id: 'c' } },
        ],
      },
      {
        role: 'user',
        cache: 1,
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: 'rain' },
          { type: 'tool_result', tool_use_id: 't2', is_error: true, content: [{ type: 'text', text: 'no clock' }] },
          { type: 'text', text: 'And now?' },
          { type: 'tool_result', tool_use_id: 't3', cache_control: { type: 'ephemeral' } },
        ],
      },
    ],
  });
  assert.deepEqual(messages.slice(1), [
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'hm', signature: 'sig' },
        { type: 'reasoning', text: '', encrypted: 'xyz' },
        {
          type: 'tool-call',
          id: 't1',
          name: 'weather',
          arguments: '{"city":"Oslo"}',
        },
        {
          type: 'tool-call',
          id: 't2',
          name: 'time',
          arguments: '{}',
          extra: { caller: { type: 'code_execution', tool_id: 'c' } },
        },
      ],
    },
    {
      role: 'tool',
      extra: { cache: 1 },
      content: [
        { type: 'tool-result', toolCallId: 't1', content: [{ type: 'text', text: 'rain' }] },
        { type: 'tool-result', toolCallId: 't2', content: [{ type: 'text', text: 'no clock' }], isError: true },
      ],
    },
    { role: 'user', content: [{ type: 'text', text: 'And now?' }] },
    {
      role: 'tool',
      content: [
        { type: 'tool-result', toolCallId: 't3', content: [], extra: { cache_control: { type: 'ephemeral' } } },
      ],
    },
  ]);
});

test('messages request: arguments that were shown as invalid JSON are unwrapped again', () => {
  const content = [{ type: 'tool_use', id: 't', name: 'n', input: { INVALID_JSON: '{"a":' } }];
  const part = parse({ messages: [{ role: 'assistant', content }] }).messages[0]?.content[0];
  assert.deepEqual(part, { type: 'tool-call', id: 't', name: 'n', arguments: '{"a":' });
});

test('messages request: custom tools are functions, others belong to the vendor', () => {
  const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 2 };
  const request = parse({
    tools: [
      { name: 'a', description: 'd', input_schema: { type: 'object' }, cache_control: { type: 'ephemeral' } },
      { type: 'custom', name: 'b', input_schema: { type: 'object' }, strict: true },
      search,
    ],
  });
  assert.deepEqual(request.tools, [
    {
      kind: 'function',
      name: 'a',
      description: 'd',
      parameters: { type: 'object' },
      extra: { cache_control: { type: 'ephemeral' } },
    },
    { kind: 'function', name: 'b', parameters: { type: 'object' }, strict: true },
    { kind: 'vendor', dialect: 'anthropic', value: search },
  ]);
});

test('messages request: every tool choice', () => {
  const choice = (tool_choice: JsonObject): unknown => {
    const { toolChoice, parallelToolCalls } = parse({ tool_choice });
    return { toolChoice, parallelToolCalls };
  };
  assert.deepEqual(choice({ type: 'auto' }), { toolChoice: { kind: 'auto' }, parallelToolCalls: undefined });
  assert.deepEqual(choice({ type: 'any', disable_parallel_tool_use: true }), {
    toolChoice: { kind: 'required' },
    parallelToolCalls: false,
  });
  assert.deepEqual(choice({ type: 'tool', name: 'a', disable_parallel_tool_use: false }), {
    toolChoice: { kind: 'function', name: 'a' },
    parallelToolCalls: true,
  });
  assert.deepEqual(choice({ type: 'none' }), { toolChoice: { kind: 'none' }, parallelToolCalls: undefined });
  const future = { type: 'auto', allowed: ['a'] };
  assert.deepEqual(choice(future), {
    toolChoice: { kind: 'vendor', dialect: 'anthropic', value: future },
    parallelToolCalls: undefined,
  });
});

test('messages request: effort and JSON schema of output_config, the rest in extra', () => {
  const schema = { type: 'object', additionalProperties: false };
  const request = parse({ output_config: { effort: 'low', format: { type: 'json_schema', schema }, task_budget: 5 } });
  assert.equal(request.reasoningEffort, 'low');
  assert.deepEqual(request.responseFormat, { kind: 'json-schema', name: 'response', schema, strict: true });
  assert.deepEqual(request.extra, { output_config: { task_budget: 5 } });
  const other = { format: { type: 'grammar', rules: 'r' } };
  assert.deepEqual(parse({ output_config: other }).extra, { output_config: other });
});

test('messages request: a conversation kept by the vendor is refused', () => {
  const error = refusal({ ...minimal, thread: { type: 'continue', previous_message_id: 'msg_1' } });
  assert.equal(error.reason, 'unsupported_capability');
  assert.deepEqual(JSON.parse(renderErrorBody(error, 'req_1')).error, {
    type: 'invalid_request_error',
    message: 'thread: No conversation is kept between requests. Send all messages, without `thread`.',
    details: { error_code: 'thread_unsupported_request' },
  });
  assert.deepEqual(parse({ thread: null }), parse({}));
});

const badBodies: readonly (readonly [string, unknown, string])[] = [
  ['no body', undefined, 'Input should be a valid object'],
  ['a list', [], 'Input should be a valid object'],
  ['no model', { ...minimal, model: undefined }, 'model: Input should be a valid string'],
  ['no max_tokens', { model: 'm', messages: minimal.messages }, 'max_tokens: Field required'],
  ['max_tokens as text', { ...minimal, max_tokens: '5' }, 'max_tokens: Input should be a valid integer'],
  ['no messages', { ...minimal, messages: [] }, 'messages: List should have at least 1 item'],
  [
    'unknown role',
    { ...minimal, messages: [{ role: 'tool', content: '' }] },
    "messages.0.role: Input should be 'user', 'assistant' or 'system'",
  ],
  [
    'content of a wrong type',
    { ...minimal, messages: [{ role: 'user', content: 7 }] },
    'messages.0.content: Input should be a valid string or array',
  ],
  [
    'text block without text',
    { ...minimal, messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'text' }] }] },
    'messages.0.content.1.text: Field required',
  ],
  [
    'image without data',
    {
      ...minimal,
      messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type: 'a' } }] }],
    },
    'messages.0.content.0.source.data: Field required',
  ],
  [
    'tool use in the mouth of the user',
    { ...minimal, messages: [{ role: 'user', content: [{ type: 'tool_use', id: 'a', name: 'b', input: {} }] }] },
    'messages.0.content.0: `tool_use` blocks can only be in messages of role `assistant`',
  ],
  [
    'tool result inside a tool result',
    {
      ...minimal,
      messages: [
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'tool_result', tool_use_id: 'b' }] }],
        },
      ],
    },
    'messages.0.content.0.content.0: `tool_result` blocks can only be in messages of role `user`',
  ],
  ['tool without schema', { ...minimal, tools: [{ name: 'a' }] }, 'tools.0.input_schema: Field required'],
  ['tool choice without name', { ...minimal, tool_choice: { type: 'tool' } }, 'tool_choice.name: Field required'],
  ['temperature as text', { ...minimal, temperature: 'hot' }, 'temperature: Input should be a valid number'],
  ['top_p out of range', { ...minimal, top_p: 2 }, 'top_p: Input should be less than or equal to 1'],
];

for (const [title, body, message] of badBodies) {
  test(`messages request: refuses ${title}`, () => {
    const error = refusal(body);
    assert.equal(error.reason, 'invalid_request');
    assert.equal(error.message, message);
  });
}

test('messages request: the param of a refusal is a path into the body', () => {
  assert.equal(
    refusal({ ...minimal, messages: [{ role: 'user', content: [{}] }] }).param,
    'messages[0].content[0].type',
  );
});

/** Blocks and bodies with the right names and anything at all inside. */
const anyBlock = fc.record(
  {
    type: fc.oneof(
      fc.constantFrom('text', 'image', 'document', 'tool_use', 'tool_result', 'thinking', 'redacted_thinking', 'new'),
      fc.jsonValue(),
    ),
    text: fc.jsonValue(),
    source: fc.oneof(
      fc.record({ type: fc.constantFrom('base64', 'url', 'file', 'text'), url: fc.jsonValue() }),
      fc.jsonValue(),
    ),
    id: fc.jsonValue(),
    input: fc.jsonValue(),
    content: fc.jsonValue(),
    tool_use_id: fc.string(),
  },
  { requiredKeys: ['type'] },
);
const anyBody = fc.record(
  {
    model: fc.oneof({ weight: 5, arbitrary: fc.constant('m') }, fc.jsonValue()),
    max_tokens: fc.oneof({ weight: 5, arbitrary: fc.nat() }, fc.jsonValue()),
    messages: fc.oneof(
      {
        weight: 5,
        arbitrary: fc.array(
          fc.record({
            role: fc.constantFrom('user', 'assistant', 'system', 'tool'),
            content: fc.oneof(fc.string(), fc.array(anyBlock), fc.jsonValue()),
          }),
        ),
      },
      fc.jsonValue(),
    ),
    system: fc.oneof(fc.string(), fc.array(anyBlock), fc.jsonValue()),
    tools: fc.oneof(fc.array(fc.record({ type: fc.jsonValue(), name: fc.jsonValue() })), fc.jsonValue()),
    tool_choice: fc.jsonValue(),
    output_config: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

test('messages request: any body is parsed or refused as the fault of the caller', () => {
  fc.assert(
    fc.property(fc.oneof(anyBody, fc.jsonValue()), (body) => {
      try {
        assert.equal(parseMessagesRequest(body).request.dialect, 'anthropic');
      } catch (error) {
        assert.ok(error instanceof SluiceError);
        assert.equal(error.reason, 'invalid_request');
      }
    }),
    { numRuns: 500 },
  );
});
