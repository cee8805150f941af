// A field of a type that is known, with a value that it can't have, is a failure: what it should have said must not be lost in an
// answer that looks whole. One table for all vendors.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { feed, type StreamForm } from './vendor-streams.ts';

/** Where a stream is broken: the number of its event, and the path of the field there. */
type Place = readonly [event: number, ...path: (string | number)[]];

interface Table {
  readonly form: StreamForm;
  readonly events: readonly JsonObject[];
  /** Each place with values that it can't have; undefined: the field is absent. */
  readonly broken: readonly (readonly [Place, ...(JsonValue | undefined)[]])[];
  /** Values that say nothing and do no harm: some vendors send them. */
  readonly harmless: readonly (readonly [Place, ...(JsonValue | undefined)[]])[];
}

const messageDelta = (index: number, delta: JsonObject): JsonObject => ({ type: 'content_block_delta', index, delta });
const messageBlock = (index: number, block: JsonObject): JsonObject => ({
  type: 'content_block_start',
  index,
  content_block: block,
});

const messages: Table = {
  form: 'messages',
  events: [
    { type: 'message_start', message: { id: 'm', usage: { input_tokens: 1, output_tokens: 1 } } },
    messageBlock(0, { type: 'thinking', thinking: '', signature: '' }),
    messageDelta(0, { type: 'thinking_delta', thinking: 'So' }),
    messageDelta(0, { type: 'signature_delta', signature: 'abc' }),
    { type: 'content_block_stop', index: 0 },
    messageBlock(1, { type: 'text', text: '' }),
    messageDelta(1, { type: 'text_delta', text: 'Hello' }),
    { type: 'content_block_stop', index: 1 },
    messageBlock(2, { type: 'tool_use', id: 't', name: 'f', input: {} }),
    messageDelta(2, { type: 'input_json_delta', partial_json: '{"a":1}' }),
    { type: 'content_block_stop', index: 2 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 5 } },
    { type: 'message_stop' },
  ],
  broken: [
    [[1, 'content_block', 'thinking'], 5, {}],
    [[1, 'content_block', 'type'], null, 5, undefined],
    [[2, 'delta', 'thinking'], null, 5, [], undefined],
    [[2, 'delta', 'type'], null, 5, undefined, 'text_delta', 'input_json_delta'],
    [[3, 'delta', 'signature'], null, 5, undefined],
    [[5, 'content_block', 'text'], 5, []],
    [[6, 'type'], null, 5, undefined],
    [[6, 'delta'], null, 5, undefined],
    [[6, 'delta', 'text'], null, 5, [], undefined],
    [[6, 'delta', 'type'], null, 5, undefined, 'thinking_delta', 'signature_delta'],
    [[6, 'index'], null, 'zq', undefined],
    [[9, 'delta', 'partial_json'], null, 5, {}, undefined],
    [[9, 'delta', 'type'], 'text_delta'],
  ],
  harmless: [
    [[1, 'content_block', 'thinking'], null, undefined],
    [[1, 'content_block', 'signature'], null, undefined],
    [[5, 'content_block', 'text'], null, undefined],
  ],
};

const chatChunk = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: finish }],
});

const chat: Table = {
  form: 'chat',
  events: [
    chatChunk({ role: 'assistant', content: null, refusal: null }),
    chatChunk({ reasoning: 'So' }),
    chatChunk({ content: 'Hello' }),
    chatChunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'th' }] }] }),
    chatChunk({ content: [{ type: 'text', text: 'you' }] }),
    chatChunk({ refusal: 'No' }),
    chatChunk({ tool_calls: [{ index: 0, id: 't', type: 'function', function: { name: 'f', arguments: '{}' } }] }),
    chatChunk({ tool_calls: [{ index: 1, id: 'u', type: 'custom', custom: { name: 'g', input: 'x' } }] }),
    chatChunk({}, 'tool_calls'),
  ],
  broken: [
    [[1, 'choices', 0, 'delta', 'reasoning'], 5, {}],
    [[2, 'choices'], null, 5, {}, undefined],
    [[2, 'choices', 0], null, 5],
    [[2, 'choices', 0, 'index'], 'zq', -1, [], {}],
    [[2, 'choices', 0, 'delta'], 5, 'zq', []],
    [[2, 'choices', 0, 'delta', 'content'], 5, {}],
    [[3, 'choices', 0, 'delta', 'content', 0, 'thinking'], 5],
    [[4, 'choices', 0, 'delta', 'content', 0, 'text'], 5],
    [[4, 'choices', 0, 'delta', 'content', 0, 'type'], null, 5, undefined],
    [[5, 'choices', 0, 'delta', 'refusal'], 5, []],
    [[6, 'choices', 0, 'delta', 'tool_calls'], 5, {}, 'zq'],
    [[6, 'choices', 0, 'delta', 'tool_calls', 0, 'function'], 5, []],
    [[6, 'choices', 0, 'delta', 'function_call'], 5, 'zq'],
    [[6, 'choices', 0, 'delta', 'tool_calls', 0, 'index'], 'zq', [], {}],
    [[6, 'choices', 0, 'delta', 'tool_calls', 0, 'id'], 5, []],
    [[6, 'choices', 0, 'delta', 'tool_calls', 0, 'function', 'name'], 5, []],
    [[6, 'choices', 0, 'delta', 'tool_calls', 0, 'function', 'arguments'], 5, []],
    [[7, 'choices', 0, 'delta', 'tool_calls', 0, 'custom'], 5],
    [[7, 'choices', 0, 'delta', 'tool_calls', 0, 'custom', 'input'], 5],
  ],
  harmless: [
    [[0, 'choices'], []],
    [[0, 'choices', 0, 'delta'], null, {}, undefined],
    [[0, 'choices', 0, 'delta', 'tool_calls'], null, []],
    [[0, 'choices', 0, 'delta', 'function_call'], null],
    [[2, 'choices', 0, 'index'], null, undefined],
    [[2, 'choices', 0, 'delta', 'reasoning'], null],
  ],
};

const about = { output_index: 0, content_index: 0, summary_index: 0 };
const said = { type: 'message', id: 'm', role: 'assistant', content: [{ type: 'output_text', text: 'Hello' }] };
const called = { type: 'function_call', id: 'f', call_id: 't', name: 'f', arguments: '{"a":1}' };
const thought = { type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 'So' }] };

const responses: Table = {
  form: 'responses',
  events: [
    { type: 'response.created', response: { id: 'r' } },
    { type: 'response.output_item.added', output_index: 0, item: { ...said, content: [] } },
    { type: 'response.output_text.delta', ...about, delta: 'Hello' },
    { type: 'response.output_text.done', ...about, text: 'Hello' },
    { type: 'response.output_item.done', output_index: 0, item: said },
    { type: 'response.output_item.added', output_index: 1, item: { ...called, arguments: '' } },
    { type: 'response.function_call_arguments.delta', output_index: 1, delta: '{"a":1}' },
    { type: 'response.output_item.done', output_index: 1, item: called },
    { type: 'response.reasoning_summary_text.delta', ...about, output_index: 2, delta: 'So' },
    { type: 'response.output_item.done', output_index: 2, item: thought },
    { type: 'response.completed', response: { id: 'r', status: 'completed', output: [said, called, thought] } },
  ],
  broken: [
    [[1, 'item'], null, 5],
    [[1, 'item', 'type'], null, 5, undefined],
    [[2, 'output_index'], 'zq', -1, {}, 7],
    [[2, 'content_index'], 'zq', -1, {}, 7],
    [[2, 'delta'], null, 5, [], undefined],
    [[3, 'text'], 5, 'Hell', 'HellO'],
    [[4, 'item', 'content'], 5, {}],
    [[4, 'item', 'content', 0], null, 5],
    [[4, 'item', 'content', 0, 'text'], null, 5, 'Hello you', undefined],
    [[6, 'delta'], null, 5, undefined, '{"a":2}'],
    [[7, 'item', 'arguments'], '{"a":2}', '{'],
    [[8, 'delta'], null, 5, undefined],
    [[9, 'item', 'summary'], 5],
    [[9, 'item', 'summary', 0, 'text'], 5, 'Sa'],
    [[10, 'response', 'output'], 5, {}],
    [[10, 'response', 'output', 0], null, 5],
    [[10, 'response', 'output', 0, 'content', 0, 'text'], 'Hi'],
    [[10, 'response', 'output', 1, 'arguments'], '{}'],
  ],
  harmless: [
    [[2, 'content_index'], null, undefined],
    [[3, 'text'], null, '', undefined],
    [[4, 'item', 'content'], null, [], undefined],
    [[7, 'item', 'arguments'], null, '', { a: 1 }],
    [[10, 'response', 'output'], null, [], undefined],
  ],
};

const googleChunk = (part: JsonObject, finish?: string): JsonObject => ({
  candidates: [
    { content: { role: 'model', parts: [part] }, ...(finish === undefined ? {} : { finishReason: finish }) },
  ],
});

const generate: Table = {
  form: 'generate',
  events: [
    googleChunk({ text: 'So', thought: true }),
    googleChunk({ text: 'Hello' }),
    googleChunk({ functionCall: { name: 'f', args: { a: 1 } } }),
    googleChunk({ functionCall: { name: 'g', partialArgs: [{ jsonPath: '$.a', stringValue: 'x' }] } }),
    googleChunk({ text: '' }, 'STOP'),
  ],
  broken: [
    [[0, 'candidates', 0, 'content', 'parts', 0, 'text'], 5, {}],
    [[0, 'candidates', 0, 'content', 'parts', 0, 'thought'], null, 5, 'zq'],
    [[1, 'candidates'], null, 5, {}],
    [[1, 'candidates', 0], null, 5],
    [[1, 'candidates', 0, 'index'], 'zq', -1, {}],
    [[1, 'candidates', 0, 'content'], null, 5, 'zq', []],
    [[1, 'candidates', 0, 'content', 'parts'], 5, 'zq', {}],
    [[1, 'candidates', 0, 'content', 'parts', 0], null, 5],
    [[1, 'candidates', 0, 'content', 'parts', 0, 'text'], null, 5, [], {}],
    [[2, 'candidates', 0, 'content', 'parts', 0, 'functionCall'], 5, []],
    [[2, 'candidates', 0, 'content', 'parts', 0, 'functionCall', 'name'], null, 5],
    [[2, 'candidates', 0, 'content', 'parts', 0, 'functionCall', 'args'], 5, []],
    [[2, 'candidates', 0, 'content', 'parts', 0, 'functionCall', 'partialArgs'], 5],
    [[3, 'candidates', 0, 'content', 'parts', 0, 'functionCall', 'partialArgs', 0, 'stringValue'], null, 5, []],
    [[3, 'candidates', 0, 'content', 'parts', 0, 'functionCall', 'partialArgs', 0, 'jsonPath'], null, 5],
  ],
  harmless: [
    [[4, 'candidates', 0, 'content'], null, {}, undefined],
    [[4, 'candidates', 0, 'content', 'parts'], null, [], undefined],
  ],
};

/** The events with one field changed. */
function withField(events: readonly JsonObject[], place: Place, value: JsonValue | undefined): JsonObject[] {
  const changed = structuredClone(events) as JsonObject[];
  let parent: JsonValue = changed as JsonValue;
  for (const step of place.slice(0, -1)) parent = (parent as JsonObject)[step] as JsonValue;
  const name = place.at(-1) ?? '';
  if (value === undefined) delete (parent as JsonObject)[name];
  else (parent as JsonObject)[name] = value;
  return changed;
}

function bytesOf(events: readonly JsonObject[], form: StreamForm): Buffer[] {
  const lines = events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
  return [...lines, ...(form === 'chat' ? ['data: [DONE]\n\n'] : [])].map((line) => Buffer.from(line));
}

function* cases(rows: Table['broken']): Iterable<readonly [Place, JsonValue | undefined]> {
  for (const [place, ...values] of rows) for (const value of values) yield [place, value];
}

describe('broken fields', () => {
  for (const { form, events, broken, harmless } of [messages, chat, responses, generate]) {
    test(`${form}: a broken field of what is known is malformed`, async () => {
      assert.equal((await feed(form, bytesOf(events, form))).error, undefined);
      for (const [place, value] of cases(broken)) {
        const { parts, error } = await feed(form, bytesOf(withField(events, place, value), form));
        const label = `${place.join('.')} = ${JSON.stringify(value)}`;
        assert.equal(error?.reason, 'upstream_malformed', label);
        assert.ok(
          parts.every((part) => part.type !== 'end'),
          label,
        );
      }
    });

    test(`${form}: what says nothing does no harm`, async () => {
      for (const [place, value] of cases(harmless)) {
        const { error } = await feed(form, bytesOf(withField(events, place, value), form));
        assert.equal(error, undefined, `${place.join('.')} = ${JSON.stringify(value)}`);
      }
    });
  }
});
