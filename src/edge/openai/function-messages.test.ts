import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseChatCall } from './parse-chat.ts';

const call = (name: string) => ({ role: 'assistant', content: null, function_call: { name, arguments: '{}' } });
const messagesOf = (messages: unknown[]) => parseChatCall({ model: 'm', messages }).request.messages;

test('function messages: a call and its result become a tool call and its result', () => {
  const asked = [{ role: 'user', content: 'q' }, call('f'), { role: 'function', name: 'f', content: '1' }];
  assert.deepEqual(messagesOf(asked).slice(1), [
    { role: 'assistant', content: [{ type: 'tool-call', id: 'call_function_1', name: 'f', arguments: '{}' }] },
    {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 'call_function_1', content: [{ type: 'text', text: '1' }] }],
    },
  ]);
});

test('function messages: each result goes to a call of its own function that has none yet', () => {
  const result = (name: string) => ({ role: 'function', name, content: name });
  const messages = messagesOf([call('f'), result('f'), call('g'), call('f'), result('f'), result('g')]);
  const ids = messages.flatMap(({ content }) =>
    content.flatMap((part) => (part.type === 'tool-result' ? part.toolCallId : [])),
  );
  assert.deepEqual(ids, ['call_function_0', 'call_function_3', 'call_function_2']);
});

test('function messages: what cannot be told apart is refused where it stands', () => {
  const rows: [unknown[], string][] = [
    [[{ role: 'function', name: 'f', content: '1' }], 'messages[0].name'],
    [[call('f'), { role: 'function', content: '1' }], 'messages[1].name'],
    [[call('f'), { role: 'function', name: 'f' }], 'messages[1].content'],
    [[{ role: 'assistant', function_call: { name: 'f' } }], 'messages[0].function_call.arguments'],
    [[{ role: 'assistant', function_call: { arguments: '' } }], 'messages[0].function_call.name'],
  ];
  for (const [messages, param] of rows) {
    assert.throws(() => messagesOf(messages), { reason: 'invalid_request', param });
  }
});

test('function messages: a message without a call stays as it is', () => {
  assert.deepEqual(messagesOf([{ role: 'assistant', content: 'a', function_call: null }]), [
    { role: 'assistant', content: [{ type: 'text', text: 'a' }], extra: { function_call: null } },
  ]);
});
