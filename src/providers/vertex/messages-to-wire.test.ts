import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest, type RequestOptions } from '../../../test/fixtures/calls.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ContentPart, Message } from '../../core/message.ts';
import { predictToWire } from './to-wire.ts';

const text = (words: string): ContentPart => ({ type: 'text', text: words });
const say = (role: Message['role'], ...content: ContentPart[]): Message => ({ role, content });
const call = (id: string): ContentPart => ({ type: 'tool-call', id, name: 'f', arguments: '{}' });
const picture = (base64: string): ContentPart => ({
  type: 'image',
  source: { kind: 'data', base64, mediaType: 'image/png' },
});
const result = (id: string, ...content: ContentPart[]): Message =>
  say('tool', { type: 'tool-result', toolCallId: id, content });

function wireOf(messages: Message[], options: RequestOptions = {}) {
  return predictToWire({ ...chatRequest('m', { messages }), ...options }, 'gemini-2.5-flash', 'vertex');
}

const contentsOf = (messages: Message[]): JsonObject[] => wireOf(messages).body['contents'] as JsonObject[];

test('turns: instructions in the middle lose their place, which is reported, once', () => {
  const late = Array.from({ length: 300 }, () => [say('user', text('q')), say('system', text('s'))]).flat();
  const { body, downgrades } = wireOf([say('system', text('first')), ...late]);
  const { parts } = body['systemInstruction'] as { parts: JsonObject[] };
  assert.deepEqual([parts.length, parts[0], downgrades], [301, { text: 'first' }, ['messages[].role']]);
  assert.deepEqual(
    wireOf([say('system', text('s')), say('developer', text('t')), say('user', text('q'))]).downgrades,
    [],
  );
});

test('turns: a conversation of nothing but instructions is what the user says, one of nothing is refused', () => {
  const { body, downgrades } = wireOf([say('system', text('Tell me a joke.'))]);
  assert.deepEqual(body, { contents: [{ role: 'user', parts: [{ text: 'Tell me a joke.' }] }] });
  assert.deepEqual(downgrades, ['messages[0].role']);
  for (const messages of [[], [say('user', text(''))], [say('assistant', { type: 'refusal', text: '' })]]) {
    assert.throws(() => wireOf(messages), { reason: 'invalid_request', param: 'messages' });
  }
});

test('turns: pictures of several results stand behind all of the results', () => {
  const asked = say('assistant', call('a'), call('b'));
  const messages = [
    say('user', text('q')),
    asked,
    result('a', text('1'), picture('QQ==')),
    result('b', picture('Qg==')),
  ];
  const { parts } = contentsOf(messages)[2] as { parts: JsonObject[] };
  assert.deepEqual(
    parts.map((part) => Object.keys(part)[0]),
    ['functionResponse', 'functionResponse', 'inlineData', 'inlineData'],
  );
});

test('turns: very many results with pictures are put together in one pass', () => {
  const count = 20_000;
  const ids = Array.from({ length: count }, (_, index) => `c${index}`);
  const messages = [say('assistant', ...ids.map(call)), ...ids.map((id) => result(id, picture('QQ==')))];
  const [, turn] = contentsOf(messages) as { parts: JsonObject[] }[];
  assert.equal(turn?.parts.length, 2 * count);
  assert.ok(turn?.parts[count - 1]?.['functionResponse']);
  assert.ok(turn?.parts[count]?.['inlineData']);
});

test('turns: calls of custom tools are calls with one argument, and their results have a name', () => {
  const custom = { id: 'c', type: 'custom', custom: { name: 'run', input: 'x = 1' } };
  const item = { type: 'custom_tool_call', call_id: 'c', name: 'run', input: 'x = 1' };
  const turns: Message[] = [
    { role: 'assistant', content: [], extra: { tool_calls: [custom] } },
    say('assistant', { type: 'opaque', dialect: 'openai', value: { tool_calls: [custom] } }),
    say('assistant', { type: 'opaque', dialect: 'openai-responses', value: item }),
  ];
  for (const turn of turns) {
    assert.deepEqual(contentsOf([turn, result('c', text('done'))]), [
      { role: 'model', parts: [{ functionCall: { id: 'c', name: 'run', args: { input: 'x = 1' } } }] },
      { role: 'user', parts: [{ functionResponse: { id: 'c', name: 'run', response: { output: 'done' } } }] },
    ]);
  }
});

test('turns: what an answer of another vendor held is reported by its name, what a caller says is refused', () => {
  const search: ContentPart = { type: 'opaque', dialect: 'openai-responses', value: { type: 'web_search_call' } };
  const answer: Message = {
    role: 'assistant',
    content: [text('a'), search],
    extra: { reasoning_content: 'Hm.', id: 'x' },
  };
  assert.deepEqual(wireOf([say('user', text('q')), answer]).downgrades, ['web_search_call', 'reasoning_content']);
  assert.throws(() => wireOf([say('user', search)]), { param: 'messages[0].content[0]' });
  const reference: ContentPart = { type: 'opaque', dialect: 'openai-responses', value: { type: 'item_reference' } };
  assert.throws(() => wireOf([say('assistant', reference)]), { param: 'messages[0].content[0]' });
});

test('turns: how thoughts are shown is Google’s to show or not; another word is reported', () => {
  const asked = (thinking: JsonObject) => {
    const { body, downgrades } = wireOf([say('user', text('q'))], { dialect: 'anthropic', extra: { thinking } });
    return [(body['generationConfig'] as JsonObject)['thinkingConfig'], downgrades];
  };
  const budget = { type: 'enabled', budget_tokens: 2048 };
  const shown = { includeThoughts: true, thinkingBudget: 2048 };
  assert.deepEqual(asked(budget), [shown, []]);
  assert.deepEqual(asked({ ...budget, display: 'summarized' }), [shown, []]);
  assert.deepEqual(asked({ ...budget, display: 'omitted' }), [{ ...shown, includeThoughts: false }, []]);
  assert.deepEqual(asked({ ...budget, display: 'full' }), [shown, ['thinking.display']]);
  assert.deepEqual(asked({ type: 'adaptive', display: 'omitted' }), [{ includeThoughts: false }, []]);
});

test('turns: what only tells items of the Responses API apart is no loss, the phase of a message is one', () => {
  const extra = { type: 'message', id: 'msg_1', status: 'completed', phase: 'commentary' };
  const answer: Message = { role: 'assistant', content: [text('a')], extra };
  const messages = [say('user', text('q')), answer];
  assert.deepEqual(wireOf(messages, { dialect: 'openai-responses' }).downgrades, ['phase']);
});
