import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../../../core/error.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { PredictRequest } from '../../../core/predict.ts';
import { parseResponseCall, toPredictRequest } from './parse-request.ts';

function parse(body: JsonObject): PredictRequest {
  const asked = parseResponseCall({ model: 'm', input: 'Hi', ...body });
  return toPredictRequest(asked, asked.input, 0);
}

/** `reason param` of the refusal. */
function refusal(body: JsonObject): string {
  try {
    parse(body);
  } catch (error) {
    if (error instanceof SluiceError) return `${error.reason} ${error.param}`;
    throw error;
  }
  return 'nothing was refused';
}

test('responses request: a text is what the user says, and instructions are what the system says', () => {
  assert.deepEqual(parse({ instructions: 'Be brief.' }), {
    model: 'm',
    messages: [
      { role: 'system', content: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
    ],
    sampling: {},
    dialect: 'openai-responses',
  });
});

test('responses request: typed fields are translated, the others travel under their own names', () => {
  const request = parse({
    max_output_tokens: 9,
    temperature: 0.5,
    top_p: 0.9,
    top_logprobs: 2,
    tools: [
      { type: 'function', name: 'f', parameters: { type: 'object' }, strict: false, defer_loading: true },
      { type: 'mcp', server_label: 's' },
    ],
    tool_choice: { type: 'function', name: 'f' },
    parallel_tool_calls: false,
    text: { format: { type: 'json_schema', name: 's', schema: {}, strict: true }, verbosity: 'low' },
    reasoning: { effort: 'low', summary: 'auto', context: null },
    include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
    metadata: { a: 'b' },
    truncation: 'auto',
    user: null,
    prompt_cache_key: 'k',
  });
  const { messages: _, ...rest } = request;
  assert.deepEqual(rest, {
    model: 'm',
    sampling: { maxOutputTokens: 9, temperature: 0.5, topP: 0.9, logprobs: true, topLogprobs: 2 },
    tools: [
      { kind: 'function', name: 'f', parameters: { type: 'object' }, strict: false, extra: { defer_loading: true } },
      { kind: 'vendor', dialect: 'openai-responses', value: { type: 'mcp', server_label: 's' } },
    ],
    toolChoice: { kind: 'function', name: 'f' },
    parallelToolCalls: false,
    responseFormat: { kind: 'json-schema', name: 's', schema: {}, strict: true },
    reasoningEffort: 'low',
    dialect: 'openai-responses',
    extra: {
      text: { verbosity: 'low' },
      reasoning: { summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      metadata: { a: 'b' },
      truncation: 'auto',
      prompt_cache_key: 'k',
    },
  });
});

test('responses request: what the edge does itself does not travel', () => {
  const request = parse({
    store: true,
    background: false,
    stream: true,
    stream_options: { include_obfuscation: true },
  });
  assert.equal(request.extra, undefined);
  assert.equal(parse({ text: { format: { type: 'text' } } }).responseFormat?.kind, 'text');
  assert.equal(parse({ text: { format: { type: 'json_object' } } }).responseFormat?.kind, 'json-object');
  assert.deepEqual(parse({ tool_choice: 'required' }).toolChoice, { kind: 'required' });
});

test('responses request: answers are kept unless the caller says no', () => {
  const stored = (body: JsonObject): boolean => parseResponseCall({ model: 'm', input: 'x', ...body }).store;
  assert.deepEqual([{}, { store: null }, { store: true }, { store: false }].map(stored), [true, true, true, false]);
});

test('responses request: what is not served is refused by its name', () => {
  assert.equal(refusal({ background: true }), 'unsupported_capability background');
  assert.equal(
    refusal({ conversation: 'conv_1', previous_response_id: 'resp_1' }),
    'invalid_request conversation',
    'one past is enough',
  );
  assert.equal(refusal({ stream_options: {} }), 'invalid_request stream_options');
  assert.equal(refusal({ input: null }), 'invalid_request input');
  assert.equal(refusal({ input: [] }), 'invalid_request input');
  assert.equal(refusal({ input: null, prompt: { id: 'pmpt_1' } }), 'nothing was refused');
  assert.equal(refusal({ input: null, previous_response_id: 'resp_1' }), 'nothing was refused');
  assert.equal(refusal({ input: null, conversation: { id: 'conv_1' } }), 'nothing was refused');
});

test('responses request: a wrong field is named', () => {
  const cases: readonly [JsonObject, string][] = [
    [{ model: '' }, 'model'],
    [{ input: 5 }, 'input'],
    [{ input: ['x'] }, 'input[0]'],
    [{ temperature: 3 }, 'temperature'],
    [{ max_output_tokens: 0 }, 'max_output_tokens'],
    [{ metadata: { a: 1 } }, 'metadata.a'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ tools: [{ type: 'function', name: 'f', parameters: [] }] }, 'tools[0].parameters'],
    [{ tools: [{ type: 'function', name: 'f', strict: 1 }] }, 'tools[0].strict'],
    [{ tool_choice: 'any' }, 'tool_choice'],
    [{ tool_choice: { type: 'function', name: '' } }, 'tool_choice.name'],
    [{ text: { format: { type: 'grammar' } } }, 'text.format.type'],
    [{ text: { format: { type: 'json_schema', name: 's' } } }, 'text.format.schema'],
    [{ text: { format: { type: 'json_schema', schema: {} } } }, 'text.format.name'],
    [{ text: { format: { type: 'json_schema', name: 's', schema: {}, strict: 1 } } }, 'text.format.strict'],
    [{ reasoning: { effort: 1 } }, 'reasoning.effort'],
    [{ previous_response_id: '' }, 'previous_response_id'],
    [{ conversation: 5 }, 'conversation'],
    [{ conversation: {} }, 'conversation.id'],
  ];
  for (const [body, param] of cases) assert.equal(refusal(body), `invalid_request ${param}`);
});
