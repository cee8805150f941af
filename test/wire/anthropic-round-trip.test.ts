// A request in Anthropic's dialect for a model of Anthropic's: in through the edge, out through the provider, its meaning whole.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { parseMessagesRequest } from '../../src/edge/anthropic/parse-request.ts';
import { predictToWire } from '../../src/providers/anthropic/to-wire.ts';
import { evaluationDataMissing, wireRows } from '../fixtures/upstream-calls.ts';

function roundTrip(body: JsonObject): JsonObject {
  const { request, stream } = parseMessagesRequest(structuredClone(body));
  const wire = predictToWire(request, { model: request.model, stream });
  assert.deepEqual(wire.downgrades, [], 'nothing is left out');
  return wire.body;
}

/** A body in one of its equivalent forms: lists for strings, one turn for turns in a row, no nulls, no words for defaults. */
function canonical(body: JsonObject): JsonValue {
  const turns: { role: JsonValue; content: JsonValue[] }[] = [];
  for (const message of body['messages'] as JsonObject[]) {
    const content = blocksOf(message['content']);
    const last = turns.at(-1);
    if (last !== undefined && last.role === message['role'] && last.role !== 'system') last.content.push(...content);
    else turns.push({ role: message['role'] ?? null, content: [...content] });
  }
  const { system, tools, stream, ...rest } = body;
  return withoutNulls({
    ...rest,
    messages: turns,
    ...(stream === true ? { stream } : {}),
    ...(system === undefined || system === '' ? {} : { system: blocksOf(system) }),
    ...(Array.isArray(tools) ? { tools: tools.map(canonicalTool) } : {}),
  });
}

function blocksOf(content: JsonValue | undefined): JsonValue[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return Array.isArray(content) ? content.map(canonicalBlock) : [];
}

function canonicalBlock(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  const block = { ...value };
  if (block['type'] === 'tool_result') block['content'] = blocksOf(block['content']);
  const caller = block['caller'];
  if (block['type'] === 'tool_use' && isJsonObject(caller) && caller['type'] === 'direct') delete block['caller'];
  if (Array.isArray(block['citations']) && block['citations'].length === 0) delete block['citations'];
  return block;
}

function canonicalTool(tool: JsonValue): JsonValue {
  if (!isJsonObject(tool) || tool['type'] !== 'custom') return tool;
  const { type: _, ...rest } = tool;
  return rest;
}

function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutNulls(inner)]));
}

const everything: JsonObject = {
  model: 'claude-sonnet-4-5',
  max_tokens: 2048,
  system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Look:', cache_control: { type: 'ephemeral' } },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
        { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
        { type: 'image', source: { type: 'file', file_id: 'file_1' } },
        {
          type: 'document',
          source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
          title: 'Report',
          context: 'Of last year',
          citations: { enabled: true },
        },
        { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Grüße 東京' } },
        { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'chunk' }] } },
        { type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'found' }] },
        { type: 'container_upload', file_id: 'file_2' },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'ZGF0YQ==' },
        { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'q' } },
        {
          type: 'web_search_tool_result',
          tool_use_id: 'srvtoolu_1',
          content: [{ type: 'web_search_result', url: 'u' }],
        },
        {
          type: 'text',
          text: 'As found',
          citations: [
            { type: 'char_location', cited_text: 'c', document_index: 0, start_char_index: 0, end_char_index: 1 },
          ],
        },
        { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: [1, { b: null }] } },
        {
          type: 'tool_use',
          id: 'toolu_2',
          name: 'g',
          input: {},
          caller: { type: 'code_execution_20250825', tool_id: 'srvtoolu_1' },
        },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_1', content: 'done', is_error: false },
        {
          type: 'tool_result',
          tool_use_id: 'toolu_2',
          is_error: true,
          content: [
            { type: 'text', text: 'failed' },
            { type: 'image', source: { type: 'url', url: 'https://example.com/b.png' } },
            { type: 'tool_reference', tool_name: 'h' },
          ],
          cache_control: { type: 'ephemeral' },
        },
        { type: 'text', text: 'Go on.' },
      ],
    },
    { role: 'system', content: 'From now on in German.' },
  ],
  stream: true,
  temperature: 1,
  top_p: 0.95,
  top_k: 40,
  stop_sequences: ['\n\n', 'END'],
  tools: [
    {
      name: 'f',
      description: 'd',
      input_schema: { type: 'object', properties: { a: { minimum: 1 } } },
      strict: true,
      defer_loading: true,
    },
    { type: 'web_search_20250305', name: 'web_search', max_uses: 3 },
  ],
  tool_choice: { type: 'auto', disable_parallel_tool_use: false },
  thinking: { type: 'enabled', budget_tokens: 1024, display: 'summarized' },
  output_config: {
    effort: 'high',
    format: { type: 'json_schema', schema: { type: 'object' } },
    task_budget: { total: 1 },
  },
  metadata: { user_id: 'u' },
  service_tier: 'standard_only',
  container: 'container_1',
  mcp_servers: [{ type: 'url', name: 'm', url: 'https://example.com' }],
  context_management: { edits: [] },
  cache_control: { type: 'ephemeral' },
  a_field_of_next_year: { x: 1 },
};

test('anthropic round trip: every field and block reaches the vendor', () => {
  assert.deepEqual(canonical(roundTrip(everything)), canonical(everything));
});

test('anthropic round trip: each tool choice keeps its meaning', () => {
  const messages = [{ role: 'user', content: 'q' }];
  const tools = [{ name: 'f', input_schema: { type: 'object' } }];
  for (const tool_choice of [
    { type: 'auto' },
    { type: 'any', disable_parallel_tool_use: true },
    { type: 'tool', name: 'f' },
    { type: 'none' },
    { type: 'tool', name: 'f', later: 1 },
  ]) {
    const body = { model: 'm', max_tokens: 1, messages, tools, tool_choice };
    assert.deepEqual(roundTrip(body), body);
  }
});

test('anthropic round trip: recorded requests keep their meaning', { skip: evaluationDataMissing ?? false }, (t) => {
  let count = 0;
  for (const row of wireRows()) {
    const isMessages = /\/v1\/messages(?:\/count_tokens)?(?:\?|$)/.test(row.url ?? '');
    if (!isMessages || row.host === 'api.openai.com' || row.req_body === undefined) continue;
    const body: JsonObject = { max_tokens: 1, ...(JSON.parse(row.req_body) as JsonObject) };
    if (body['model'] === undefined) continue; // Not recorded.
    assert.deepEqual(canonical(roundTrip(body)), canonical(body), `${row.repo} ${row.path} ${row.index}`);
    count += 1;
  }
  t.diagnostic(`${count} recorded requests`);
  assert.ok(count >= 200, `only ${count} requests`);
});
