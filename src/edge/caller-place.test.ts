import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTestEdge, edgeKeys } from '../../test/fixtures/edge.ts';
import { SluiceError } from '../core/error.ts';
import type { JsonObject } from '../core/json.ts';

/** What a caller is told of a fault that lies at `param` of the internal request. */
async function told(t: TestContext, url: string, payload: JsonObject, param: string): Promise<JsonObject> {
  const edge = createTestEdge(t);
  edge.inference.script = () => [
    () => {
      throw new SluiceError('unsupported_capability', { message: 'It has no form.', param });
    },
  ];
  const headers = { authorization: `Bearer ${edgeKeys.first}` };
  const answers = [payload, { ...payload, stream: true }].map((body) =>
    edge.server.inject({ method: 'POST', url, headers, payload: body }),
  );
  const [whole, streamed] = (await Promise.all(answers)).map((answer) => answer.json().error as JsonObject);
  assert.deepEqual(streamed, whole);
  return whole ?? {};
}

const items: JsonObject = {
  model: 'm',
  instructions: 'Be brief.',
  input: [
    { role: 'user', content: 'q' },
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' },
    { role: 'assistant', content: [{ type: 'output_text', text: 'a' }, { type: 'of_next_year' }] },
    { type: 'function_call', call_id: 'c', name: 'f', arguments: '{' },
    { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_file', file_id: 'f' }] },
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'b' },
        { type: 'input_file', file_id: 'f' },
      ],
    },
  ],
};

test('caller place: Responses', async (t) => {
  for (const [param, expected] of [
    ['messages', 'input'],
    ['messages[0].content[0]', 'instructions'],
    ['messages[1].content[0]', 'input[0].content'],
    ['messages[1].content', 'input[0]'],
    ['messages[2]', 'input[1]'],
    ['messages[2].content[0]', 'input[1]'],
    ['messages[2].content[1]', 'input[2].content[0]'],
    ['messages[2].content[2]', 'input[2].content[1]'],
    ['messages[2].content[3].arguments', 'input[3].arguments'],
    ['messages[3].content[0].content[0]', 'input[4].output[0]'],
    ['messages[4].content[1].colour', 'input[5].content[1].colour'],
    ['messages[9].content[0]', 'input'],
    ['text.format.colour', 'text.format.colour'],
    ['logprobs', 'top_logprobs'],
    ['response_format', 'text.format'],
    ['reasoning_effort', 'reasoning.effort'],
  ]) {
    const { param: place } = await told(t, '/v1/responses', items, param ?? '');
    assert.equal(place, expected, param);
  }
  const included: JsonObject = { ...items, include: ['message.output_text.logprobs'] };
  assert.equal((await told(t, '/v1/responses', included, 'logprobs'))['param'], 'include');
});

test('caller place: messages of Anthropic, in the sentence', async (t) => {
  const payload: JsonObject = {
    model: 'm',
    max_tokens: 9,
    system: [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ],
    messages: [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'f', input: {} }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'c', content: [{ type: 'text', text: '1' }] },
          { type: 'text', text: 'x' },
          { type: 'tool_result', tool_use_id: 'd' },
        ],
      },
    ],
  };
  for (const [param, expected] of [
    ['messages', 'messages'],
    ['messages[0].content[1]', 'system.1'],
    ['messages[1].content[0]', 'messages.0.content'],
    ['messages[2].content[0].arguments', 'messages.1.content.0.arguments'],
    ['messages[3].content[0].content[0]', 'messages.2.content.0.content.0'],
    ['messages[4].content[0]', 'messages.2.content.1'],
    ['messages[5].content[0]', 'messages.2.content.2'],
    ['messages[5].colour', 'messages.2.colour'],
    ['tools[0]', 'tools.0'],
  ]) {
    const { message } = await told(t, '/v1/messages', payload, param ?? '');
    assert.equal(message, `${expected}: It has no form.`, param);
  }
});

test('caller place: chat completions', async (t) => {
  const payload: JsonObject = {
    model: 'm',
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'q' }] },
      {
        role: 'assistant',
        reasoning_content: 'Hm.',
        content: 'a',
        refusal: 'b',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: [{ type: 'text', text: '1' }] },
    ],
  };
  for (const [param, expected] of [
    ['messages[0].content[0]', 'messages[0].content[0]'],
    ['messages[1].content[0]', 'messages[1].reasoning_content'],
    ['messages[1].content[1]', 'messages[1].content'],
    ['messages[1].content[2]', 'messages[1].refusal'],
    ['messages[1].content[3].arguments', 'messages[1].tool_calls[0].arguments'],
    ['messages[2].content[0].content[0]', 'messages[2].content[0]'],
    ['messages[1].colour', 'messages[1].colour'],
  ]) {
    const { param: place } = await told(t, '/v1/chat/completions', payload, param ?? '');
    assert.equal(place, expected, param);
  }
});
