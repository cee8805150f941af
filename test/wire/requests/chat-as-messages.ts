// An OpenAI chat request as an Anthropic caller would write it. What that dialect has no word for is left out: the answer is
// what is compared.

import { argumentsOf, at, listAt, textAt } from '../ground-truth/said.ts';

type Fields = Record<string, unknown>;

/** The Messages request. */
export function chatAsMessages(request: Fields): Fields {
  const messages = listAt(request, 'messages');
  const isSystem = (message: unknown): boolean => /^(?:system|developer)$/.test(textAt(message, 'role'));
  const system = messages.filter(isSystem).map(textOf).join('\n');
  const turns = messages.filter((message) => !isSystem(message)).map(turnOf);
  const tools = listAt(request, 'tools')
    .filter((tool) => at(tool, 'type') === 'function')
    .map((tool) => ({
      name: at(tool, 'function', 'name'),
      ...(at(tool, 'function', 'description') == null ? {} : { description: at(tool, 'function', 'description') }),
      input_schema: at(tool, 'function', 'parameters') ?? { type: 'object' },
    }));
  return {
    messages: turns.length === 0 ? [{ role: 'user', content: 'Hi' }] : turns,
    max_tokens: request['max_completion_tokens'] ?? request['max_tokens'] ?? 1024,
    ...(system === '' ? {} : { system }),
    ...(tools.length === 0 ? {} : { tools }),
  };
}

function turnOf(message: unknown): Fields {
  const text = textOf(message);
  const role = textAt(message, 'role');
  if (role === 'tool' || role === 'function') {
    const id = at(message, 'tool_call_id') ?? 'call_1';
    return { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: text }] };
  }
  if (role !== 'assistant') return { role: 'user', content: text === '' ? 'Hi' : text };
  const calls = listAt(message, 'tool_calls').map((call) => {
    const input = argumentsOf(at(call, 'function', 'arguments'));
    const isObject = typeof input === 'object' && input !== null;
    return {
      type: 'tool_use',
      id: at(call, 'id'),
      name: at(call, 'function', 'name') ?? 'f',
      input: isObject ? input : {},
    };
  });
  const words = text === '' && calls.length > 0 ? [] : [{ type: 'text', text: text === '' ? '…' : text }];
  return { role: 'assistant', content: [...words, ...calls] };
}

function textOf(message: unknown): string {
  const content = at(message, 'content');
  if (typeof content === 'string') return content;
  return listAt(message, 'content')
    .map((part) => textAt(part, 'text'))
    .join('');
}
