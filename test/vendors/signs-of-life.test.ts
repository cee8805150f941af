// A model that hangs behind a server that keeps talking must meet the idle limit, and one that works must not: which events of each
// vendor are signs of life.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { feed, type StreamForm } from './vendor-streams.ts';

interface Case {
  readonly form: StreamForm;
  /** What begins the answer; each of these is a sign of life, or comes before the first. */
  readonly opening: readonly object[];
  /** Events that a hanging server may repeat for ever. Each may be news the first time. */
  readonly empty: readonly object[];
  /** Events that each tell of a step, though no part that says anything comes of them. */
  readonly steps: readonly object[];
}

const item = { type: 'web_search_call', id: 'ws_1', status: 'in_progress' };

const cases: readonly Case[] = [
  {
    form: 'chat',
    opening: [{ choices: [{ delta: { content: 'Hello' } }] }],
    empty: [
      { choices: [] },
      { choices: [{ delta: {} }] },
      { choices: [{ delta: { content: '' } }] },
      { choices: [{ delta: {} }], usage: { prompt_tokens: 1, completion_tokens: 1 } },
      { choices: [{ delta: { tool_calls: [{ index: 0, id: 'c', type: 'custom', custom: {} }] } }] },
      { choices: [{ delta: { tool_calls: [{ index: 1, id: 'd', function: { arguments: '' } }] } }] },
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
      { type: 'ping' },
    ],
    steps: [
      { choices: [{ delta: { tool_calls: [{ index: 0, id: 'c', type: 'custom', custom: { name: 'run' } }] } }] },
      { choices: [{ delta: { tool_calls: [{ index: 0, custom: { input: 'x' } }] } }] },
      { choices: [{ delta: {} }], usage: { prompt_tokens: 1, completion_tokens: 1 } },
      { choices: [{ delta: {} }], usage: { prompt_tokens: 1, completion_tokens: 2 } },
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
    ],
  },
  {
    form: 'responses',
    opening: [
      { type: 'response.created', response: { id: 'r' } },
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hello' },
    ],
    empty: [
      { type: 'response.in_progress', response: { id: 'r' } },
      { type: 'response.queued', response: { id: 'r' } },
      { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: '' },
      { type: 'response.content_part.added', output_index: 0, content_index: 0, part: {} },
      { type: 'response.output_item.added', output_index: 0, item: { type: 'message', id: 'm' } },
      { type: 'response.web_search_call.searching', output_index: 1, item_id: 'ws_1' },
      { type: 'response.an_event_of_next_year' },
      { type: 'keepalive' },
    ],
    steps: [
      { type: 'response.output_item.added', output_index: 1, item },
      { type: 'response.web_search_call.in_progress', output_index: 1, item_id: 'ws_1' },
      { type: 'response.web_search_call.searching', output_index: 1, item_id: 'ws_1' },
      { type: 'response.code_interpreter_call_code.delta', output_index: 1, item_id: 'ws_1', delta: '1' },
      { type: 'response.code_interpreter_call_code.delta', output_index: 1, item_id: 'ws_1', delta: '1' },
      { type: 'response.image_generation_call.partial_image', output_index: 1, partial_image_b64: 'A'.repeat(400) },
      { type: 'response.image_generation_call.partial_image', output_index: 1, partial_image_b64: 'A'.repeat(400) },
    ],
  },
  {
    form: 'messages',
    opening: [
      { type: 'message_start', message: { id: 'm', usage: { input_tokens: 1, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
    ],
    empty: [
      { type: 'ping' },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: '' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
      { type: 'message_start', message: { id: 'm', usage: { input_tokens: 1, output_tokens: 1 } } },
      { type: 'an_event_of_next_year' },
    ],
    steps: [
      { type: 'content_block_start', index: 1, content_block: { type: 'server_tool_use', id: 's', input: {} } },
      { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '}' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
    ],
  },
  {
    form: 'generate',
    opening: [{ candidates: [{ content: { parts: [{ text: 'Hello' }] } }], responseId: 'r' }],
    empty: [
      { candidates: [] },
      { candidates: [{ content: {} }] },
      { candidates: [{ content: { parts: [{ text: '' }] } }] },
      { candidates: [{ content: {} }], usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 } },
      { usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 1 } },
      { candidates: [{ finishReason: 'STOP' }] },
      { responseId: 'r', modelVersion: 'm' },
    ],
    steps: [
      { usageMetadata: { promptTokenCount: 4, thoughtsTokenCount: 3 } },
      { usageMetadata: { promptTokenCount: 4, thoughtsTokenCount: 9 } },
      { candidates: [{ content: { parts: [{ functionCall: { name: 'f', willContinue: true } }] } }] },
      {
        candidates: [
          {
            content: {
              parts: [{ functionCall: { partialArgs: [{ jsonPath: '$.a', stringValue: 'x' }], willContinue: true } }],
            },
          },
        ],
      },
      { candidates: [{ finishReason: 'STOP' }] },
    ],
  },
];

/** Signs of life in a stream whose events come one by one, and how many parts came. */
async function livesOf(form: StreamForm, events: readonly object[]): Promise<{ lives: number; parts: number }> {
  let lives = 0;
  const onLife = (): void => {
    lives += 1;
  };
  let sequence = 0;
  const pieces = events.map((event) => {
    const numbered = form === 'responses' ? { ...event, sequence_number: sequence++ } : event;
    return Buffer.from(`data: ${JSON.stringify(numbered)}\n\n`);
  });
  const { parts, error } = await feed(form, pieces, { ending: 'stall', onLife });
  assert.equal(error, undefined);
  return { lives, parts: parts.length };
}

for (const { form, opening, empty, steps } of cases) {
  test(`signs of life: ${form}: what says nothing new is none, however often it comes`, async () => {
    const { lives: before } = await livesOf(form, opening);
    assert.ok(before >= 1);
    for (const event of empty) {
      const repeated = Array.from({ length: 50 }, () => event);
      const { lives } = await livesOf(form, [...opening, ...repeated]);
      assert.ok(lives <= before + 1, `${JSON.stringify(event)}: ${lives}`);
    }
  });

  test(`signs of life: ${form}: what says nothing is no first token either`, async () => {
    const begins = form === 'messages' ? opening.slice(0, 2) : [];
    for (const event of empty) {
      const { lives } = await livesOf(form, [...begins, ...Array.from({ length: 50 }, () => event)]);
      assert.ok(lives <= 2, `${JSON.stringify(event)}: ${lives}`);
    }
  });

  test(`signs of life: ${form}: every step is one, though no part comes of it`, async () => {
    const { lives: before } = await livesOf(form, opening);
    for (let count = 1; count <= steps.length; count += 1) {
      const { lives } = await livesOf(form, [...opening, ...steps.slice(0, count)]);
      assert.equal(lives, before + count, JSON.stringify(steps[count - 1]));
    }
  });
}
