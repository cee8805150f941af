import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../core/json.ts';
import type { ContentPart } from '../../core/message.ts';
import type { AnswerPart, PredictResponse } from '../../core/predict.ts';
import { createChatStreamEncoder } from './chat-stream.ts';
import { maxThoughtChars } from './defaults.ts';
import { parseChatCall } from './parse-chat.ts';
import { renderChatCompletion } from './render-chat.ts';

const answerer = { id: 'a', model: 'claude', target: 'p/claude', createdAtMs: 0, attempts: 1 };
const ending = { finishReason: 'tool-calls', usage: { inputTokens: 1, outputTokens: 1, source: 'provider' } } as const;
const thought: ContentPart = { type: 'reasoning', text: 'Let me see.', signature: 'c2ln' };
const hidden: ContentPart = { type: 'reasoning', text: '', encrypted: 'aGlkZGVu' };
const call: ContentPart = { type: 'tool-call', id: 'toolu_1', name: 'f', arguments: '{}' };
const blocks = [
  { type: 'thinking', thinking: 'Let me see.', signature: 'c2ln' },
  { type: 'redacted_thinking', data: 'aGlkZGVu' },
];

function messageOf(content: ContentPart[]): JsonObject {
  const response: PredictResponse = { ...answerer, ...ending, content };
  return (
    (JSON.parse(renderChatCompletion(response)) as { choices: { message: JsonObject }[] }).choices[0]?.message ?? {}
  );
}

function deltasOf(parts: AnswerPart[]): JsonObject[] {
  const encoder = createChatStreamEncoder(false, 'r');
  const text = [{ type: 'start', ...answerer } as const, ...parts, { type: 'end', ...ending } as const]
    .map((part) => encoder.encode(part))
    .join('');
  const chunks = text.split('\n\n').filter((event) => event.startsWith('data: {'));
  return chunks.map((event) => JSON.parse(event.slice('data: '.length)).choices[0].delta);
}

function partsOf(message: JsonObject): readonly ContentPart[] | undefined {
  return parseChatCall({ model: 'm', messages: [message] }).request.messages[0]?.content;
}

test('thinking blocks: signed and hidden thoughts are in the answer, and are the same parts when it is sent back', () => {
  const message = messageOf([thought, hidden, call]);
  assert.deepEqual(message['thinking_blocks'], blocks);
  assert.equal(message['reasoning_content'], 'Let me see.');
  assert.deepEqual(partsOf(message), [thought, hidden, call]);
});

test('thinking blocks: thoughts without a signature have no block, and are text when they are sent back', () => {
  const message = messageOf([
    { type: 'reasoning', text: 'Hm.' },
    { type: 'text', text: 'So.' },
  ]);
  assert.equal(message['thinking_blocks'], undefined);
  assert.deepEqual(partsOf(message), [
    { type: 'reasoning', text: 'Hm.' },
    { type: 'text', text: 'So.' },
  ]);
});

test('thinking blocks: a stream sends all blocks whole, in one delta, since libraries keep one list of a field', () => {
  const deltas = deltasOf([
    { type: 'reasoning-delta', text: 'Let me ' },
    { type: 'reasoning-delta', text: 'see.' },
    { type: 'reasoning-delta', text: '', signature: 'c2ln' },
    { type: 'reasoning-delta', text: '', encrypted: 'aGlkZGVu', startsBlock: true },
    { type: 'reasoning-delta', text: 'Again.', signature: 'c2' },
    { type: 'tool-call-start', index: 0, id: 'toolu_1', name: 'f' },
  ]);
  const sent = deltas.flatMap((delta) => (delta['thinking_blocks'] as JsonObject[] | undefined) ?? []);
  assert.deepEqual(sent, [...blocks, { type: 'thinking', thinking: 'Again.', signature: 'c2' }]);
  assert.equal(deltas.filter((delta) => delta['thinking_blocks'] !== undefined).length, 1);
  const shown = deltas.map((delta) => delta['reasoning_content'] ?? '').join('');
  assert.equal(shown, 'Let me see.Again.');
  assert.deepEqual(partsOf({ role: 'assistant', content: null, thinking_blocks: sent.slice(0, 2) }), [thought, hidden]);
});

test('thinking blocks: a thought that is too long to be held has no block, the next one has', () => {
  const deltas = deltasOf([
    { type: 'reasoning-delta', text: 'x'.repeat(maxThoughtChars + 1) },
    { type: 'reasoning-delta', text: 'y' },
    { type: 'reasoning-delta', text: '', signature: 'a' },
    { type: 'reasoning-delta', text: 'z', signature: 'b', startsBlock: true },
  ]);
  const sent = deltas.flatMap((delta) => (delta['thinking_blocks'] as JsonObject[] | undefined) ?? []);
  assert.deepEqual(sent, [{ type: 'thinking', thinking: 'z', signature: 'b' }]);
});

test('thinking blocks: what is no such list stays as it came', () => {
  for (const fields of [
    { thinking_blocks: [{ type: 'of next year' }], reasoning_content: 'Hm.' },
    { thinking_blocks: ['x'] },
    { thinking_blocks: null },
    { reasoning_content: '' },
  ] as JsonObject[]) {
    const { messages } = parseChatCall({
      model: 'm',
      messages: [{ role: 'assistant', content: 'a', ...fields }],
    }).request;
    assert.deepEqual(messages[0]?.extra, fields);
    assert.equal(messages[0]?.content.length, 1);
  }
});
