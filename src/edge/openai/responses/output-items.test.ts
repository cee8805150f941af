import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFakeIds } from '../../../../test/fixtures/fake-ids.ts';
import { dig } from '../../../../test/fixtures/naive-chat.ts';
import { SluiceError } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import { sealPart } from '../../carried-part.ts';
import { maxAnswerChars, maxOutputItems } from './defaults.ts';
import { type ContentDelta, OutputItems } from './output-items.ts';

interface Told {
  /** `type` of each event, without `response.`, and what it is about: `output_text.delta 0/0`. */
  readonly events: string[];
  readonly all: JsonObject[];
  readonly items: readonly JsonObject[];
  readonly remainder: JsonObject;
}

function tell(parts: readonly ContentDelta[], status: 'completed' | 'incomplete' = 'completed'): Told {
  const all: JsonObject[] = [];
  // As the stream does it: an event is written out at once.
  const output = new OutputItems(createFakeIds(), (type, fields, place) =>
    all.push(JSON.parse(JSON.stringify({ type, ...place, ...fields }))),
  );
  for (const part of parts) output.add(part);
  output.finish(status);
  const events = all.map(({ type, output_index: item, content_index: part, summary_index: summary }) =>
    [String(type).replace('response.', ''), [item, part ?? summary].filter((at) => at !== undefined).join('/')].join(
      ' ',
    ),
  );
  return { events, all, items: output.items, remainder: output.remainder };
}

const text = (words: string, fields: object = {}): ContentDelta => ({ type: 'text-delta', text: words, ...fields });
const thought = (words: string, fields: object = {}): ContentDelta => ({
  type: 'reasoning-delta',
  text: words,
  ...fields,
});
const call = (index: number): ContentDelta => ({ type: 'tool-call-start', index, id: `call_${index}`, name: 'f' });
const args = (index: number, argumentsDelta: string): ContentDelta => ({
  type: 'tool-call-delta',
  index,
  argumentsDelta,
});
const own = (value: JsonObject): ContentDelta => ({ type: 'opaque-delta', dialect: 'openai-responses', value });

function isMalformed(error: unknown): boolean {
  return error instanceof SluiceError && error.reason === 'upstream_malformed';
}

test('output items: a text is a message of one part', () => {
  const { events, items, all } = tell([text(''), text('Hel'), text('lo')]);
  assert.deepEqual(events, [
    'output_item.added 0',
    'content_part.added 0/0',
    'output_text.delta 0/0',
    'output_text.delta 0/0',
    'output_text.done 0/0',
    'content_part.done 0/0',
    'output_item.done 0',
  ]);
  const content = [{ type: 'output_text', annotations: [], logprobs: [], text: 'Hello' }];
  assert.deepEqual(items, [{ id: 'msg_1', type: 'message', status: 'completed', role: 'assistant', content }]);
  // What is told of an item is how it was at that moment.
  assert.deepEqual(dig(all[0], 'item', 'content'), []);
  assert.equal(dig(all[1], 'part', 'text'), '');
  assert.equal(all[4]?.['text'], 'Hello');
  assert.deepEqual(all[6]?.['item'], items[0]);
});

test('output items: thoughts, text and calls of chat completions are items in the order in which they began', () => {
  const { events, items } = tell([
    thought('Hm'),
    text('I look.'),
    call(0),
    args(0, '{"a":'),
    args(0, '1}'),
    call(1),
    args(1, '{}'),
  ]);
  assert.deepEqual(events, [
    'output_item.added 0',
    'reasoning_summary_part.added 0/0',
    'reasoning_summary_text.delta 0/0',
    'reasoning_summary_text.done 0/0',
    'reasoning_summary_part.done 0/0',
    'output_item.done 0',
    'output_item.added 1',
    'content_part.added 1/0',
    'output_text.delta 1/0',
    'output_text.done 1/0',
    'content_part.done 1/0',
    'output_item.done 1',
    'output_item.added 2',
    'function_call_arguments.delta 2',
    'function_call_arguments.delta 2',
    'function_call_arguments.done 2',
    'output_item.done 2',
    'output_item.added 3',
    'function_call_arguments.delta 3',
    'function_call_arguments.done 3',
    'output_item.done 3',
  ]);
  assert.deepEqual(items[0], { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }] });
  const expected = { id: 'fc_1', type: 'function_call', status: 'completed', call_id: 'call_0', name: 'f' };
  assert.deepEqual(items[2], { ...expected, arguments: '{"a":1}' });
});

test('output items: arguments that are written side by side go to their own calls', () => {
  const { events, items } = tell([
    call(0),
    args(0, '{"a'),
    call(1),
    args(1, '{'),
    args(0, '":1}'),
    args(1, '}'),
    args(0, ' '),
  ]);
  assert.deepEqual(
    items.map((item) => [item['arguments'], item['status']]),
    [
      ['{"a":1} ', 'completed'],
      ['{}', 'completed'],
    ],
  );
  assert.equal(events.filter((event) => event.startsWith('output_item.done')).length, 2);
});

test('output items: a call that was told to be whole takes no more arguments', () => {
  assert.throws(() => tell([call(0), args(0, '{}'), call(1), args(0, '{"b":2}')]), isMalformed);
  assert.throws(() => tell([args(0, '{}')]), isMalformed);
  assert.equal(tell([call(0), args(0, '{}'), call(1), args(0, '\n')]).items[0]?.['arguments'], '{}');
});

test('output items: what Anthropic wants back of its thoughts travels as encrypted content, one item for each block', () => {
  const { items } = tell([
    thought('One.'),
    thought('', { signature: 'sig-1' }),
    thought('Two.'),
    thought('', { signature: 'sig-2' }),
    thought('', { encrypted: 'hidden' }),
    text('Done.'),
  ]);
  assert.deepEqual(
    items.map((item) => [item['type'], (item['summary'] as JsonObject[] | undefined)?.map((piece) => piece['text'])]),
    [
      ['reasoning', ['One.']],
      ['reasoning', ['Two.']],
      ['reasoning', []],
      ['message', undefined],
    ],
  );
  for (const item of items.slice(0, 3)) assert.match(String(item['encrypted_content']), /^sluice-reasoning\.[\w-]+$/);
});

test('output items: citations of another vendor are told when their text is whole', () => {
  const page = { type: 'web_search_result_location', url: 'https://e.com', title: 'E', cited_text: 'c' };
  const own = { type: 'url_citation', url: 'https://o.com', title: 'O', start_index: 0, end_index: 2 };
  const { all, items } = tell([
    text('Hey', { annotations: [page, own] }),
    text(' you'),
    text('Next', { startsBlock: true }),
  ]);
  const content = items[0]?.['content'] as JsonObject[];
  assert.deepEqual(content[0]?.['annotations'], [
    own,
    { ...page, type: 'url_citation', start_index: 0, end_index: 7, provider_type: page.type },
  ]);
  assert.equal(content[1]?.['text'], 'Next');
  const added = all.filter(({ type }) => type === 'response.output_text.annotation.added');
  assert.deepEqual(
    added.map((event) => event['annotation_index']),
    [0, 1],
  );
  assert.ok(all.indexOf(added[1] as JsonObject) < all.findIndex(({ type }) => type === 'response.output_text.done'));
});

test('output items: log probabilities are in the delta and in the part', () => {
  const logprobs = [{ token: 'ü', logprob: -0.5, top: [{ token: 'u', logprob: -1, bytes: [117] }] }];
  const { all, items } = tell([text('ü', { logprobs }), text('', { logprobs })]);
  const wire = {
    token: 'ü',
    logprob: -0.5,
    bytes: [195, 188],
    top_logprobs: [{ token: 'u', logprob: -1, bytes: [117] }],
  };
  assert.deepEqual(all.find(({ type }) => type === 'response.output_text.delta')?.['logprobs'], [wire]);
  assert.deepEqual(dig(items[0], 'content', 0, 'logprobs'), [wire, wire]);
});

test('output items: a refusal is a part of the message', () => {
  const { events, items } = tell([
    text('Well'),
    { type: 'refusal-delta', text: 'N' },
    { type: 'refusal-delta', text: 'o' },
  ]);
  assert.deepEqual(events.slice(3, 9), [
    'output_text.done 0/0',
    'content_part.done 0/0',
    'content_part.added 0/1',
    'refusal.delta 0/1',
    'refusal.delta 0/1',
    'refusal.done 0/1',
  ]);
  assert.deepEqual(dig(items[0], 'content', 1), { type: 'refusal', refusal: 'No' });
});

test('output items: OpenAI’s own items are made again as they were, with the places that they have here', () => {
  const search = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'q' } };
  const { action: _, ...announced } = { ...search, status: 'in_progress' };
  const { events, items, all } = tell([
    thought('a', { extra: { id: 'rs_9', type: 'summary_text' } }),
    thought('b', { extra: { id: 'rs_9', type: 'summary_text' }, startsBlock: true }),
    thought('', { encrypted: 'gAAAA', extra: { id: 'rs_9', type: 'summary_text', status: 'completed' } }),
    thought('', { extra: { id: 'rs_10' }, startsBlock: true }),
    own({ type: 'response.output_item.added', output_index: 7, item: announced }),
    own({ type: 'response.web_search_call.searching', output_index: 7, item_id: 'ws_1' }),
    own({ type: 'response.something.new', output_index: 7 }),
    own({ type: 'response.something.else', output_index: 99, item_id: 'unknown' }),
    own({ type: 'response.queued', response: { id: 'resp_of_the_vendor' } }),
    own(search),
    own({ type: 'message', id: 'msg_9', role: 'assistant', phase: 'final_answer' }),
    text('Found.'),
    own({ type: 'response.moderation.hint', note: 'n' }),
    own({ type: 'output_audio', data: 'AA==' }),
    own({ type: 'message', id: 'msg_10', role: 'assistant' }),
    text('More.'),
    { type: 'tool-call-start', index: 0, id: 'call_1', name: 'f', extra: { id: 'fc_9', namespace: 'n' } },
    own({ type: 'image_generation_call', id: 'ig_1', status: 'completed', result: 'AA==' }),
  ]);
  assert.deepEqual(
    items.map(({ type, id }) => `${type} ${id}`),
    [
      'reasoning rs_9',
      'reasoning rs_10',
      'web_search_call ws_1',
      'message msg_9',
      'message msg_10',
      'function_call fc_9',
      'image_generation_call ig_1',
    ],
  );
  assert.deepEqual(items[0], {
    id: 'rs_9',
    type: 'reasoning',
    summary: [
      { type: 'summary_text', text: 'a' },
      { type: 'summary_text', text: 'b' },
    ],
    encrypted_content: 'gAAAA',
    status: 'completed',
  });
  assert.deepEqual(items[2], search);
  assert.equal(items[3]?.['phase'], 'final_answer');
  assert.deepEqual(dig(items[3], 'content', 1), { type: 'output_audio', data: 'AA==' });
  assert.equal(items[5]?.['namespace'], 'n');
  assert.deepEqual(events.slice(12, 17), [
    'output_item.added 2',
    'web_search_call.searching 2',
    'something.new 2',
    'output_item.done 2',
    'output_item.added 3',
  ]);
  assert.ok(!JSON.stringify(all).includes('resp_of_the_vendor'));
});

test('output items: custom calls of chat completions are items, and what has no place is kept for the response', () => {
  const chat = (value: JsonObject): ContentDelta => ({ type: 'opaque-delta', dialect: 'openai', value });
  const { items, remainder, events } = tell([
    chat({ tool_calls: [{ index: 0, id: 'c1', type: 'custom', custom: { name: 'sql', input: 'SELECT' } }] }),
    chat({ tool_calls: [{ index: 0, custom: { input: ' 1' } }] }),
    chat({ audio: { id: 'a', data: 'A' } }),
    chat({ audio: { data: 'B' }, details: [1] }),
    chat({ details: [2] }),
    { type: 'opaque-delta', dialect: 'vertex', value: { executableCode: { code: '1' } } },
  ]);
  const value = { executableCode: { code: '1' } };
  assert.deepEqual(items, [
    { id: 'ctc_1', type: 'custom_tool_call', call_id: 'c1', name: 'sql', input: 'SELECT 1' },
    { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: sealPart({ dialect: 'vertex', value }) },
  ]);
  assert.ok(events.includes('custom_tool_call_input.done 0'));
  assert.deepEqual(remainder, {
    provider_fields: { audio: { id: 'a', data: 'AB' }, details: [1, 2] },
    provider_content: [{ dialect: 'vertex', executableCode: { code: '1' } }],
  });
});

test('output items: of an answer that was cut short, what was being made is incomplete', () => {
  const { items } = tell([text('Done.'), call(0), args(0, '{}'), call(1), args(1, '{"a')], 'incomplete');
  assert.deepEqual(
    items.map((item) => item['status']),
    ['completed', 'completed', 'incomplete'],
  );
  assert.equal(tell([thought('Hm')], 'incomplete').items[0]?.['status'], 'incomplete');
});

test('output items: their number is bounded', () => {
  const calls = Array.from({ length: maxOutputItems }, (_, index) => call(index));
  assert.equal(tell(calls).items.length, maxOutputItems);
  assert.throws(() => tell([...calls, text('one more')]), isMalformed);
});

test('output items: whatever comes, every item is opened once, closed once, and told to be what it is', () => {
  const delta = fc.oneof(
    fc
      .record({ words: fc.string(), startsBlock: fc.boolean() })
      .map(({ words, startsBlock }) => text(words, startsBlock ? { startsBlock } : {})),
    fc
      .record({ words: fc.string(), startsBlock: fc.boolean() })
      .map(({ words, startsBlock }) => thought(words, startsBlock ? { startsBlock } : {})),
    fc.constant(thought('', { signature: 's' })),
    fc.string().map((words): ContentDelta => ({ type: 'refusal-delta', text: words })),
    fc.constantFrom(
      own({ type: 'message', id: 'msg_x', role: 'assistant' }),
      own({ type: 'local_shell_call', id: 'ls_1' }),
    ),
  );
  fc.assert(
    fc.property(fc.array(delta, { maxLength: 40 }), (parts) => {
      const { all, items } = tell(parts);
      const of = (type: string): JsonObject[] =>
        all.filter((event) => event['type'] === `response.output_item.${type}`);
      const indexes = items.map((_, index) => index);
      assert.deepEqual(
        of('added').map((event) => event['output_index']),
        indexes,
      );
      assert.deepEqual(
        of('done')
          .map((event) => event['output_index'])
          .toSorted((a, b) => Number(a) - Number(b)),
        indexes,
      );
      for (const event of of('done')) assert.deepEqual(event['item'], items[Number(event['output_index'])]);
      const said = all.map((event) => (event['type'] === 'response.output_text.delta' ? event['delta'] : '')).join('');
      assert.equal(said, parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join(''));
    }),
  );
});

test('output items: the text that is held of an answer is bounded, over all of its items', () => {
  const half = 'x'.repeat(maxAnswerChars / 2);
  const held = [text(half), call(0), args(0, half)];
  const output = new OutputItems(createFakeIds(), () => {});
  for (const part of held) output.add(part);
  const more = { reason: 'upstream_malformed', detail: `an answer of more than ${maxAnswerChars} characters` };
  assert.throws(() => output.add(args(0, '!')), more);
  // The bound is ours, so the caller is told.
  assert.throws(() => output.add(args(0, '!')), new RegExp(`more than ${maxAnswerChars} characters`));
});
