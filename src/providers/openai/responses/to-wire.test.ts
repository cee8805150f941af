import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest } from '../../../../test/fixtures/calls.ts';
import { SluiceError } from '../../../core/error.ts';
import type { JsonObject, JsonValue } from '../../../core/json.ts';
import type { ContentPart, Message } from '../../../core/message.ts';
import type { PredictRequest } from '../../../core/predict.ts';
import { countToWire, responseToWire } from './to-wire.ts';

const text = (value: string): ContentPart => ({ type: 'text', text: value });
const turn = (role: Message['role'], ...content: ContentPart[]): Message => ({ role, content });
const own = (value: JsonObject): ContentPart => ({ type: 'opaque', dialect: 'openai-responses', value });

function toWire(
  overrides: Partial<PredictRequest> = {},
  stream = false,
): { body: JsonObject; downgrades: readonly string[] } {
  return responseToWire(chatRequest('alias', { dialect: 'openai-responses', ...overrides }), 'm', stream);
}

function items(...messages: Message[]): JsonValue[] {
  return toWire({ messages }).body['input'] as JsonValue[];
}

/** The field that a request is refused for. */
function refused(overrides: Partial<PredictRequest>): string | undefined {
  try {
    toWire(overrides);
  } catch (error) {
    assert.ok(error instanceof SluiceError && error.reason === 'unsupported_capability', String(error));
    return error.param;
  }
  return undefined;
}

test('responses to wire: every typed field has its place', () => {
  const { body, downgrades } = toWire({
    messages: [turn('system', text('Be brief.')), turn('user', text('Hello?'))],
    sampling: { maxOutputTokens: 9, temperature: 0.5, topP: 0.9, logprobs: true, topLogprobs: 2, presencePenalty: 0 },
    tools: [
      { kind: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, extra: { defer_loading: true } },
      { kind: 'vendor', dialect: 'openai-responses', value: { type: 'web_search' } },
    ],
    toolChoice: { kind: 'function', name: 'f' },
    parallelToolCalls: false,
    responseFormat: { kind: 'json-schema', name: 's', schema: { type: 'object' }, strict: true },
    reasoningEffort: 'low',
    extra: {
      reasoning: { summary: 'auto' },
      text: { verbosity: 'low' },
      include: ['reasoning.encrypted_content'],
      previous_response_id: 'resp_0',
      metadata: { a: 'b' },
      stream: true,
    },
  });
  assert.deepEqual(downgrades, []);
  assert.deepEqual(body, {
    model: 'm',
    instructions: 'Be brief.',
    input: [{ type: 'message', role: 'user', content: 'Hello?' }],
    max_output_tokens: 9,
    temperature: 0.5,
    top_p: 0.9,
    top_logprobs: 2,
    tools: [
      { type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, defer_loading: true },
      { type: 'web_search' },
    ],
    tool_choice: { type: 'function', name: 'f' },
    parallel_tool_calls: false,
    text: { verbosity: 'low', format: { type: 'json_schema', name: 's', schema: { type: 'object' }, strict: true } },
    reasoning: { summary: 'auto', effort: 'low' },
    include: ['reasoning.encrypted_content', 'message.output_text.logprobs'],
    previous_response_id: 'resp_0',
    metadata: { a: 'b' },
    store: false,
  });
  assert.equal(toWire({}, true).body['stream'], true);
});

test('responses to wire: given instructions win, and a system message then stays where it is', () => {
  const messages = [turn('system', text('s')), turn('user', text('u'))];
  const { body } = toWire({ messages, extra: { instructions: 'i' } });
  assert.equal(body['instructions'], 'i');
  assert.equal((body['input'] as JsonValue[]).length, 2);
});

test('responses to wire: a turn is cut into messages and items, in order', () => {
  assert.deepEqual(
    items(
      turn('user', text('a'), { type: 'image', source: { kind: 'url', url: 'https://x/i.png' }, detail: 'low' }),
      turn(
        'assistant',
        { type: 'reasoning', text: 'one', extra: { id: 'rs_1', type: 'summary_text' } },
        { type: 'reasoning', text: 'raw', encrypted: 'e', extra: { id: 'rs_1', type: 'reasoning_text' } },
        own({ type: 'web_search_call', id: 'ws_1', status: 'completed' }),
        own({ type: 'message', id: 'msg_1', role: 'assistant', phase: 'commentary' }),
        { type: 'text', text: 'Hm.', annotations: [{ type: 'url_citation' }] },
        { type: 'tool-call', id: 'call_1', name: 'f', arguments: '{}', extra: { id: 'fc_1' } },
        own({ type: 'response.web_search_call.searching', item_id: 'ws_1' }),
        own({ type: 'item_reference', id: 'msg_9' }),
      ),
      turn('tool', { type: 'tool-result', toolCallId: 'call_1', content: [text('42')], isError: true }),
    ),
    [
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'a' },
          { type: 'input_image', image_url: 'https://x/i.png', detail: 'low' },
        ],
      },
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 'one' }],
        content: [{ type: 'reasoning_text', text: 'raw' }],
        encrypted_content: 'e',
      },
      { type: 'web_search_call', id: 'ws_1', status: 'completed' },
      {
        type: 'message',
        role: 'assistant',
        id: 'msg_1',
        phase: 'commentary',
        content: [{ type: 'output_text', text: 'Hm.', annotations: [{ type: 'url_citation' }] }],
      },
      { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}', id: 'fc_1' },
      { type: 'item_reference', id: 'msg_9' },
      { type: 'function_call_output', call_id: 'call_1', output: 'Error: 42' },
    ],
  );
});

test('responses to wire: files, pictures by id, results with pictures, and content of the vendor’s own', () => {
  const image: ContentPart = { type: 'image', source: { kind: 'file-id', fileId: 'file-1' } };
  const screenshot = { type: 'computer_screenshot', image_url: 'u' };
  assert.deepEqual(
    items(
      turn(
        'user',
        { type: 'file', source: { kind: 'data', base64: 'QQ==', mediaType: 'application/pdf' }, name: 'f.pdf' },
        { type: 'file', source: { kind: 'url', url: 'https://x/f.pdf' } },
        { type: 'file', source: { kind: 'file-id', fileId: 'file-2' } },
        own({ type: 'input_audio', input_audio: {} }),
      ),
      turn('tool', { type: 'tool-result', toolCallId: 'c', content: [text('see'), image, own(screenshot)] }),
    ),
    [
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_file', filename: 'f.pdf', file_data: 'data:application/pdf;base64,QQ==' },
          { type: 'input_file', file_url: 'https://x/f.pdf' },
          { type: 'input_file', file_id: 'file-2' },
          { type: 'input_audio', input_audio: {} },
        ],
      },
      {
        type: 'function_call_output',
        call_id: 'c',
        output: [{ type: 'input_text', text: 'see' }, { type: 'input_image', file_id: 'file-1' }, screenshot],
      },
    ],
  );
  const sound: ContentPart = { type: 'audio', source: { kind: 'data', base64: 'QQ==', mediaType: 'audio/wav' } };
  assert.equal(refused({ messages: [turn('user', sound)] }), 'messages[0].content[0]');
});

test('responses to wire: custom calls of chat completions and their results find their items', () => {
  const calls = [{ id: 'c', type: 'custom', custom: { name: 'sql', input: 'select 1' } }];
  const { body } = toWire({
    dialect: 'openai',
    messages: [
      { ...turn('assistant'), extra: { tool_calls: calls } },
      turn('tool', { type: 'tool-result', toolCallId: 'c', content: [text('1')] }),
    ],
    tools: [
      {
        kind: 'vendor',
        dialect: 'openai',
        value: {
          type: 'custom',
          custom: { name: 'sql', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'd' } } },
        },
      },
      { kind: 'function', name: 'f' },
    ],
    toolChoice: { kind: 'vendor', dialect: 'openai', value: { type: 'custom', custom: { name: 'sql' } } },
  });
  assert.deepEqual(body['input'], [
    { type: 'custom_tool_call', call_id: 'c', name: 'sql', input: 'select 1' },
    { type: 'custom_tool_call_output', call_id: 'c', output: '1' },
  ]);
  assert.deepEqual(body['tools'], [
    { type: 'custom', name: 'sql', format: { type: 'grammar', syntax: 'lark', definition: 'd' } },
    { type: 'function', name: 'f', parameters: null, strict: false },
  ]);
  assert.deepEqual(body['tool_choice'], { type: 'custom', name: 'sql' });
  const allowed = { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] };
  const choice = {
    kind: 'vendor',
    dialect: 'openai',
    value: { type: 'allowed_tools', allowed_tools: allowed },
  } as const;
  assert.deepEqual(toWire({ dialect: 'openai', toolChoice: choice }).body['tool_choice'], {
    type: 'allowed_tools',
    mode: 'auto',
    tools: [{ type: 'function', name: 'f' }],
  });
});

test('responses to wire: fields of chat completions are shared, translated, or refused', () => {
  const { body, downgrades } = toWire({
    dialect: 'openai',
    sampling: { seed: 7 },
    extra: {
      metadata: { a: 'b' },
      user: 'u',
      prompt_cache_key: 'k',
      verbosity: 'low',
      web_search_options: {
        search_context_size: 'low',
        user_location: { type: 'approximate', approximate: { city: 'Oslo' } },
      },
      modalities: ['text'],
      n: 1,
      prediction: { type: 'content', content: 'x' },
    },
  });
  assert.deepEqual(downgrades, ['seed', 'prediction']);
  assert.deepEqual(
    [body['metadata'], body['user'], body['prompt_cache_key'], body['text'], body['store']],
    [{ a: 'b' }, 'u', 'k', { verbosity: 'low' }, false],
  );
  assert.deepEqual(body['tools'], [
    { type: 'web_search', search_context_size: 'low', user_location: { type: 'approximate', city: 'Oslo' } },
  ]);
  const dialect = 'openai';
  assert.equal(refused({ dialect, extra: { n: 2 } }), 'n');
  assert.equal(refused({ dialect, extra: { modalities: ['audio'] } }), 'modalities');
  assert.equal(refused({ dialect, extra: { min_p: 0.1 } }), 'min_p');
  assert.equal(refused({ sampling: { choiceCount: 2 } }), 'n');
  assert.equal(refused({ sampling: { stop: ['x'] } }), 'stop');
  assert.equal(refused({ sampling: { topK: 3 } }), 'top_k');
  assert.equal(refused({ sampling: { presencePenalty: 1 } }), 'presence_penalty');
  assert.equal(refused({ extra: { background: true } }), 'background');
});

test('responses to wire: a request of the Messages API', () => {
  const { body, downgrades } = toWire({
    dialect: 'anthropic',
    messages: [
      turn('user', { type: 'text', text: 'a', extra: { cache_control: {} } }, text('b')),
      turn('assistant', { type: 'reasoning', text: 'Hm', signature: 's' }, text('c')),
    ],
    extra: { thinking: { type: 'enabled', budget_tokens: 10_000 }, metadata: { user_id: 'u' } },
  });
  assert.deepEqual(body['reasoning'], { effort: 'medium' });
  assert.equal(body['user'], 'u');
  assert.deepEqual(downgrades, ['cache_control', 'reasoning', 'thinking.budget_tokens']);
  assert.deepEqual((body['input'] as JsonValue[])[1], { type: 'message', role: 'assistant', content: 'c' });
  assert.equal(refused({ dialect: 'anthropic', extra: { container: 'c' } }), 'container');
});

test('responses to wire: nothing is stored unasked, so models that reason give their reasoning encrypted', () => {
  const included = (model: string, extra: JsonObject = {}): JsonValue | undefined =>
    responseToWire({ ...chatRequest('alias'), dialect: 'openai-responses', extra }, model, false).body['include'];
  assert.equal(toWire().body['store'], false);
  for (const model of ['gpt-5', 'gpt-5.4-mini', 'openai/gpt-5.6-sol', 'openai.gpt-6-luna', 'o3-mini', 'codex-mini']) {
    assert.deepEqual(included(model), ['reasoning.encrypted_content'], model);
  }
  for (const model of ['gpt-4o', 'gpt-4.1-nano', 'gpt-5-chat-latest', 'm']) assert.equal(included(model), undefined);
  assert.deepEqual(included('gpt-5', { include: ['file_search_call.results', 'reasoning.encrypted_content'] }), [
    'file_search_call.results',
    'reasoning.encrypted_content',
  ]);
  assert.equal(included('gpt-5', { store: true }), undefined);
  assert.equal(toWire({ dialect: 'openai' }).body['store'], false);
  assert.equal(toWire({ dialect: 'openai', extra: { store: true } }).body['store'], true);
});

test('responses to wire: what is counted is the input', () => {
  const { body } = toWire({ sampling: { maxOutputTokens: 5 }, extra: { conversation: 'conv_1', metadata: {} } });
  assert.deepEqual(Object.keys(countToWire(body)).sort(), ['conversation', 'input', 'model']);
});

test('responses to wire: reasoning that OpenAI could only look up, or that is not its own, is left out and reported', () => {
  const items = (...content: ContentPart[]): unknown[] => {
    const { body, downgrades } = toWire({ messages: [turn('assistant', ...content, text('t'))] });
    return [(body['input'] as JsonObject[]).length, downgrades];
  };
  const kept = { type: 'reasoning', text: 'a', encrypted: 'e', extra: { id: 'rs_1', type: 'summary_text' } } as const;
  const { encrypted: _, ...bare } = kept;
  assert.deepEqual(items(kept), [2, []]);
  assert.deepEqual(items({ ...kept, extra: { id: 'rs_1' } }), [2, []]);
  assert.deepEqual(items(bare), [1, ['reasoning']]);
  assert.deepEqual(items({ ...bare, extra: { type: 'reasoning_text' } }), [2, []]);
  assert.deepEqual(items({ type: 'reasoning', text: '', encrypted: 'of another vendor' }), [1, ['reasoning']]);
});
