// A request to Anthropic as an OpenAI caller would write it. What that dialect has no word for is left out: the answer is what
// is compared.

import { at, listAt, textAt } from '../ground-truth/said.ts';

type Fields = Record<string, unknown>;

/** The chat completion request. */
export function messagesAsChat(request: Fields): Fields {
  const system = textOf(request['system']);
  const tools = listAt(request, 'tools')
    .filter((tool) => at(tool, 'input_schema') !== undefined)
    .map((tool) => ({
      type: 'function',
      function: {
        name: at(tool, 'name'),
        ...(at(tool, 'description') === undefined ? {} : { description: at(tool, 'description') }),
        parameters: at(tool, 'input_schema'),
      },
    }));
  const messages = listAt(request, 'messages').flatMap(messagesOf);
  return {
    messages: [...(system === '' ? [] : [{ role: 'system', content: system }]), ...messages],
    max_tokens: request['max_tokens'] ?? 1024,
    ...(tools.length === 0 ? {} : { tools }),
    ...(request['temperature'] === undefined ? {} : { temperature: request['temperature'] }),
  };
}

function messagesOf(message: unknown): Fields[] {
  const content = at(message, 'content');
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : listAt(message, 'content');
  const text = textOf(blocks);
  if (at(message, 'role') === 'assistant') {
    const calls = blocks
      .filter((block) => at(block, 'type') === 'tool_use')
      .map((block) => ({
        id: at(block, 'id'),
        type: 'function',
        function: { name: at(block, 'name'), arguments: JSON.stringify(at(block, 'input') ?? {}) },
      }));
    return [
      { role: 'assistant', content: text === '' ? null : text, ...(calls.length === 0 ? {} : { tool_calls: calls }) },
    ];
  }
  const results = blocks
    .filter((block) => at(block, 'type') === 'tool_result')
    .map((block) => ({ role: 'tool', tool_call_id: at(block, 'tool_use_id'), content: textOf(at(block, 'content')) }));
  const role = at(message, 'role') === 'system' ? 'system' : 'user';
  return text === '' && results.length > 0 ? results : [...results, { role, content: text === '' ? 'Hi' : text }];
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return listAt({ content }, 'content')
    .map((block) => textAt(block, 'text'))
    .join('');
}
