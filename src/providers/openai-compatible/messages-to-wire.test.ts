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

test('messages: roles, names, several texts and unknown fields', () => {
  assert.deepEqual(
    messages(
      { ...turn('developer', text('d')), name: 'n', extra: { x: 1, role: 'y' } },
      turn('user', text('a'), { type: 'text', text: 'b', extra: { cache_control: {} } }),
      turn('assistant'),
    ),
    [
      { role: 'developer', content: 'd', name: 'n', x: 1 },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b', cache_control: {} },
        ],
      },
      { role: 'assistant', content: '' },
    ],
  );
});

test('messages: pictures, sound, files and parts of openai’s own', () => {
  const opaque = { type: 'video_url', video_url: { url: 'v' } };
  const [message] = messages(
    turn(
      'user',
      { type: 'image', source: { kind: 'url', url: 'https://x/i.png' }, detail: 'low' },
      { type: 'image', source: { kind: 'data', base64: 'QQ==', mediaType: 'image/png' } },
      { type: 'audio', source: { kind: 'data', base64: 'QQ==', mediaType: 'audio/mpeg' } },
      { type: 'audio', source: { kind: 'data', base64: 'QQ==', mediaType: 'audio/x-wav' } },
      { type: 'audio', source: { kind: 'url', url: 'https://x/a.wav' } },
      { type: 'file', source: { kind: 'data', base64: 'QQ==', mediaType: 'application/pdf' }, name: 'f.pdf' },
      { type: 'file', source: { kind: 'file-id', fileId: 'file-1' } },
      { type: 'opaque', dialect: 'openai', value: opaque },
    ),
  );
  assert.deepEqual(message?.['content'], [
    { type: 'image_url', image_url: { url: 'https://x/i.png', detail: 'low' } },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,QQ==' } },
    { type: 'input_audio', input_audio: { data: 'QQ==', format: 'mp3' } },
    { type: 'input_audio', input_audio: { data: 'QQ==', format: 'wav' } },
    { type: 'audio_url', audio_url: { url: 'https://x/a.wav' } },
    { type: 'file', file: { file_data: 'data:application/pdf;base64,QQ==', filename: 'f.pdf' } },
    { type: 'file', file: { file_id: 'file-1' } },
    opaque,
  ]);
  assert.throws(
    () => messages(turn('user', { type: 'file', source: { kind: 'url', url: 'https://x' } })),
    isUnsupported,
  );
  const byId = { kind: 'file-id', fileId: 'f' } as const;
  assert.throws(() => messages(turn('user', { type: 'image', source: byId })), isUnsupported);
});

test('messages: an assistant turn with calls, reasoning and a refusal', () => {
  const call: ContentPart = { type: 'tool-call', id: 'c', name: 'f', arguments: '{}', extra: { extra_content: 1 } };
  assert.deepEqual(
    messages(
      turn(
        'assistant',
        { type: 'reasoning', text: 'Hm.' },
        { type: 'reasoning', text: 'Secret', signature: 's' },
        call,
      ),
      turn('assistant', text('Well, '), { type: 'refusal', text: 'no.' }),
    ),
    [
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'Hm.\n\nSecret',
        thinking_blocks: [{ type: 'thinking', thinking: 'Secret', signature: 's' }],
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' }, extra_content: 1 }],
      },
      { role: 'assistant', content: 'Well, ', refusal: 'no.' },
    ],
  );
});

test('messages: annotations of earlier answers are left out and reported', () => {
  const cited = turn('assistant', { type: 'text', text: 'So.', annotations: [{ type: 'char_location' }] });
  const options = { model: 'm', stream: false, maxTokensField: 'max_tokens' } as const;
  const { body, downgrades } = predictToWire(chatRequest('alias', { messages: [cited] }), options);
  assert.deepEqual(body['messages'], [{ role: 'assistant', content: 'So.' }]);
  assert.deepEqual(downgrades, ['annotations']);
});

test('messages: blocks of reasoning stand as paragraphs in the one field that there is', () => {
  const [message] = messages(
    turn('assistant', { type: 'reasoning', text: 'First.' }, { type: 'reasoning', text: 'Second.' }, text('So.')),
  );
  assert.deepEqual(message, { role: 'assistant', content: 'So.', reasoning_content: 'First.\n\nSecond.' });
});

test('messages: tool results come before the rest of their turn, and failures say so', () => {
  assert.deepEqual(
    messages(
      { ...turn('tool', { type: 'tool-result', toolCallId: 'a', content: [text('1')] }), name: 'f' },
      turn(
        'user',
        text('and then'),
        { type: 'tool-result', toolCallId: 'b', content: [text('2')], isError: true },
        { type: 'tool-result', toolCallId: 'c', content: [text('3'), text('4')], isError: true },
        { type: 'tool-result', toolCallId: 'd', content: [] },
      ),
    ),
    [
      { role: 'tool', tool_call_id: 'a', content: '1', name: 'f' },
      { role: 'tool', tool_call_id: 'b', content: 'Error: 2' },
      {
        role: 'tool',
        tool_call_id: 'c',
        content: [
          { type: 'text', text: 'Error:' },
          { type: 'text', text: '3' },
          { type: 'text', text: '4' },
        ],
      },
      { role: 'tool', tool_call_id: 'd', content: '' },
      { role: 'user', content: 'and then' },
    ],
  );
});

test('messages: unknown fields of an earlier answer go back where they came from', () => {
  const opaque = (value: JsonObject): ContentPart => ({ type: 'opaque', dialect: 'openai', value });
  const [message] = messages(
    turn(
      'assistant',
      text('t'),
      { type: 'tool-call', id: 'c', name: 'f', arguments: '{}' },
      opaque({ reasoning_details: [{ data: 1 }] }),
      opaque({ reasoning_details: [{ data: 2 }], content: 'never' }),
      opaque({ tool_calls: [{ index: 0, extra_content: { s: 1 }, type: 'never' }] }),
      opaque({ tool_calls: [{ id: 'k', type: 'custom', custom: { name: 'n', input: 'i' } }] }),
    ),
  );
  assert.deepEqual(message, {
    role: 'assistant',
    content: 't',
    reasoning_details: [{ data: 1 }, { data: 2 }],
    tool_calls: [
      { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' }, extra_content: { s: 1 } },
      { id: 'k', type: 'custom', custom: { name: 'n', input: 'i' } },
    ],
  });
});

test('messages: fields that came in very many pieces are put together in one pass', () => {
  const count = 50_000;
  const pieces = Array.from({ length: count }, (_, index): ContentPart => {
    const value = { reasoning_details: [index], tool_calls: [{ id: `c${index}`, type: 'custom', custom: {} }] };
    return { type: 'opaque', dialect: 'openai', value };
  });
  const [message] = messages(turn('assistant', ...pieces)) as { reasoning_details: unknown[]; tool_calls: unknown[] }[];
  assert.deepEqual([message?.reasoning_details.length, message?.tool_calls.length], [count, count]);
  // What the caller holds is not added to.
  assert.deepEqual((pieces[0] as { value: JsonObject }).value['reasoning_details'], [0]);
});
