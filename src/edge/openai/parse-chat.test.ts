import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../../core/error.ts';
import { parseChatCall } from './parse-chat.ts';

const user = { role: 'user', content: 'hi' };

function refusal(body: object): [string, string | undefined] {
  try {
    parseChatCall(body);
  } catch (thrown) {
    assert.ok(thrown instanceof SluiceError);
    return [thrown.reason, thrown.param];
  }
  return ['', undefined];
}

test('chat body: the smallest one', () => {
  assert.deepEqual(parseChatCall({ model: 'm', messages: [user] }), {
    request: {
      model: 'm',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
      sampling: {},
      dialect: 'openai',
    },
    stream: false,
    includeUsage: false,
    legacyFunctions: false,
  });
});

test('chat body: the shorter spellings of Mistral’s clients mean what OpenAI’s say', () => {
  const url = 'https://example.com/a.png';
  const { request } = parseChatCall({
    model: 'm',
    messages: [{ role: 'user', content: [{ type: 'image_url', image_url: url }] }],
    tools: [{ function: { name: 'f', parameters: {} } }],
  });
  assert.deepEqual(request.messages[0]?.content, [{ type: 'image', source: { kind: 'url', url } }]);
  assert.deepEqual(request.tools, [{ kind: 'function', name: 'f', parameters: {} }]);
  assert.deepEqual(parseChatCall({ model: 'm', messages: [user], tool_choice: 'any' }).request.toolChoice, {
    kind: 'required',
  });
  assert.throws(() => parseChatCall({ model: 'm', messages: [user], tools: [{}] }), { param: 'tools[0].type' });
});

test('chat body: every field that has a name in Sluice arrives under it', () => {
  const { request, stream, includeUsage } = parseChatCall({
    model: 'm',
    messages: [user],
    stream: true,
    stream_options: { include_usage: true },
    n: 2,
    max_completion_tokens: 10,
    temperature: 0.5,
    top_p: 0.9,
    top_k: 40,
    seed: 7,
    stop: 'END',
    presence_penalty: 1,
    frequency_penalty: -1,
    logprobs: true,
    top_logprobs: 3,
    parallel_tool_calls: false,
    reasoning_effort: 'low',
    tool_choice: { type: 'function', function: { name: 'f' } },
    tools: [
      { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true } },
    ],
    response_format: { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object' }, strict: true } },
  });
  assert.deepEqual(request, {
    model: 'm',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
    sampling: {
      maxOutputTokens: 10,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      seed: 7,
      stop: ['END'],
      presencePenalty: 1,
      frequencyPenalty: -1,
      logprobs: true,
      topLogprobs: 3,
      choiceCount: 2,
    },
    parallelToolCalls: false,
    reasoningEffort: 'low',
    toolChoice: { kind: 'function', name: 'f' },
    tools: [{ kind: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: true }],
    responseFormat: { kind: 'json-schema', name: 's', schema: { type: 'object' }, strict: true },
    dialect: 'openai',
  });
  assert.equal(stream, true);
  assert.equal(includeUsage, true);
});

test('chat body: null means absent in every optional field', () => {
  const nulls = Object.fromEntries(
    [
      'stream',
      'stream_options',
      'n',
      'max_tokens',
      'temperature',
      'top_p',
      'seed',
      'stop',
      'logprobs',
      'top_logprobs',
      'tools',
      'tool_choice',
      'parallel_tool_calls',
      'response_format',
      'reasoning_effort',
      'presence_penalty',
    ].map((name) => [name, null]),
  );
  assert.deepEqual(
    parseChatCall({ model: 'm', messages: [user], ...nulls }),
    parseChatCall({ model: 'm', messages: [user] }),
  );
});

test('chat body: what has no name is kept at every level', () => {
  const { request } = parseChatCall({
    model: 'm',
    user: 'u-1',
    logit_bias: { '50256': -100 },
    stream: true,
    stream_options: { include_obfuscation: false },
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }], weight: 1 },
      {
        role: 'assistant',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' }, index: 0 }],
      },
      { role: 'tool', tool_call_id: 'c', content: 'ok', name: 'f', latency: 3 },
    ],
    tools: [
      { type: 'function', function: { name: 'f', parsed: true }, cache_control: {} },
      { type: 'web_search', depth: 2 },
    ],
  });
  assert.deepEqual(request.extra, {
    user: 'u-1',
    logit_bias: { '50256': -100 },
    stream_options: { include_obfuscation: false },
  });
  assert.deepEqual(request.messages, [
    {
      role: 'user',
      content: [{ type: 'text', text: 'a', extra: { cache_control: { type: 'ephemeral' } } }],
      extra: { weight: 1 },
    },
    { role: 'assistant', content: [{ type: 'tool-call', id: 'c', name: 'f', arguments: '{}', extra: { index: 0 } }] },
    {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 'c', content: [{ type: 'text', text: 'ok' }] }],
      name: 'f',
      extra: { latency: 3 },
    },
  ]);
  assert.deepEqual(request.tools, [
    { kind: 'function', name: 'f', extra: { cache_control: {}, function: { parsed: true } } },
    { kind: 'vendor', dialect: 'openai', value: { type: 'web_search', depth: 2 } },
  ]);
});

test('chat body: pictures, sound, files and unknown parts', () => {
  const parts = [
    { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    { type: 'image_url', image_url: { url: 'data:text/plain,hello' } },
    { type: 'input_audio', input_audio: { data: 'BBBB', format: 'mp3' } },
    { type: 'file', file: { file_id: 'file-1' } },
    { type: 'file', file: { file_data: 'data:application/pdf;base64,CCCC', filename: 'a.pdf' } },
    { type: 'video_url', video_url: { url: 'https://example.com/a.mp4' } },
    { type: 'image_url', image_url: { url: 'https://example.com/a.png', fps: 1 } },
  ];
  const { request } = parseChatCall({ model: 'm', messages: [{ role: 'user', content: parts }] });
  assert.deepEqual(request.messages[0]?.content, [
    { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' }, detail: 'low' },
    { type: 'image', source: { kind: 'data', base64: 'AAAA', mediaType: 'image/png' } },
    { type: 'image', source: { kind: 'data', base64: 'aGVsbG8=', mediaType: 'text/plain' } },
    { type: 'audio', source: { kind: 'data', base64: 'BBBB', mediaType: 'audio/mpeg' } },
    { type: 'file', source: { kind: 'file-id', fileId: 'file-1' } },
    { type: 'file', source: { kind: 'data', base64: 'CCCC', mediaType: 'application/pdf' }, name: 'a.pdf' },
    { type: 'opaque', dialect: 'openai', value: parts[6] },
    { type: 'opaque', dialect: 'openai', value: parts[7] },
  ]);
});

test('chat body: an earlier refusal, and tool calls of a kind that Sluice does not know', () => {
  const custom = [{ id: 'c', type: 'custom', custom: { name: 'x', input: 'y' } }];
  const { request } = parseChatCall({
    model: 'm',
    messages: [
      { role: 'assistant', content: null, refusal: 'No.' },
      { role: 'assistant', tool_calls: custom },
    ],
  });
  assert.deepEqual(request.messages, [
    { role: 'assistant', content: [{ type: 'refusal', text: 'No.' }] },
    { role: 'assistant', content: [], extra: { tool_calls: custom } },
  ]);
});

const refusals: readonly [body: object, reason: string, param: string | undefined][] = [
  [{ n: 1.5 }, 'invalid_request', 'n'],
  [{ n: 0 }, 'invalid_request', 'n'],
  [{ stream_options: { include_usage: true } }, 'invalid_request', 'stream_options'],
  [{ max_tokens: 1, max_completion_tokens: 1 }, 'invalid_request', 'max_tokens'],
  [{ max_tokens: 0 }, 'invalid_request', 'max_tokens'],
  [{ top_logprobs: 2 }, 'invalid_request', 'top_logprobs'],
  [{ temperature: 3 }, 'invalid_request', 'temperature'],
  [{ stop: [''] }, 'invalid_request', 'stop[0]'],
  [{ tool_choice: 'maybe' }, 'invalid_request', 'tool_choice'],
  [{ tools: [{ type: 'function' }] }, 'invalid_request', 'tools[0].function'],
  [{ tools: [{ type: 'function', function: { name: '' } }] }, 'invalid_request', 'tools[0].function.name'],
  [{ tools: [{}] }, 'invalid_request', 'tools[0].type'],
  [{ response_format: { type: 'xml' } }, 'invalid_request', 'response_format.type'],
  [{ response_format: { type: 'json_schema' } }, 'invalid_request', 'response_format.json_schema'],
  [{ messages: [{ role: 'tool', content: 'x' }] }, 'invalid_request', 'messages[0].tool_call_id'],
  [{ messages: [user, { role: 'user', content: 'x', tool_calls: [] }] }, 'invalid_request', 'messages[1].tool_calls'],
  [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'invalid_request', 'messages[0].content[0].text'],
  [
    { messages: [{ role: 'user', content: [{ type: 'file', file: {} }] }] },
    'invalid_request',
    'messages[0].content[0].file',
  ],
  [
    { messages: [{ role: 'assistant', tool_calls: [{ id: 'c' }] }] },
    'invalid_request',
    'messages[0].tool_calls[0].function',
  ],
];

for (const [body, reason, param] of refusals) {
  test(`chat body: ${JSON.stringify(body).slice(0, 80)} is refused for ${param}`, () => {
    assert.deepEqual(refusal({ model: 'm', messages: [user], ...body }), [reason, param]);
  });
}
