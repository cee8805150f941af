// Long answers in many small pieces: what is put together of them takes time with their number, not with its square. Counted are the
// elements that are iterated over, and the characters that are parsed as JSON; copies of objects and of texts are not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { PredictPart } from '../../src/core/predict.ts';
import { maxLateCharacters } from '../../src/edge/anthropic/defaults.ts';
import { createMessageStreamEncoder } from '../../src/edge/anthropic/message-stream-encoder.ts';
import { createChatStreamEncoder } from '../../src/edge/openai/chat-stream.ts';
import { type ContentDelta, OutputItems } from '../../src/edge/openai/responses/output-items.ts';
import { openBlock } from '../../src/providers/anthropic/open-block.ts';
import { createFakeIds } from '../fixtures/fake-ids.ts';
import { iteratedElements } from '../fixtures/iterated-elements.ts';
import { parsedCharacters } from '../fixtures/parsed-characters.ts';

const pieces = 2_000;
/** Elements for each piece: a few lists of a few entries. The square of the pieces would be two thousand. */
const perPiece = 20;

const start: PredictPart = { type: 'start', id: 'a', model: 'm', target: 'p/m', createdAtMs: 0, attempts: 1 };
const end: PredictPart = {
  type: 'end',
  finishReason: 'stop',
  usage: { inputTokens: 1, outputTokens: 1, source: 'engine' },
};

const page = { type: 'url_citation', url: 'https://example.com', title: 't', start_index: 0, end_index: 1 };
const inPieces: Readonly<Record<string, (at: number) => ContentDelta[]>> = {
  'annotations of another vendor': () => [{ type: 'text-delta', text: 'x', annotations: [page] }],
  'citations of Anthropic': () => [
    { type: 'text-delta', text: 'x', annotations: [{ type: 'web_search_result_location', url: 'u', title: 't' }] },
  ],
  'details of reasoning': () => [
    { type: 'opaque-delta', dialect: 'openai', value: { reasoning_details: [{ text: 'x' }] } },
  ],
  'blocks of server tools': (at) => [{ type: 'opaque-delta', dialect: 'anthropic', value: { type: 'x', id: `${at}` } }],
  calls: (index) => [
    { type: 'tool-call-start', index, id: `call_${index}`, name: 'f' },
    { type: 'tool-call-delta', index, argumentsDelta: '{}' },
  ],
};

const readers: Readonly<Record<string, (parts: readonly ContentDelta[]) => void>> = {
  chat: (parts) => {
    const encoder = createChatStreamEncoder(false, 'req_1');
    for (const part of [start, ...parts, end]) encoder.encode(part);
  },
  messages: (parts) => {
    const encoder = createMessageStreamEncoder('req_1');
    for (const part of [start, ...parts, end]) encoder.encode(part);
  },
  responses: (parts) => {
    const output = new OutputItems(createFakeIds(), () => {});
    for (const part of parts) output.add(part);
    output.finish('completed');
  },
};

for (const [reader, read] of Object.entries(readers)) {
  test(`linear growth: many small pieces in ${reader}`, () => {
    for (const [what, piece] of Object.entries(inPieces)) {
      const parts = Array.from({ length: pieces }, (_, at) => piece(at)).flat();
      const count = iteratedElements(() => read(parts));
      assert.ok(count >= pieces, 'the pieces themselves are counted');
      assert.ok(count <= perPiece * pieces, `${what}: ${count} elements for ${pieces} pieces`);
    }
  });
}

test('linear growth: whether a call is whole is asked between items without reading its arguments again', () => {
  const output = new OutputItems(createFakeIds(), () => {});
  output.add({ type: 'tool-call-start', index: 0, id: 'call_0', name: 'f' });
  output.add({ type: 'tool-call-delta', index: 0, argumentsDelta: '{"list":[{}' });
  const characters = parsedCharacters(() => {
    for (let at = 0; at < pieces; at += 1) {
      output.add({ type: 'tool-call-delta', index: 0, argumentsDelta: ',{}' });
      output.add({ type: 'opaque-delta', dialect: 'anthropic', value: { type: 'x', id: `${at}` } });
    }
    output.add({ type: 'tool-call-delta', index: 0, argumentsDelta: ']}' });
    output.finish('incomplete');
  });
  const [call] = output.items;
  assert.deepEqual([call?.['status'], String(call?.['arguments']).length], ['completed', 3 * pieces + 13]);
  assert.ok(characters <= perPiece * pieces, `${characters} characters for ${pieces} pieces`);
});

test('linear growth: a block of Anthropic’s without a form that is put together of many lists', () => {
  const block = openBlock({ type: 'future_block', entries: [] }, 0, undefined);
  const count = iteratedElements(() => {
    for (let at = 0; at < pieces; at += 1) block.delta({ type: 'entries_delta', entries: [at, -at] });
  });
  const [part] = block.stop();
  assert.equal(((part as { value: JsonObject }).value['entries'] as unknown[]).length, 2 * pieces);
  assert.ok(count <= perPiece * pieces, `${count} elements for ${pieces} pieces`);
});

test('linear growth: what a block of a stream holds back for its end is bounded', () => {
  const encoder = createMessageStreamEncoder('req_1');
  encoder.encode(start);
  const annotations = [{ ...page, title: 't'.repeat(1024 * 1024) }];
  const add = (): string => encoder.encode({ type: 'text-delta', text: 'x', annotations });
  for (let held = 0; held + 1024 * 1024 + 200 < maxLateCharacters; held += 1024 * 1024 + 200) add();
  assert.throws(
    () => {
      add();
      add();
    },
    { reason: 'upstream_malformed' },
  );
});
