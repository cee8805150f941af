import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Message } from '../../../core/message.ts';
import { itemsToMessages } from './parse-items.ts';
import { encodeProof } from './reasoning-proof.ts';

function parse(...items: JsonObject[]): Message[] {
  return itemsToMessages(items, (index) => `input[${index}]`);
}

function refusal(...items: JsonObject[]): string | undefined {
  try {
    parse(...items);
  } catch (error) {
    if (error instanceof SluiceError && error.reason === 'invalid_request') return error.param;
    throw error;
  }
  return 'nothing was refused';
}

const reasoning: JsonObject = { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 's' }] };
const answer: JsonObject = { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [] };
const call: JsonObject = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{}' };
const output: JsonObject = { type: 'function_call_output', call_id: 'call_1', output: 'done' };

test('responses items: what a model said in one go is one turn', () => {
  const said = { ...answer, content: [{ type: 'output_text', text: 'I look.', annotations: [], logprobs: [] }] };
  const search = { type: 'web_search_call', id: 'ws_1' };
  assert.deepEqual(parse({ role: 'user', content: 'q' }, reasoning, said, search, call, output), [
    { role: 'user', content: [{ type: 'text', text: 'q' }] },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 's', extra: { id: 'rs_1', type: 'summary_text' } },
        { type: 'text', text: 'I look.' },
        { type: 'opaque', dialect: 'openai-responses', value: search },
        { type: 'tool-call', id: 'call_1', name: 'f', arguments: '{}', extra: { id: 'fc_1' } },
      ],
      extra: { id: 'msg_1', status: 'completed' },
    },
    {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 'call_1', content: [{ type: 'text', text: 'done' }] }],
    },
  ]);
});

test('responses items: a second message of the model begins another turn, and no message is lost for being empty', () => {
  const turns = parse(answer, { ...answer, id: 'msg_2' }, call);
  assert.deepEqual(
    turns.map(({ extra, content }) => [extra?.['id'], content.length]),
    [
      ['msg_1', 0],
      ['msg_2', 1],
    ],
  );
});

test('responses items: a first system message is marked, so that it does not become the instructions', () => {
  const system = { role: 'system', content: 's' };
  const [first, second] = parse(system, system);
  assert.deepEqual(first?.extra, { type: 'message' });
  assert.equal(second?.extra, undefined);
});

test('responses items: what a caller answers to a tool of another kind stands alone', () => {
  const items = ['computer_call_output', 'mcp_approval_response', 'local_shell_call_output', 'additional_tools'];
  const turns = parse(call, ...items.map((type) => ({ type })));
  assert.deepEqual(
    turns.map(({ role }) => role),
    ['assistant', 'tool', 'tool', 'tool', 'tool'],
  );
});

test('responses items: reasoning keeps its pieces and its proof; that of another vendor gets its own proof back', () => {
  const own = {
    ...reasoning,
    content: [{ type: 'reasoning_text', text: 'c' }],
    encrypted_content: 'gAAAA',
    status: 'x',
  };
  assert.deepEqual(parse(own)[0]?.content, [
    { type: 'reasoning', text: 's', extra: { id: 'rs_1', type: 'summary_text' } },
    { type: 'reasoning', text: 'c', extra: { id: 'rs_1', type: 'reasoning_text', status: 'x' }, encrypted: 'gAAAA' },
  ]);
  const signed = { ...reasoning, encrypted_content: encodeProof({ signature: 'sig' }) ?? '' };
  assert.deepEqual(parse(signed)[0]?.content, [{ type: 'reasoning', text: 's', signature: 'sig' }]);
  const hidden = { ...signed, summary: [], encrypted_content: encodeProof({ encrypted: 'e', extra: { a: 1 } }) ?? '' };
  assert.deepEqual(parse(hidden)[0]?.content, [{ type: 'reasoning', text: '', encrypted: 'e', extra: { a: 1 } }]);
  assert.deepEqual(parse({ type: 'reasoning', summary: [], encrypted_content: 'gAAAA' })[0]?.content, [
    { type: 'reasoning', text: '', extra: { type: 'summary_text' }, encrypted: 'gAAAA' },
  ]);
});

test('responses items: pictures, files and sound have their sources', () => {
  const content = [
    { type: 'input_image', image_url: 'https://e.com/a.png', detail: 'low' },
    { type: 'input_image', image_url: 'data:image/png;base64,AA==' },
    { type: 'input_image', file_id: 'file_1', image_url: null },
    { type: 'input_file', file_url: 'https://e.com/a.pdf' },
    { type: 'input_file', file_data: 'JVBERi0=', filename: 'a.pdf', detail: 'high' },
    { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } },
    { type: 'input_new', x: 1 },
  ];
  assert.deepEqual(parse({ role: 'user', content })[0]?.content, [
    { type: 'image', source: { kind: 'url', url: 'https://e.com/a.png' }, detail: 'low' },
    { type: 'image', source: { kind: 'data', base64: 'AA==', mediaType: 'image/png' } },
    { type: 'image', source: { kind: 'file-id', fileId: 'file_1' } },
    { type: 'file', source: { kind: 'url', url: 'https://e.com/a.pdf' } },
    {
      type: 'file',
      source: { kind: 'data', base64: 'JVBERi0=', mediaType: 'application/pdf' },
      name: 'a.pdf',
      extra: { detail: 'high' },
    },
    { type: 'audio', source: { kind: 'data', base64: 'AA==', mediaType: 'audio/mpeg' } },
    { type: 'opaque', dialect: 'openai-responses', value: { type: 'input_new', x: 1 } },
  ]);
});

test('responses items: what client libraries add to answers and no model reads is left out', () => {
  const content = [
    { type: 'output_text', text: '{}', parsed: {}, logprobs: [{}], annotations: [{ type: 'file_path' }], x: 1 },
  ];
  assert.deepEqual(parse({ ...answer, content }, { ...call, parsed_arguments: {} })[0]?.content, [
    { type: 'text', text: '{}', annotations: [{ type: 'file_path' }], extra: { x: 1 } },
    { type: 'tool-call', id: 'call_1', name: 'f', arguments: '{}', extra: { id: 'fc_1' } },
  ]);
});

test('responses items: what belongs to a past that a vendor holds stays an item of its own', () => {
  const custom = { type: 'custom_tool_call', call_id: 'call_1', name: 'sql', input: 'SELECT 1' };
  const result = { type: 'custom_tool_call_output', call_id: 'call_1', output: '1' };
  const opaque = (value: JsonObject): object => ({ type: 'opaque', dialect: 'openai-responses', value });
  assert.deepEqual(parse(result), [{ role: 'tool', content: [opaque(result)] }]);
  assert.equal(parse(custom, result)[1]?.content[0]?.type, 'tool-result');
  const reference = { type: 'item_reference', id: 'msg_9' };
  assert.deepEqual(parse(reference), [{ role: 'assistant', content: [opaque(reference)] }]);
});

test('responses items: a wrong field is named', () => {
  const user = (content: JsonObject): JsonObject => ({ role: 'user', content: [content] });
  const cases: readonly [JsonObject, string][] = [
    [{}, 'input[0].type'],
    [{ type: 5 }, 'input[0].type'],
    [{ role: 'robot', content: 'x' }, 'input[0].role'],
    [{ role: 'user' }, 'input[0].content'],
    [{ role: 'user', content: 5 }, 'input[0].content'],
    [{ role: 'user', content: ['x'] }, 'input[0].content[0]'],
    [user({ text: 'x' }), 'input[0].content[0].type'],
    [user({ type: 'input_text' }), 'input[0].content[0].text'],
    [user({ type: 'input_image' }), 'input[0].content[0]'],
    [user({ type: 'input_file', file_id: 'f', file_url: 'u' }), 'input[0].content[0]'],
    [user({ type: 'input_audio', input_audio: 'x' }), 'input[0].content[0].input_audio'],
    [user({ type: 'output_text', text: 'x', annotations: 1 }), 'input[0].content[0].annotations'],
    [{ ...call, arguments: {} }, 'input[0].arguments'],
    [{ type: 'function_call_output', output: 'x' }, 'input[0].call_id'],
    [{ ...reasoning, summary: [{}] }, 'input[0].summary[0].text'],
    [{ type: 'item_reference', id: 9 }, 'input[0].id'],
  ];
  for (const [item, param] of cases) assert.equal(refusal(item), param, JSON.stringify(item));
});
