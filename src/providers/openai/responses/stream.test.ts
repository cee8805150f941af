import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { chatRequest } from '../../../../test/fixtures/calls.ts';
import { quarterEstimator } from '../../../../test/fixtures/quarter-estimator.ts';
import { cutAt } from '../../../../test/fixtures/upstream-calls.ts';
import { partsOf, ResponseCollector } from '../../../core/collect.ts';
import { SluiceError } from '../../../core/error.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import type { PredictPart, PredictRequest, PredictResponse } from '../../../core/predict.ts';
import { SseParser } from '../../transport/sse-parser.ts';
import { responseFromWire } from './from-wire.ts';
import { ResponseStreamReader } from './stream.ts';

const context = {
  target: 'p/m',
  model: 'm',
  requestId: 'req_1',
  nowMs: 1_763_000_000_000,
  estimator: quarterEstimator,
};
const failures = { target: 'p/m', secrets: [], nowMs: 0 };
const native: PredictRequest = { ...chatRequest('m'), dialect: 'openai-responses' };
const everyEvent = readFileSync(join(import.meta.dirname, '../fixtures/every-event.sse'));

/** What a reader makes of a body that arrives in these pieces and then ends well. */
function read(chunks: readonly Buffer[], request = native): { parts: PredictPart[]; error: SluiceError | undefined } {
  const parser = new SseParser(1024 * 1024);
  const reader = new ResponseStreamReader(request, context, failures);
  const parts: PredictPart[] = [];
  try {
    for (const chunk of chunks) {
      parser.push(chunk);
      while (parser.read()) if (reader.read(parser.event, parser.data, parts)) return { parts, error: undefined };
    }
    reader.finish();
  } catch (error) {
    assert.ok(error instanceof SluiceError, String(error));
    return { parts, error };
  }
  return { parts, error: undefined };
}

function collect(parts: readonly PredictPart[]): PredictResponse {
  const collector = new ResponseCollector();
  for (const part of parts) collector.add(part);
  return collector.finish();
}

function sse(...events: JsonObject[]): Buffer[] {
  return events.map((event) => Buffer.from(`data: ${JSON.stringify(event)}\n\n`));
}

/** The response of the fixture's last event. */
function wholeResponse(): JsonObject {
  const data = everyEvent.toString().trim().split('\n').at(-1)?.slice('data: '.length) ?? '';
  const event: unknown = JSON.parse(data);
  assert.ok(isJsonObject(event) && isJsonObject(event['response']));
  return event['response'];
}

const completed = (fields: JsonObject = {}): JsonObject => ({
  type: 'response.completed',
  response: { id: 'r', status: 'completed', output: [], ...fields },
});

test('responses stream: every event together gives what the whole response gives', () => {
  for (const request of [native, chatRequest('m')]) {
    const { parts, error } = read([everyEvent], request);
    assert.equal(error, undefined);
    assert.deepEqual(collect(parts), responseFromWire(wholeResponse(), request, context));
  }
});

test('responses stream: the parts say who, what, how it ended and what it cost', () => {
  const { parts } = read([everyEvent]);
  assert.deepEqual(parts[0], {
    type: 'start',
    id: 'resp_1',
    model: 'gpt-5.1-2026',
    target: 'p/m',
    createdAtMs: 1_763_000_000_000,
    attempts: 1,
  });
  const { content, finishReason, usage, extra } = collect(parts);
  const summary = { id: 'rs_1', type: 'summary_text' };
  assert.deepEqual(content.slice(0, 3), [
    { type: 'reasoning', text: '**Plan**\n\nLook it up.', extra: summary },
    { type: 'reasoning', text: 'Then answer — kurz.', extra: summary },
    { type: 'reasoning', text: 'Raw 思考.', encrypted: 'gAAAA==', extra: { id: 'rs_1', type: 'reasoning_text' } },
  ]);
  assert.deepEqual(
    content.slice(3, 11).map((part) => part.type === 'opaque' && part.value['type']),
    [
      'web_search_call',
      'file_search_call',
      'code_interpreter_call',
      'image_generation_call',
      'mcp_list_tools',
      'mcp_call',
      'custom_tool_call',
      'shell_call',
    ],
  );
  const [call, head, first, second, refusal] = content.slice(11);
  assert.deepEqual(call, {
    type: 'tool-call',
    id: 'call_1',
    name: 'get_weather',
    arguments: '{"city":"Zürich"}',
    extra: { id: 'fc_1' },
  });
  const value = { id: 'msg_1', type: 'message', role: 'assistant', phase: 'final_answer' };
  assert.deepEqual(head, { type: 'opaque', dialect: 'openai-responses', value });
  assert.ok(first?.type === 'text' && first.text === 'Grüße aus ' && first.annotations?.length === 1);
  assert.deepEqual(second, { type: 'text', text: '東京 🗼!' });
  assert.deepEqual(refusal, { type: 'refusal', text: 'No more.' });
  assert.equal(finishReason, 'tool-calls');
  assert.deepEqual(usage, {
    inputTokens: 36,
    outputTokens: 87,
    cachedInputTokens: 4,
    cacheWriteInputTokens: 2,
    reasoningTokens: 64,
    source: 'provider',
  });
  assert.deepEqual(extra, { service_tier: 'default', metadata: {} });
});

test('responses stream: progress is replayable by callers of this API and shown to no others', () => {
  const isProgress = (part: PredictPart): part is Extract<PredictPart, { type: 'opaque-delta' }> =>
    part.type === 'opaque-delta' && String(part.value['type']).startsWith('response.');
  const events = read([everyEvent]).parts.filter(isProgress);
  const types = new Set(events.map((part) => part.value['type']));
  for (const type of [
    'output_item.added',
    'web_search_call.searching',
    'image_generation_call.partial_image',
    'something.new',
  ]) {
    assert.ok(types.has(`response.${type}`), type);
  }
  assert.ok(events.every((part) => part.value['sequence_number'] === undefined));
  assert.deepEqual(read([everyEvent], chatRequest('m')).parts.filter(isProgress), []);
});

test('responses stream: a caller of chat completions gets a custom call in its own form, and nothing of the vendor’s ids', () => {
  const { content } = collect(read([everyEvent], chatRequest('m')).parts);
  const custom = { index: 0, id: 'call_c', type: 'custom', custom: { name: 'sql', input: 'select 1' } };
  assert.ok(
    content.some(
      (part) => part.type === 'opaque' && JSON.stringify(part.value['tool_calls']) === JSON.stringify([custom]),
    ),
  );
  assert.ok(
    content.every((part) => part.type !== 'reasoning' || (part.encrypted === undefined && part.extra === undefined)),
  );
  assert.ok(content.every((part) => part.type !== 'tool-call' || part.extra === undefined));
});

test('responses stream: the parts do not depend on where the bytes are cut', () => {
  const { parts } = read([everyEvent]);
  fc.assert(
    fc.property(fc.array(fc.nat({ max: everyEvent.length }), { maxLength: 12 }), (offsets) => {
      assert.deepEqual(read(cutAt(everyEvent, offsets)).parts, parts);
    }),
    { numRuns: 50 },
  );
  const bytes = Array.from({ length: everyEvent.length }, (_, index) => everyEvent.subarray(index, index + 1));
  assert.deepEqual(read(bytes).parts, parts);
});

test('responses stream: cut anywhere before its last event it is truncated, never complete', () => {
  const end = everyEvent.indexOf('event: response.completed');
  fc.assert(
    fc.property(fc.nat({ max: end }), (at) => {
      const { parts, error } = read([everyEvent.subarray(0, at)]);
      assert.equal(error?.reason, 'upstream_truncated');
      assert.ok(parts.every((part) => part.type !== 'end'));
    }),
    { numRuns: 50 },
  );
  assert.equal(read([Buffer.from('data: [DONE]\n\n')]).error?.reason, 'upstream_truncated');
});

test('responses stream: servers that leave deltas or events out lose nothing', () => {
  const output = wholeResponse()['output'] ?? [];
  const whole = responseFromWire(wholeResponse(), native, context);
  assert.deepEqual(collect(read(sse({ ...completed(), response: wholeResponse() })).parts), whole);
  assert.ok(Array.isArray(output));
  const dones = output.map((item, index) => ({ type: 'response.output_item.done', output_index: index, item }));
  const { parts } = read(sse(...dones, { ...completed(), response: { ...wholeResponse(), output: [] } }));
  // The start was sent before the last event could say who answers.
  assert.deepEqual({ ...collect(parts), id: whole.id, model: whole.model }, whole);
});

test('responses stream: a whole answer in place of a stream gives the same parts', () => {
  const reader = new ResponseStreamReader(native, context, failures);
  const out: PredictPart[] = [];
  reader.whole({ status: 200, headers: {}, body: JSON.stringify(wholeResponse()) }, out);
  assert.deepEqual(out, [...partsOf(responseFromWire(wholeResponse(), native, context))]);
});

test('responses stream: an incomplete answer says why', () => {
  const ended = (reason: string | null): PredictResponse => {
    const response = { status: 'incomplete', output: [], incomplete_details: reason === null ? null : { reason } };
    return collect(read(sse({ type: 'response.incomplete', response })).parts);
  };
  assert.equal(ended('max_output_tokens').finishReason, 'length');
  assert.equal(ended('content_filter').finishReason, 'content-filter');
  assert.deepEqual(
    [ended('max_tool_calls').finishReason, ended('max_tool_calls').rawFinishReason],
    ['other', 'max_tool_calls'],
  );
  assert.equal(ended(null).finishReason, 'other');
});

test('responses stream: failures mean what their codes say', () => {
  const failed = (error: JsonObject): string | undefined =>
    read(sse({ type: 'response.failed', response: { status: 'failed', error } })).error?.reason;
  assert.equal(failed({ code: 'server_error', message: 'm' }), 'upstream_unavailable');
  assert.equal(failed({ code: 'rate_limit_exceeded', message: 'm' }), 'upstream_rate_limited');
  assert.equal(failed({ code: 'invalid_prompt', message: 'm' }), 'upstream_rejected');
  assert.equal(failed({ code: 'image_too_large', message: 'm' }), 'upstream_rejected');
  assert.equal(failed({ code: 'bio_policy', message: 'm' }), 'content_filtered');
  assert.equal(failed({ code: 'vector_store_timeout', message: 'm' }), 'upstream_unavailable');
  assert.equal(failed({ code: 'context_length_exceeded', message: 'm' }), 'context_length_exceeded');
  assert.equal(failed({ code: 'insufficient_quota', message: 'm' }), 'upstream_unauthenticated');
  const flat = read(
    sse({ type: 'error', code: 'invalid_prompt', message: 'Bad.', param: 'input', sequence_number: 3 }),
  );
  assert.deepEqual(
    [flat.error?.reason, flat.error?.message, flat.error?.param],
    ['upstream_rejected', 'Bad.', 'input'],
  );
  const nested = read(sse({ type: 'error', error: { type: 'server_error', code: null, message: 'm' } }));
  assert.equal(nested.error?.reason, 'upstream_unavailable');
  const last = read(sse(completed({ status: 'failed', error: { code: 'server_error', message: 'm' } })));
  assert.equal(last.error?.reason, 'upstream_unavailable');
  const cancelled = read(sse({ type: 'response.cancelled', response: { status: 'cancelled', output: [] } }));
  assert.equal(cancelled.error?.reason, 'upstream_truncated');
});

test('responses stream: further fields of texts are those of their own text, whole and streamed', () => {
  const content = ['a', 'b'].map((text) => ({ type: 'output_text', text, annotations: [], mark: text }));
  const item: JsonObject = { type: 'message', id: 'm', role: 'assistant', status: 'completed', content };
  const { content: _, ...head } = item;
  const pieces = content.flatMap((part, index) => {
    const place = { output_index: 0, content_index: index, item_id: 'm' };
    return [
      { type: 'response.output_text.delta', delta: part.text, ...place },
      { type: 'response.content_part.done', part, ...place },
    ];
  });
  const added = { type: 'response.output_item.added', output_index: 0, item: { ...head, content: [] } };
  const done = { type: 'response.output_item.done', output_index: 0, item };
  const last = completed({ output: [item] });
  const whole = responseFromWire(last['response'] as JsonObject, native, context);
  assert.deepEqual(
    whole.content.flatMap((part) => (part.type === 'text' ? [part] : [])),
    ['a', 'b'].map((text) => ({ type: 'text', text, extra: { mark: text } })),
  );
  assert.deepEqual(collect(read(sse(added, ...pieces, done, last)).parts).content, whole.content);
});

test('responses stream: nonsense is malformed', () => {
  for (const event of [
    { type: 'response.output_item.added', output_index: 0 },
    { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{' },
    { type: 'response.output_item.done', output_index: 0, item: { type: 'function_call', arguments: '{}' } },
    { type: 'response.completed' },
  ]) {
    assert.equal(read(sse(event)).error?.reason, 'upstream_malformed', event.type);
  }
  assert.equal(read([Buffer.from('data: {"type":"response.completed"\n\n')]).error?.reason, 'upstream_malformed');
});

test('responses stream: usage that nobody reports is estimated from what was said', async () => {
  const reader = new ResponseStreamReader(chatRequest('m'), context, failures);
  const out: PredictPart[] = [];
  const delta = { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: '12345678' };
  reader.read('', JSON.stringify(delta), out);
  reader.read('', JSON.stringify(completed()), out);
  const end = out.at(-1);
  assert.ok(end?.type === 'end');
  const settled = await reader.settle(end);
  assert.deepEqual([settled.usage.outputTokens, settled.usage.source], [2, 'estimated']);
});
