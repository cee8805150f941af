import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../core/json.ts';
import { parseResponseCall } from './parse-request.ts';
import { type ResponseProgress, responseObject, shownItem } from './response-object.ts';

const progress: ResponseProgress = { status: 'completed', model: 'gpt', output: [], store: true };

function make(body: JsonObject = {}, extra: JsonObject = {}): JsonObject {
  const asked = parseResponseCall({ model: 'm', input: 'q', ...body });
  return responseObject({ id: 'resp_1', createdAtMs: 1_999 }, asked, { ...progress, extra });
}

test('response object: repeats what was asked for, and has OpenAI’s defaults for what was not', () => {
  assert.deepEqual(make(), {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    model: 'gpt',
    output: [],
    previous_response_id: null,
    store: true,
    max_output_tokens: null,
    temperature: null,
    top_p: null,
    parallel_tool_calls: true,
    reasoning: { effort: null, summary: null },
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    truncation: 'disabled',
  });
  assert.deepEqual(make({ conversation: 'conv_1' })['conversation'], { id: 'conv_1' });
  assert.deepEqual(make({ conversation: { id: 'conv_1' } })['conversation'], { id: 'conv_1' });
  const asked = make({
    instructions: 'i',
    metadata: { a: 'b' },
    temperature: 0.5,
    tools: [{ type: 'function', name: 'f' }],
    reasoning: { effort: 'low' },
    text: { verbosity: 'low', format: null },
    user: 'u',
  });
  assert.deepEqual(asked['tools'], [{ type: 'function', name: 'f', parameters: null, strict: null }]);
  assert.deepEqual(asked['reasoning'], { effort: 'low', summary: null });
  assert.deepEqual(asked['text'], { format: { type: 'text' }, verbosity: 'low' });
  assert.deepEqual([asked['instructions'], asked['temperature'], asked['user']], ['i', 0.5, 'u']);
});

test('response object: a provider of this API says what it took, but not where the answer is kept', () => {
  const told = make(
    { text: { format: { type: 'json_object' } } },
    {
      tool_choice: 'auto',
      temperature: 1,
      text: { format: { type: 'text' }, verbosity: 'medium' },
      service_tier: 'default',
      store: false,
      previous_response_id: 'resp_of_the_vendor',
      conversation: { id: 'c' },
      id: 'other',
      content_filters: [],
      nothing: null,
    },
  );
  assert.deepEqual([told['id'], told['store'], told['previous_response_id']], ['resp_1', true, null]);
  assert.deepEqual(told['text'], { verbosity: 'medium', format: { type: 'json_object' } });
  assert.deepEqual([told['temperature'], told['service_tier'], told['content_filters']], [1, 'default', []]);
  assert.equal('conversation' in told || 'nothing' in told, false);
});

test('response object: of another API, fields of the same name are kept apart and the others keep their names', () => {
  const told = make(
    {},
    { moderation: { x: 1 }, service_tier: 'on_demand', citations: ['u'], provider_fields: { y: 2 } },
  );
  assert.deepEqual(told['provider_fields'], { moderation: { x: 1 }, service_tier: 'on_demand', y: 2 });
  assert.deepEqual(told['citations'], ['u']);
  assert.equal('moderation' in told, false);
  assert.equal(make({}, { service_tier: 'flex' })['service_tier'], 'flex');
});

test('response object: only reasoning has something to hide', () => {
  const reasoning = { type: 'reasoning', id: 'rs_1', encrypted_content: 'e' };
  const compaction = { type: 'compaction', id: 'cmp_1', encrypted_content: 'e' };
  assert.deepEqual(shownItem(reasoning, false), { type: 'reasoning', id: 'rs_1' });
  assert.equal(shownItem(reasoning, true), reasoning);
  assert.equal(shownItem(compaction, false), compaction);
});
