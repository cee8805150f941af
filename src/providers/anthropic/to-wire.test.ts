import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest, type RequestOptions } from '../../../test/fixtures/calls.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { ContentPart, Message } from '../../core/message.ts';
import type { PredictRequest, Sampling, Tool } from '../../core/predict.ts';
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
const file = (mediaType: string, base64: string): Message => ({
  role: 'user',
  content: [{ type: 'file', name: 'n', source: { kind: 'data', mediaType, base64 } }],
});
const parameters: JsonObject = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
const weather: Extract<Tool, { kind: 'function' }> = { kind: 'function', name: 'f', description: 'd', parameters };
const closed: JsonObject = { ...parameters, additionalProperties: false };

test('to wire: a plain question has nothing but what Anthropic demands', () => {
  assert.deepEqual(toWire(), {
    body: { model: 'claude-sonnet-4-5', max_tokens: 16_384, messages: [{ role: 'user', content: 'Hello?' }] },
    downgrades: [],
  });
  assert.equal(predictToWire(chatRequest('alias'), { model: 'm', stream: true }).body['stream'], true);
});

test('to wire: max_tokens is the caller’s, the operator’s, or what the model allows', () => {
  assert.equal(toWire({ sampling: { maxOutputTokens: 7 } }).body['max_tokens'], 7);
  assert.equal(toWire({}, 'claude-3-haiku-20240307').body['max_tokens'], 4096);
  assert.equal(toWire({}, 'claude-3-5-sonnet-latest').body['max_tokens'], 8192);
  assert.equal(toWire({}, 'claude-sonnet-4-20250514').body['max_tokens'], 16_384);
  const options = { model: 'claude-3-haiku-20240307', stream: false, maxTokensDefault: 99 };
  assert.equal(predictToWire(chatRequest('alias'), options).body['max_tokens'], 99);
});

test('to wire: instructions become the system prompt, late ones are reported', () => {
  const lead = wireOf([say('system', 'A'), say('developer', 'B'), say('user', 'q')]);
  assert.deepEqual(lead.body['system'], [
    { type: 'text', text: 'A' },
    { type: 'text', text: 'B' },
  ]);
  assert.deepEqual(lead.downgrades, []);
  const late = wireOf([say('system', 'A'), say('user', 'q'), say('system', 'B'), say('user', 'r')]);
  assert.equal((late.body['system'] as JsonValue[]).length, 2);
  assert.deepEqual(late.downgrades, ['messages[].role']);
  assert.deepEqual(late.body['messages'], [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'q' },
        { type: 'text', text: 'r' },
      ],
    },
  ]);
});

test('to wire: nothing but instructions is what the user says', () => {
  const { body, downgrades } = wireOf([say('system', 'Count to three.')]);
  assert.equal(body['system'], undefined);
  assert.deepEqual(body['messages'], [{ role: 'user', content: 'Count to three.' }]);
  assert.deepEqual(downgrades, ['messages[0].role']);
});

test('to wire: results of parallel calls are one turn of the user, before any text', () => {
  const { body, downgrades } = wireOf([
    say('user', 'q'),
    { role: 'assistant', content: [call('a', '{"x":1}'), call('b', ''), call('c', 'not JSON')] },
    result('a', '1'),
    say('user', 'late'),
    result('b', '2'),
  ]);
  assert.deepEqual(body['messages'], [
    { role: 'user', content: 'q' },
    {
      role: 'assistant',
      content: [
        { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } },
        { type: 'tool_use', id: 'b', name: 'f', input: {} },
        { type: 'tool_use', id: 'c', name: 'f', input: { INVALID_JSON: 'not JSON' } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'a', content: '1' },
        { type: 'tool_result', tool_use_id: 'b', content: '2' },
        { type: 'text', text: 'late' },
      ],
    },
  ]);
  assert.deepEqual(downgrades, ['arguments']);
});

test('to wire: ids of other vendors are spelled in Anthropic’s letters, in calls and results alike', () => {
  const { body } = wireOf([{ role: 'assistant', content: [call('functions.f:0')] }, result('functions.f:0', 'r')]);
  const [first, second] = body['messages'] as { content: JsonObject[] }[];
  assert.match(String(first?.content[0]?.['id']), /^[A-Za-z0-9_-]+$/);
  assert.equal(second?.content[0]?.['tool_use_id'], first?.content[0]?.['id']);
});

test('to wire: pictures and documents go in the form of their kind', () => {
  const png = { kind: 'data', mediaType: 'image/png', base64: 'AA==' } as const;
  const { body, downgrades } = wireOf([
    { role: 'user', content: [{ type: 'image', source: png, detail: 'low' }] },
    say('assistant', 'ok'),
    file('application/pdf', 'AA=='),
    say('assistant', 'ok'),
    file('text/markdown', Buffer.from('# 東京').toString('base64')),
    say('assistant', 'ok'),
    file('image/png', 'AA=='),
  ]);
  const blocks = (body['messages'] as { role: string; content: JsonObject[] }[]).filter(({ role }) => role === 'user');
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } };
  assert.deepEqual(
    blocks.map(({ content }) => content[0]),
    [
      image,
      { type: 'document', title: 'n', source: { type: 'base64', media_type: 'application/pdf', data: 'AA==' } },
      { type: 'document', title: 'n', source: { type: 'text', media_type: 'text/plain', data: '# 東京' } },
      image,
    ],
  );
  assert.deepEqual(downgrades, ['detail']);
  assert.equal(refusal({ messages: [file('application/zip', 'AA==')] }), 'messages[0].content[0]');
});

test('to wire: an assistant’s turn that says nothing is left out, empty text with it', () => {
  const { body } = wireOf([say('user', 'q'), say('assistant', ''), say('user', 'r')]);
  assert.equal((body['messages'] as JsonValue[]).length, 1 + 1);
});

test('to wire: signed thoughts go back untouched, others are left out and reported', () => {
  const { body, downgrades } = wireOf([
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 't', signature: 's' },
        { type: 'reasoning', text: '', encrypted: 'e' },
        { type: 'reasoning', text: 'of another vendor' },
        { type: 'refusal', text: 'No.' },
      ],
    },
  ]);
  assert.deepEqual((body['messages'] as { content: JsonValue }[])[0]?.content, [
    { type: 'thinking', thinking: 't', signature: 's' },
    { type: 'redacted_thinking', data: 'e' },
    { type: 'text', text: 'No.' },
  ]);
  assert.deepEqual(downgrades, ['reasoning']);
});

test('to wire: Anthropic’s citations go back, other annotations are reported', () => {
  const own = { type: 'char_location', cited_text: 'c' };
  const annotations = [own, { type: 'url_citation', url: 'u' }];
  const { body, downgrades } = wireOf([{ role: 'assistant', content: [{ type: 'text', text: 't', annotations }] }]);
  const block = (body['messages'] as { content: JsonObject[] }[])[0]?.content[0];
  assert.deepEqual(block?.['citations'], [own]);
  assert.deepEqual(downgrades, ['annotations']);
});

test('to wire: cache_control of an OpenAI-dialect part, tool or body is Anthropic’s', () => {
  const cache_control = { type: 'ephemeral' };
  const { body } = toWire({
    messages: [{ role: 'user', content: [{ type: 'text', text: 'q', extra: { cache_control } }] }],
    tools: [{ kind: 'function', name: 'f', extra: { cache_control } }],
    extra: { cache_control },
  });
  assert.deepEqual(body['messages'], [{ role: 'user', content: [{ type: 'text', text: 'q', cache_control }] }]);
  assert.deepEqual(body['tools'], [{ name: 'f', input_schema: { type: 'object', properties: {} }, cache_control }]);
  assert.deepEqual(body['cache_control'], cache_control);
});

test('to wire: tools and their choice', () => {
  const { body, downgrades } = toWire({
    tools: [weather, { ...weather, name: 'g', strict: true }],
    toolChoice: { kind: 'function', name: 'f' },
    parallelToolCalls: false,
  });
  assert.deepEqual(body['tools'], [
    { name: 'f', description: 'd', input_schema: parameters },
    { name: 'g', description: 'd', input_schema: closed, strict: true },
  ]);
  assert.deepEqual(body['tool_choice'], { type: 'tool', name: 'f', disable_parallel_tool_use: true });
  assert.deepEqual(downgrades, []);
  const choice = (overrides: Partial<PredictRequest>): JsonValue | undefined =>
    toWire({ tools: [weather], ...overrides }).body['tool_choice'];
  assert.deepEqual(choice({ toolChoice: { kind: 'required' } }), { type: 'any' });
  assert.deepEqual(choice({ toolChoice: { kind: 'none' }, parallelToolCalls: false }), { type: 'none' });
  assert.deepEqual(choice({ parallelToolCalls: false }), { type: 'auto', disable_parallel_tool_use: true });
  assert.equal(choice({ parallelToolCalls: true }), undefined);
  assert.equal(choice({ tools: [], toolChoice: { kind: 'auto' }, parallelToolCalls: false }), undefined);
});

test('to wire: sampling fields go where the model takes them', () => {
  const sampled = (sampling: Sampling, model?: string): JsonObject & { lost: readonly string[] } => {
    const { body, downgrades } = toWire({ sampling }, model);
    const { model: _, max_tokens: __, messages: ___, ...rest } = body;
    return { ...rest, lost: downgrades } as JsonObject & { lost: readonly string[] };
  };
  const all = { temperature: 0.5, topP: 0.9, topK: 5 };
  assert.deepEqual(sampled(all, 'claude-3-haiku'), { temperature: 0.5, top_p: 0.9, top_k: 5, lost: [] });
  assert.deepEqual(sampled(all), { temperature: 0.5, top_k: 5, lost: ['top_p'] });
  assert.deepEqual(sampled(all, 'claude-opus-4-8'), { lost: ['temperature', 'top_p', 'top_k'] });
  assert.deepEqual(sampled({ temperature: 1, topP: 1 }, 'claude-opus-4-8'), { lost: [] });
  assert.deepEqual(sampled({ temperature: 1, topP: 0.9 }), { top_p: 0.9, lost: [] });
  assert.deepEqual(sampled({ temperature: 1.5 }), { temperature: 1, lost: ['temperature'] });
  assert.deepEqual(sampled({ stop: ['END'] }), { stop_sequences: ['END'], lost: [] });
  assert.deepEqual(sampled({ seed: 1, presencePenalty: 0, frequencyPenalty: 0.5, logprobs: false, stop: [] }), {
    lost: ['seed', 'frequency_penalty'],
  });
  const thinking = toWire({ sampling: all, reasoningEffort: 'low' });
  assert.deepEqual(thinking.downgrades, ['temperature', 'top_p', 'top_k']);
});

test('to wire: fields of the OpenAI dialect are translated, reported, or nothing', () => {
  const { body, downgrades } = toWire({
    extra: {
      user: 'u-1',
      service_tier: 'default',
      metadata: { a: 'b' },
      store: true,
      prompt_cache_key: 'k',
      n: 1,
      modalities: ['text'],
      stream_options: { include_obfuscation: false },
      logit_bias: {},
      verbosity: 'low',
      audio: null,
      thinking: { type: 'enabled', budget_tokens: 20_000 },
    },
  });
  assert.deepEqual(body['metadata'], { user_id: 'u-1' });
  assert.equal(body['service_tier'], 'standard_only');
  assert.deepEqual(body['thinking'], { type: 'enabled', budget_tokens: 20_000 });
  assert.equal(body['max_tokens'], 24_096);
  assert.deepEqual(downgrades, ['metadata', 'store', 'prompt_cache_key', 'verbosity']);
  assert.deepEqual(toWire({ extra: { user: 'u', safety_identifier: 's' } }).downgrades, ['user']);
});

test('to wire: fields of our own dialect go as they came', () => {
  const { body, downgrades } = toWire({ dialect: 'sluice', extra: { service_tier: 'auto', inference_geo: 'eu' } });
  assert.deepEqual([body['service_tier'], body['inference_geo'], downgrades], ['auto', 'eu', []]);
});

test('to wire: identities of the Responses API are nothing', () => {
  const part: ContentPart = { type: 'text', text: 't', extra: { id: 'x' } };
  const messages = [{ role: 'user', content: [part], extra: { id: 'msg_1', status: 'completed' } } as const];
  const { body, downgrades } = wireOf(messages, { dialect: 'openai-responses' });
  assert.deepEqual([body['messages'], downgrades], [[{ role: 'user', content: 't' }], []]);
});

test('to wire: of the Responses API, Anthropic’s own thoughts go back and OpenAI’s encrypted ones do not', () => {
  const include = ['reasoning.encrypted_content'];
  const thoughts = (part: ContentPart): unknown[] => {
    const overrides = { dialect: 'openai-responses', extra: { include } } as const;
    const { body, downgrades } = wireOf([{ role: 'assistant', content: [part, text('t')] }], overrides);
    const [turn] = body['messages'] as { content: unknown }[];
    return [turn?.content, downgrades];
  };
  const openAis = { type: 'reasoning', text: '', encrypted: 'gAAAA', extra: { id: 'rs_1' } } as const;
  assert.deepEqual(thoughts(openAis), ['t', ['reasoning']]);
  assert.deepEqual(thoughts({ ...openAis, extra: { type: 'summary_text' } }), ['t', ['reasoning']]);
  assert.deepEqual(thoughts({ type: 'reasoning', text: '', encrypted: 'aGlk' }), [
    [{ type: 'redacted_thinking', data: 'aGlk' }, text('t')],
    [],
  ]);
});

test('to wire: what has no form is refused by its name', () => {
  const audio: Message = {
    role: 'user',
    content: [{ type: 'audio', source: { kind: 'data', mediaType: 'audio/wav', base64: 'AA==' } }],
  };
  assert.equal(refusal({ messages: [say('user', 'q'), audio] }), 'messages[1].content[0]');
  const opaque = { type: 'opaque', dialect: 'vertex', value: { type: 'x' } } as const;
  assert.equal(refusal({ messages: [{ role: 'user', content: [opaque] }] }), 'messages[0].content[0]');
  assert.equal(refusal({ messages: [], prompt: 'Once' }), 'prompt');
  assert.equal(refusal({ sampling: { logprobs: true } }), 'logprobs');
  assert.equal(refusal({ sampling: { choiceCount: 2 } }), 'n');
  assert.equal(refusal({ sampling: { stop: ['\n'] } }), 'stop');
  assert.equal(refusal({ extra: { logit_bias: { 5: 1 } } }), 'logit_bias');
  assert.equal(refusal({ extra: { modalities: ['text', 'audio'] } }), 'modalities');
  const vendor = { kind: 'vendor', dialect: 'openai-responses', value: { type: 'web_search' } } as const;
  assert.equal(refusal({ tools: [vendor] }), 'tools[0]');
  assert.equal(refusal({ toolChoice: vendor }), 'tool_choice');
  const custom: Message = { role: 'assistant', content: [], extra: { tool_calls: [{ type: 'custom' }] } };
  assert.equal(refusal({ messages: [custom] }), 'messages[0].tool_calls');
  const part: ContentPart = { type: 'text', text: 't', extra: { a_new_field: 1 } };
  assert.equal(refusal({ messages: [{ role: 'user', content: [part] }] }), 'messages[0].content[0].a_new_field');
});

test('to wire: harmless fields of messages and parts are left out and reported', () => {
  const { downgrades } = wireOf([
    { role: 'user', content: [text('q')], name: 'Ada' },
    {
      role: 'assistant',
      content: [{ ...call('a'), extra: { index: 0, id: 'fc_1' } } as ContentPart],
      extra: { audio: null, parsed: { a: 1 }, annotations: [] },
    },
    { role: 'assistant', content: [{ type: 'opaque', dialect: 'openai', value: { reasoning_details: [1] } }] },
  ]);
  // An index, an id, a parsed value and what has nothing in it are no loss.
  assert.deepEqual(downgrades, ['name', 'reasoning_details']);
});

test('to wire: what the edge adds to answers of other vendors does not go to Anthropic', () => {
  const part: ContentPart = { type: 'text', text: 't', extra: { annotations: [{ type: 'url_citation' }], own: 1 } };
  const { body, downgrades } = wireOf([{ role: 'assistant', content: [part] }], { dialect: 'anthropic' });
  assert.deepEqual(body['messages'], [{ role: 'assistant', content: [{ type: 'text', text: 't', own: 1 }] }]);
  assert.deepEqual(downgrades, ['annotations']);
});

test('to wire: very many late results are joined in one pass', () => {
  // Moving what stands behind each late result takes minutes for this many.
  const count = 100_000;
  const messages = Array.from({ length: count }, (_, index) => [result(`r${index}`, '1'), say('user', 'more')]).flat();
  const { body } = wireOf(messages);
  const [turn, ...others] = body['messages'] as { content: JsonObject[] }[];
  assert.equal(others.length, 0);
  assert.equal(turn?.content.length, 2 * count);
  assert.equal(turn?.content[count - 1]?.['tool_use_id'], `r${count - 1}`);
  assert.equal(turn?.content[count]?.['type'], 'text');
});

test('to wire: a conversation that says nothing is the caller’s mistake', () => {
  for (const messages of [[], [say('user', '')]]) {
    assert.throws(() => wireOf(messages), { reason: 'invalid_request', param: 'messages' });
  }
});

test('to wire: the report of late instructions does not grow with their number', () => {
  const messages = Array.from({ length: 600 }, () => [say('user', 'q'), say('system', 's')]).flat();
  assert.deepEqual(wireOf(messages).downgrades, ['messages[].role']);
});

test('to wire: whatever an answer carried may be sent back: it is left out and reported', () => {
  const answer: Message = {
    role: 'assistant',
    content: [
      { type: 'text', text: 't', extra: { extra_content: { google: {} }, a_new_field: 1 } },
      { type: 'tool-call', id: 'a', name: 'f', arguments: '{}', extra: { extra_content: {}, a_third_field: 1 } },
      { type: 'opaque', dialect: 'openai', value: { images: [{ type: 'image_url' }] } },
      { type: 'opaque', dialect: 'vertex', value: { executableCode: {} } },
      { type: 'opaque', dialect: 'openai-responses', value: { type: 'web_search_call' } },
    ],
    extra: { citations: [{ type: 'char_location' }], another_field: 1 },
  };
  const { body, downgrades } = wireOf([answer]);
  const content = [text('t'), { type: 'tool_use', id: 'a', name: 'f', input: {} }];
  assert.deepEqual(body['messages'], [{ role: 'assistant', content }]);
  assert.deepEqual([...downgrades].sort(), [
    ...['a_new_field', 'a_third_field', 'another_field', 'citations', 'content', 'extra_content', 'images'],
    'web_search_call',
  ]);
  const native = wireOf([{ ...answer, content: answer.content.slice(0, 1), extra: {} }], { dialect: 'anthropic' });
  assert.deepEqual(native.body['messages'], [
    { role: 'assistant', content: [{ type: 'text', text: 't', a_new_field: 1 }] },
  ]);
});

test('to wire: calls of custom tools are calls with one argument', () => {
  const wire = { type: 'tool_use', id: 'c', name: 'run', input: { input: 'x = 1' } };
  const custom = { id: 'c', type: 'custom', custom: { name: 'run', input: 'x = 1' } };
  const item = { type: 'custom_tool_call', call_id: 'c', name: 'run', input: 'x = 1' };
  const turns: Message[] = [
    { role: 'assistant', content: [], extra: { tool_calls: [custom] } },
    { role: 'assistant', content: [{ type: 'opaque', dialect: 'openai', value: { tool_calls: [custom] } }] },
    { role: 'assistant', content: [{ type: 'opaque', dialect: 'openai-responses', value: item }] },
  ];
  for (const turn of turns) {
    const { body, downgrades } = wireOf([turn, result('c', 'done')]);
    const [first] = body['messages'] as { content: JsonValue }[];
    assert.deepEqual([first?.content, downgrades], [[wire], []]);
  }
});
