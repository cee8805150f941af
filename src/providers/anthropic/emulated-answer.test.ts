// What an answer in a demanded form is where a tool stands for the form: the tool's input, and nothing beside it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { ResponseCollector } from '../../core/collect.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PredictPart, PredictResponse } from '../../core/predict.ts';
import type { MessageContext } from './answer-fields.ts';
import { maxAssembledCharacters } from './defaults.ts';
import { predictFromWire } from './from-wire.ts';
import { MessageStreamReader } from './stream.ts';

const context: MessageContext = {
  request: chatRequest('m'),
  target: 'p/m',
  model: 'm',
  requestId: 'req_1',
  nowMs: 0,
  estimator: quarterEstimator,
  downgrades: [],
  answerTool: 'answer',
};

type Said = readonly [name: string, text: string];
/** A text, or a call by its name. */
const text = (words: string): Said => ['', words];

function read(said: readonly Said[], stopReason: string): PredictPart[] {
  const reader = new MessageStreamReader(context, () => new SluiceError('internal'));
  const parts: PredictPart[] = [];
  const add = (event: JsonObject): unknown => reader.read('', JSON.stringify(event), parts);
  add({ type: 'message_start', message: { usage: { input_tokens: 1, output_tokens: 1 } } });
  for (const [index, [name, words]] of said.entries()) {
    const isText = name === '';
    const block = isText ? { type: 'text', text: '' } : { type: 'tool_use', id: `t${index}`, name, input: {} };
    const delta = isText ? { type: 'text_delta', text: words } : { type: 'input_json_delta', partial_json: words };
    add({ type: 'content_block_start', index, content_block: block });
    add({ type: 'content_block_delta', index, delta });
    assert.equal(reader.isProgress(), true);
    add({ type: 'content_block_stop', index });
  }
  add({ type: 'message_delta', delta: { stop_reason: stopReason }, usage: { output_tokens: 5 } });
  add({ type: 'message_stop' });
  return parts;
}

function streamed(said: readonly Said[], stopReason = 'tool_use'): PredictResponse {
  const collector = new ResponseCollector();
  for (const part of read(said, stopReason)) collector.add(part);
  return collector.finish();
}

function whole(said: readonly Said[], stopReason = 'tool_use'): PredictResponse {
  const content = said.map(([name, words], index): JsonObject => {
    if (name === '') return { type: 'text', text: words };
    return { type: 'tool_use', id: `t${index}`, name, input: words };
  });
  return predictFromWire({ content, stop_reason: stopReason }, context);
}

const json = '{"a":2}';
const malformed = { reason: 'upstream_malformed' };

for (const [form, read] of [
  ['stream', streamed],
  ['whole', whole],
] as const) {
  test(`emulated answer, ${form}: words beside the answer are no part of it`, () => {
    for (const said of [
      [text('Sure, here:'), ['answer', json] as const],
      [['answer', json] as const, text('That is all.')],
    ]) {
      const { content, finishReason } = read(said);
      assert.deepEqual([content, finishReason], [[{ type: 'text', text: json }], 'stop']);
    }
  });

  test(`emulated answer, ${form}: words without an answer stay, with a call of the caller's or alone`, () => {
    const { content, finishReason } = read([text('I look.'), ['f', '{}']]);
    const call = { type: 'tool-call', id: 't1', name: 'f', arguments: '{}' };
    assert.deepEqual([content, finishReason], [[{ type: 'text', text: 'I look.' }, call], 'tool-calls']);
    assert.deepEqual(read([text('I cannot.')], 'end_turn').content, [{ type: 'text', text: 'I cannot.' }]);
  });

  test(`emulated answer, ${form}: two answers are none, and neither is one that breaks off without a reason`, () => {
    assert.throws(
      () =>
        read([
          ['answer', json],
          ['answer', '{"a":3}'],
        ]),
      malformed,
    );
    assert.throws(() => read([['answer', '{"a":']]), malformed);
    const { content, finishReason } = read([['answer', '{"a":']], 'max_tokens');
    assert.deepEqual([content, finishReason], [[{ type: 'text', text: '{"a":' }], 'length']);
  });
}

test('emulated answer: what is held of a stream is bounded', () => {
  const half = 'x'.repeat(maxAssembledCharacters / 2 + 1);
  assert.throws(() => streamed([text(half), text(half)]), malformed);
  assert.throws(() => streamed([['answer', half + half]]), malformed);
});
