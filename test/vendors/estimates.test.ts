// Where a vendor counts nothing, an answer is estimated to have as many tokens streamed as whole.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../../src/core/error.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { PredictPart } from '../../src/core/predict.ts';
import { MessageStreamReader } from '../../src/providers/anthropic/stream.ts';
import { ResponseStreamReader } from '../../src/providers/openai/responses/stream.ts';
import { ChatStreamReader } from '../../src/providers/openai-compatible/stream.ts';
import type { StreamReader } from '../../src/providers/transport/part-stream.ts';
import { GenerateStreamReader } from '../../src/providers/vertex/stream.ts';
import { chatRequest } from '../fixtures/calls.ts';
import { quarterEstimator } from '../fixtures/quarter-estimator.ts';

const context = { target: 'p/m', model: 'm', requestId: 'req_1', nowMs: 0, estimator: quarterEstimator };
const fail = () => new SluiceError('internal');
/** A picture, as vendors encode it. */
const picture = 'iVBORw0K'.repeat(512);

interface Case {
  readonly reader: (dialect: 'openai' | 'openai-responses') => StreamReader;
  readonly whole: JsonObject;
  readonly events: readonly JsonObject[];
  /** Units of all texts. */
  readonly units: number;
}

const custom = { id: 'k', type: 'custom', custom: { name: 'run', input: 'ls -l /tmp' } };
const fn = { id: 'c', type: 'function', function: { name: 'look', arguments: '{"a":1}' } };
const run = { type: 'server_tool_use', id: 's', name: 'run', input: { command: 'ls' } };
const result = { type: 'image_result', data: picture, note: 'a cat' };
const drawn = { type: 'image_generation_call', id: 'ig', result: picture, revised_prompt: 'a cat' };
const search = { type: 'web_search_call', id: 'ws', action: { query: 'weather' } };
const call = { type: 'function_call', id: 'fc', call_id: 'c', name: 'look', arguments: '{"a":1}' };
const said = { type: 'message', id: 'm', content: [{ type: 'output_text', text: 'Hello' }] };

const cases: Readonly<Record<string, Case>> = {
  'chat completions': {
    reader: () => new ChatStreamReader(chatRequest('m'), context, fail),
    whole: {
      choices: [
        {
          message: {
            content: 'Hello',
            tool_calls: [fn, custom],
            audio: { data: picture },
            reasoning_details: [{ text: 'x' }],
          },
          finish_reason: 'tool_calls',
        },
      ],
    },
    events: [
      { choices: [{ delta: { content: 'Hel', reasoning_details: [{ text: 'x' }] } }] },
      { choices: [{ delta: { content: 'lo', audio: { data: picture } } }] },
      { choices: [{ delta: { tool_calls: [{ index: 0, ...fn }] } }] },
      { choices: [{ delta: { tool_calls: [{ index: 1, ...custom }] }, finish_reason: 'tool_calls' }] },
    ],
    units: 'Hello look{"a":1} kcustomrunls -l /tmp'.length - 2,
  },
  'the Messages API': {
    reader: () =>
      new MessageStreamReader({ ...context, request: chatRequest('m'), downgrades: [], answerTool: undefined }, fail),
    whole: {
      type: 'message',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: picture },
        { type: 'text', text: 'Hello' },
        { type: 'tool_use', id: 't', name: 'look', input: { a: 1 } },
        run,
        result,
      ],
      stop_reason: 'tool_use',
    },
    events: [
      { type: 'message_start', message: {} },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm.' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: picture } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Hello' } },
      { type: 'content_block_stop', index: 1 },
      { type: 'content_block_start', index: 2, content_block: { type: 'tool_use', id: 't', name: 'look', input: {} } },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"a":1}' } },
      { type: 'content_block_stop', index: 2 },
      { type: 'content_block_start', index: 3, content_block: { ...run, input: {} } },
      { type: 'content_block_delta', index: 3, delta: { type: 'input_json_delta', partial_json: '{"command":"ls"}' } },
      { type: 'content_block_stop', index: 3 },
      { type: 'content_block_start', index: 4, content_block: result },
      { type: 'content_block_stop', index: 4 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' } },
      { type: 'message_stop' },
    ],
    units: 'Hm.Hello look{"a":1} server_tool_usesrunls image_resulta cat'.length - 3,
  },
  'the Responses API': {
    reader: (dialect) =>
      new ResponseStreamReader({ ...chatRequest('m'), dialect }, context, { ...context, secrets: [] }),
    whole: { id: 'r', status: 'completed', output: [said, call, search, drawn] },
    events: [
      { type: 'response.created', response: { id: 'r' } },
      { type: 'response.output_item.added', output_index: 0, item: { type: 'message', id: 'm' } },
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hello' },
      { type: 'response.output_item.done', output_index: 1, item: call },
      { type: 'response.output_item.added', output_index: 2, item: search },
      { type: 'response.web_search_call.searching', output_index: 2, item_id: 'ws' },
      { type: 'response.output_item.done', output_index: 2, item: search },
      { type: 'response.image_generation_call.partial_image', output_index: 3, partial_image_b64: picture },
      { type: 'response.completed', response: { id: 'r', status: 'completed', output: [said, call, search, drawn] } },
    ],
    units: 'Hello look{"a":1} web_search_callwsweather image_generation_calliga cat'.length - 3,
  },
  Gemini: {
    reader: () => new GenerateStreamReader(chatRequest('m'), context, fail),
    whole: {
      candidates: [
        {
          content: {
            parts: [
              { text: 'Hello' },
              { functionCall: { name: 'look', args: { a: 1 } } },
              { executableCode: { code: 'print(1)' } },
              { inlineData: { mimeType: 'image/png', data: picture } },
            ],
          },
          finishReason: 'STOP',
        },
      ],
    },
    events: [
      { candidates: [{ content: { parts: [{ text: 'Hel' }] } }] },
      { candidates: [{ content: { parts: [{ text: 'lo' }, { functionCall: { name: 'look', args: { a: 1 } } }] } }] },
      { candidates: [{ content: { parts: [{ executableCode: { code: 'print(1)' } }] } }] },
      {
        candidates: [
          { content: { parts: [{ inlineData: { mimeType: 'image/png', data: picture } }] }, finishReason: 'STOP' },
        ],
      },
    ],
    units: 'Hello look{"a":1} print(1) image/png'.length - 3,
  },
};

async function tokensOf(reader: StreamReader, feed: (parts: PredictPart[]) => void): Promise<number> {
  const parts: PredictPart[] = [];
  feed(parts);
  const end = parts.at(-1);
  assert.equal(end?.type, 'end');
  const settled = end.usage.source === 'estimated' ? await reader.settle?.(end) : end;
  return settled?.usage.outputTokens ?? Number.NaN;
}

for (const [vendor, { reader: make, whole, events, units }] of Object.entries(cases)) {
  test(`estimates: an answer of ${vendor} has as many tokens streamed as whole, and a picture is no text`, async () => {
    const answering = make('openai');
    const answer = { status: 200, headers: {}, body: JSON.stringify(whole) };
    const asWhole = await tokensOf(answering, (parts) => answering.whole(answer, parts));
    const reader = make('openai');
    const streamed = await tokensOf(reader, (parts) => {
      const isOver = events.some((event) => reader.read(String(event['type'] ?? ''), JSON.stringify(event), parts));
      if (!isOver) reader.finish(parts);
    });
    assert.equal(asWhole, Math.ceil(units / 4));
    assert.equal(streamed, asWhole);
  });
}

test('estimates: what the Responses API tells of its progress is no text of the answer', async () => {
  const { reader: make, whole, events } = cases['the Responses API'] as Case;
  const [one, other] = [make('openai-responses'), make('openai-responses')];
  const answer = { status: 200, headers: {}, body: JSON.stringify(whole) };
  const asWhole = await tokensOf(one, (parts) => one.whole(answer, parts));
  const streamed = await tokensOf(other, (parts) => {
    for (const event of events) other.read(String(event['type']), JSON.stringify(event), parts);
  });
  assert.equal(streamed, asWhole);
});
