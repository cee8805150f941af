// A request of the Responses API for OpenAI's Responses API: in through the edge, out through the provider, every item whole.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { parseResponseCall, toPredictRequest } from '../../src/edge/openai/responses/parse-request.ts';
import { vendorFields } from '../../src/edge/openai/responses/vendor-conversation.ts';
import { responseToWire } from '../../src/providers/openai/responses/to-wire.ts';
import { evaluationDataMissing, wireRows } from '../fixtures/upstream-calls.ts';

interface Sent {
  readonly body: JsonObject;
  readonly downgrades: readonly string[];
}

function roundTrip(body: JsonObject): Sent {
  const asked = parseResponseCall(structuredClone(body));
  const isVendors = asked.conversation !== undefined || asked.previousResponseId !== undefined;
  const request = toPredictRequest(asked, asked.input, 0, isVendors ? vendorFields(asked) : {});
  return responseToWire(request, asked.body.model, asked.stream);
}

/** A body in one of its equivalent forms: items with their types, lone texts as strings, no nulls, no words for defaults. */
function canonical(body: JsonObject): JsonValue {
  const { input, store: _, include, stream, ...rest } = body;
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : (input ?? []);
  const included = Array.isArray(include) ? include.filter((name) => name !== 'reasoning.encrypted_content') : [];
  return withoutNulls({
    ...rest,
    input: (items as JsonObject[]).map(canonicalItem),
    ...(included.length === 0 ? {} : { include: included }),
    ...(stream === true ? { stream } : {}),
  });
}

function canonicalItem(item: JsonObject): JsonObject {
  const type = item['type'] ?? 'message';
  const field = type === 'message' ? 'content' : type === 'function_call_output' ? 'output' : undefined;
  const canonicalField = field === undefined ? {} : { [field]: contentOf(item[field]) };
  // An answer's own record of itself, which a model does not read.
  const { parsed_arguments: _, ...fields } = item;
  return { ...fields, type, ...canonicalField };
}

function contentOf(content: JsonValue | undefined): JsonValue {
  if (!Array.isArray(content)) return content ?? null;
  const parts = content.map((part) => {
    const { logprobs: _, parsed: __, annotations, ...fields } = part as JsonObject;
    const cites = Array.isArray(annotations) && annotations.length > 0;
    return cites ? { ...fields, annotations } : fields;
  });
  const [first] = parts;
  const isLone = parts.length === 1 && first !== undefined && Object.keys(first).length === 2;
  return isLone && typeof first['text'] === 'string' ? first['text'] : parts;
}

function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutNulls(inner)]));
}

const everything: JsonObject = {
  model: 'gpt-5',
  instructions: 'Be brief.',
  input: [
    { role: 'system', content: 'Stay polite.' },
    { role: 'developer', content: [{ type: 'input_text', text: 'In verse.' }] },
    {
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_text', text: 'Look: 東京 🙂', prompt_cache_breakpoint: { mode: 'explicit' } },
        { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'high' },
        { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=' },
        { type: 'input_image', file_id: 'file_1', detail: 'auto' },
        { type: 'input_file', file_id: 'file_2' },
        { type: 'input_file', file_url: 'https://example.com/a.pdf' },
        { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
        { type: 'input_video', video_url: 'v' },
      ],
    },
    {
      type: 'reasoning',
      id: 'rs_1',
      summary: [
        { type: 'summary_text', text: 'one' },
        { type: 'summary_text', text: 'two' },
      ],
      content: [{ type: 'reasoning_text', text: 'raw' }],
      encrypted_content: 'gAAAAA',
      status: 'completed',
    },
    { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'gAAAAB' },
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      phase: 'commentary',
      content: [
        {
          type: 'output_text',
          text: 'Seen.',
          annotations: [{ type: 'url_citation', url: 'u', title: 't', start_index: 0, end_index: 4 }],
        },
        { type: 'output_text', text: 'Two texts.' },
        { type: 'refusal', refusal: 'Not that.' },
      ],
    },
    {
      type: 'message',
      id: 'msg_2',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'And then?' }],
    },
    { role: 'assistant', content: 'One more, without an id.' },
    { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'q' } },
    { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{"a":1}', status: 'completed' },
    { type: 'function_call', call_id: 'call_2', name: 'g', arguments: '{}', namespace: 'n' },
    { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_3', name: 'sql', input: 'SELECT 1' },
    { type: 'function_call_output', call_id: 'call_1', output: 'done', status: 'completed' },
    {
      type: 'function_call_output',
      call_id: 'call_2',
      output: [
        { type: 'input_text', text: 'a' },
        { type: 'input_image', image_url: 'https://example.com/b.png' },
      ],
    },
    { type: 'custom_tool_call_output', call_id: 'call_3', output: '1' },
    { type: 'computer_call_output', call_id: 'call_4', output: { type: 'computer_screenshot', image_url: 'i' } },
    { type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: true },
    { type: 'compaction', id: 'cmp_1', encrypted_content: 'x' },
    { type: 'additional_tools', role: 'developer', tools: [] },
    { role: 'user', content: 'Well?' },
  ],
  tools: [
    {
      type: 'function',
      name: 'f',
      description: 'd',
      parameters: { type: 'object' },
      strict: true,
      defer_loading: true,
    },
    { type: 'custom', name: 'sql', format: { type: 'text' } },
    { type: 'web_search', search_context_size: 'low' },
  ],
  tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
  parallel_tool_calls: false,
  text: { format: { type: 'json_schema', name: 's', schema: { type: 'object' }, strict: true }, verbosity: 'low' },
  reasoning: { effort: 'low', summary: 'auto' },
  include: ['message.output_text.logprobs', 'file_search_call.results', 'reasoning.encrypted_content'],
  max_output_tokens: 100,
  max_tool_calls: 2,
  temperature: 0.5,
  top_p: 0.9,
  top_logprobs: 3,
  metadata: { a: 'b' },
  truncation: 'auto',
  service_tier: 'flex',
  prompt_cache_key: 'k',
  safety_identifier: 's',
  user: 'u',
  something_new: { x: 1 },
  stream: true,
  stream_options: { include_obfuscation: false, another: 1 },
};

test('responses round trip: every item and every field arrives as it was sent', () => {
  const { body, downgrades } = roundTrip(everything);
  assert.deepEqual(downgrades, []);
  const expected = canonical(everything) as JsonObject;
  // Log probabilities are asked for last; how events are padded is between the caller and Sluice.
  expected['include'] = ['file_search_call.results', 'message.output_text.logprobs'];
  expected['stream_options'] = { another: 1 };
  assert.deepEqual(canonical(body), expected);
  assert.equal(body['store'], false);
});

test('responses round trip: OpenAI is asked to keep only what goes on from what it keeps', () => {
  const asked = { model: 'm', input: 'x' };
  const input = [{ type: 'message', role: 'user', content: 'x' }];
  assert.deepEqual(roundTrip({ ...asked, store: true, background: false }).body, { model: 'm', input, store: false });
  for (const past of [{ previous_response_id: 'resp_1' }, { conversation: { id: 'conv_1' } }]) {
    assert.deepEqual(roundTrip({ ...asked, ...past }).body, { model: 'm', input, ...past, store: true });
    assert.deepEqual(roundTrip({ ...asked, ...past, store: false }).body, { model: 'm', input, ...past, store: false });
  }
});

test('responses round trip: recorded requests', { skip: evaluationDataMissing ?? false }, (t) => {
  let count = 0;
  for (const row of wireRows()) {
    if (row.api !== 'responses' || !row.req_body?.startsWith('{')) continue;
    const body = JSON.parse(row.req_body) as JsonValue;
    if (!isJsonObject(body) || !isServed(body)) continue;
    const label = `${row.repo} ${row.path} ${row.index}`;
    const { body: sent } = roundTrip(body);
    assert.deepEqual(canonical(sent), canonical(withoutDefaults(body)), label);
    count += 1;
  }
  t.diagnostic(`${count} requests`);
  assert.ok(count >= 250);
});

/** A model must be named, also beside a stored prompt; answers in the background are not served. */
function isServed(body: JsonObject): boolean {
  return body['model'] !== undefined && body['background'] !== true;
}

/** Without what is not sent: reasoning that is only a summary, padding, log probabilities in another order. */
function withoutDefaults(body: JsonObject): JsonObject {
  const { input } = body;
  if (!Array.isArray(input)) return body;
  const usable = (input as JsonObject[]).filter((item) => {
    const content = item['content'];
    return (
      item['type'] !== 'reasoning' ||
      item['encrypted_content'] != null ||
      (Array.isArray(content) && content.length > 0)
    );
  });
  return { ...body, input: usable };
}
