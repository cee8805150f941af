import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import type { Message } from '../../core/message.ts';
import { generateToWire } from './generate-to-wire.ts';
import { promptTemplates } from './prompt.ts';

const task = { task: 'generate', template: promptTemplates.plain, backend: 'vllm', parameters: {} } as const;
const downgradesOf = (...messages: Message[]) =>
  generateToWire(chatRequest('t/m', { messages }), task, false).downgrades;
const said = (fields: Partial<Message>): Message => ({
  role: 'user',
  content: [{ type: 'text', text: 'q' }],
  ...fields,
});

test('prompt: what a turn says beside its text is reported, as it has no place in a prompt', () => {
  assert.deepEqual(downgradesOf(said({})), []);
  assert.deepEqual(downgradesOf(said({ name: 'Ann' })), ['name']);
  assert.deepEqual(downgradesOf(said({ extra: { cache_control: { type: 'ephemeral' } } })), ['cache_control']);
  const cited = { type: 'text', text: 'a', annotations: [{ type: 'url_citation' }], extra: { colour: 'red' } } as const;
  assert.deepEqual(downgradesOf(said({}), said({ role: 'assistant', content: [cited] })), ['colour', 'annotations']);
});

test('prompt: a field of what the caller says that could change the answer is refused with its place', () => {
  const part = { type: 'text', text: 'q', extra: { colour: 'red' } } as const;
  const refused = (param: string) => ({ reason: 'unsupported_capability', param });
  assert.throws(() => downgradesOf(said({ extra: { colour: 'red' } })), refused('messages[0].colour'));
  assert.throws(() => downgradesOf(said({ content: [part] })), refused('messages[0].content[0].colour'));
});
