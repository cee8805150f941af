import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../core/json.ts';
import type { AnswerPart } from '../../core/predict.ts';
import { BlockStream } from './block-stream.ts';
import { opaqueBlocks } from './opaque-blocks.ts';

type ContentDelta = Exclude<AnswerPart, { type: 'start' | 'end' }>;

/** The events of these parts, as they would be written, and whether there was a call among them. */
function write(...parts: ContentDelta[]): { events: JsonObject[]; hasToolCall: boolean } {
  const events: JsonObject[] = [];
  const blocks = new BlockStream((event) => events.push(JSON.parse(JSON.stringify(event))));
  for (const part of parts) blocks.add(part);
  blocks.finish();
  return { events, hasToolCall: blocks.hasToolCall };
}

const extra = { extra_content: { google: { thought_signature: 'c2ln' } } };

test('block stream: a call of a custom tool is a call, however its vendor writes it', () => {
  const input = 'SELECT "1"';
  const forms = [
    {
      dialect: 'openai-responses',
      value: { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_1', name: 'sql', input },
    },
    {
      dialect: 'openai',
      value: { tool_calls: [{ index: 0, id: 'call_1', type: 'custom', custom: { name: 'sql', input } }] },
    },
  ] as const;
  const call = { type: 'tool_use', tool_type: 'custom', caller: { type: 'direct' }, id: 'call_1', name: 'sql' };
  for (const { dialect, value } of forms) {
    const part = { dialect, value: value as unknown as JsonObject };
    const { events, hasToolCall } = write({ type: 'opaque-delta', ...part });
    const delta = { type: 'input_json_delta', partial_json: JSON.stringify({ input }) };
    assert.deepEqual(events, [
      { type: 'content_block_start', index: 0, content_block: { ...call, input: {} } },
      { type: 'content_block_delta', index: 0, delta },
      { type: 'content_block_stop', index: 0 },
    ]);
    assert.equal(hasToolCall, true);
    assert.deepEqual(opaqueBlocks(part), [{ ...call, input: { input } }], 'and so it is in a whole answer');
  }
});

test('block stream: fields of a text without a name here stand with their block', () => {
  const early = write({ type: 'text-delta', text: '', extra }, { type: 'text-delta', text: 'Hi' }).events;
  assert.deepEqual(early[0]?.['content_block'], { ...extra, type: 'text', text: '', citations: null });
  const late = write({ type: 'text-delta', text: 'Hi' }, { type: 'text-delta', text: '', extra }).events;
  assert.deepEqual(late.at(-1), { ...extra, type: 'content_block_stop', index: 0 });
  const others = write(
    { type: 'text-delta', text: '', extra },
    { type: 'refusal-delta', text: 'No.' },
    { type: 'text-delta', text: 'Hi' },
  ).events;
  assert.ok(!JSON.stringify(others).includes('thought_signature'), 'and with no other');
});

test('block stream: what only tells of progress is no block', () => {
  const value = { type: 'response.web_search_call.searching', item_id: 'ws_1' };
  assert.deepEqual(write({ type: 'opaque-delta', dialect: 'openai-responses', value, isNotice: true }).events, []);
});
