// A request to Gemini as an OpenAI caller would write it. What that dialect has no word for is left out: the answer is what is
// compared.

import { at, listAt, textAt } from '../ground-truth/said.ts';

type Fields = Record<string, unknown>;

/** The chat completion request. */
export function generateAsChat(request: Fields): Fields {
  const wire = camel(request) as Fields;
  const system = listAt(wire, 'systemInstruction', 'parts')
    .map((part) => textAt(part, 'text'))
    .join('');
  const ids = new CallIds();
  const messages = listAt(wire, 'contents').flatMap((turn) => messagesOf(turn, ids));
  const tools = listAt(wire, 'tools')
    .flatMap((tool) => listAt(tool, 'functionDeclarations'))
    .map(toolOf);
  const config = at(wire, 'generationConfig');
  return defined({
    messages: [...(system === '' ? [] : [{ role: 'system', content: system }]), ...messages],
    tools: tools.length === 0 ? undefined : tools,
    temperature: at(config, 'temperature'),
    max_tokens: at(config, 'maxOutputTokens'),
    response_format: at(config, 'responseMimeType') === 'application/json' ? { type: 'json_object' } : undefined,
  });
}

function messagesOf(turn: unknown, ids: CallIds): Fields[] {
  const parts = listAt(turn, 'parts');
  const results = parts.flatMap((part) => {
    const result = at(part, 'functionResponse');
    if (result === undefined) return [];
    return [
      { role: 'tool', tool_call_id: ids.take(textAt(result, 'name')), content: JSON.stringify(at(result, 'response')) },
    ];
  });
  const text = parts
    .filter((part) => at(part, 'thought') !== true)
    .map((part) => textAt(part, 'text'))
    .join('');
  if (at(turn, 'role') === 'model') {
    const calls = parts.flatMap((part) => {
      const call = at(part, 'functionCall');
      if (call === undefined) return [];
      const name = textAt(call, 'name');
      return [
        { id: ids.make(name), type: 'function', function: { name, arguments: JSON.stringify(at(call, 'args') ?? {}) } },
      ];
    });
    return [
      { role: 'assistant', content: text === '' ? null : text, ...(calls.length === 0 ? {} : { tool_calls: calls }) },
    ];
  }
  const images = parts.flatMap((part) => {
    const data = at(part, 'inlineData');
    const type = textAt(data, 'mimeType');
    if (!type.startsWith('image/')) return [];
    return [{ type: 'image_url', image_url: { url: `data:${type};base64,${textAt(data, 'data')}` } }];
  });
  if (images.length > 0) return [...results, { role: 'user', content: [{ type: 'text', text }, ...images] }];
  return text === '' && results.length > 0 ? results : [...results, { role: 'user', content: text }];
}

function toolOf(declaration: unknown): Fields {
  const parameters = at(declaration, 'parametersJsonSchema') ?? at(declaration, 'parameters');
  const description = at(declaration, 'description');
  return { type: 'function', function: defined({ name: at(declaration, 'name'), description, parameters }) };
}

/** Ids for calls whose vendor has none, in the order of their names. */
class CallIds {
  readonly #open: { readonly id: string; readonly name: string }[] = [];
  #made = 0;

  make(name: string): string {
    this.#made += 1;
    const id = `call_${this.#made}`;
    this.#open.push({ id, name });
    return id;
  }

  take(name: string): string {
    const index = this.#open.findIndex((call) => call.name === name);
    return index === -1 ? this.make(name) : (this.#open.splice(index, 1)[0]?.id ?? '');
  }
}

/** Google takes its names in two spellings. */
function camel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camel);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      const key = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      const isFree = /^(?:args|response|parameters|parametersJsonSchema)$/.test(key);
      return [key, isFree ? field : camel(field)];
    }),
  );
}

function defined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
