import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { cutAt } from '../../../test/fixtures/upstream-calls.ts';
import { ResponseCollector } from '../../core/collect.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PredictPart, PredictResponse } from '../../core/predict.ts';
import { SseParser } from '../transport/sse-parser.ts';
import type { MessageContext } from './answer-fields.ts';
import { embeddedFailureOf } from './errors.ts';
import { predictFromWire } from './from-wire.ts';
import { MessageStreamReader } from './stream.ts';

const context: MessageContext = {
  request: chatRequest('alias'),
  target: 'p/m',
  model: 'm',
  requestId: 'req_1',
  nowMs: 1000,
  estimator: quarterEstimator,
  downgrades: [],
  answerTool: undefined,
};
const failure = (body: JsonObject): SluiceError => embeddedFailureOf(body, { target: 'p/m', secrets: [], nowMs: 0 });

function fixture(name: string): string {
  return readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
}

/** The parts of a body in pieces. Throws what the reader throws, also `upstream_truncated`. */
function read(chunks: readonly Buffer[], overrides: Partial<MessageContext> = {}): PredictPart[] {
  const parser = new SseParser(1024 * 1024);
  const reader = new MessageStreamReader({ ...context, ...overrides }, failure);
  const parts: PredictPart[] = [];
  for (const chunk of chunks) {
    parser.push(chunk);
    while (parser.read()) if (reader.read(parser.event, parser.data, parts)) return parts;
  }
  reader.finish();
  return parts;
}

const readText = (body: string, overrides?: Partial<MessageContext>): PredictPart[] =>
  read([Buffer.from(body)], overrides);

function collect(parts: readonly PredictPart[]): PredictResponse {
  const collector = new ResponseCollector();
  for (const part of parts) collector.add(part);
  return collector.finish();
}

/** Events as Anthropic frames them. */
function events(...bodies: readonly JsonObject[]): string {
  return bodies.map((body) => `event: ${String(body['type'])}\ndata: ${JSON.stringify(body)}\n\n`).join('');
}

const start = (usage: JsonObject = { input_tokens: 5, output_tokens: 1 }): JsonObject => ({
  type: 'message_start',
  message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-x', content: [], usage },
});
const open = (index: number, content_block: JsonObject): JsonObject => ({
  type: 'content_block_start',
  index,
  content_block,
});
const delta = (index: number, fields: JsonObject): JsonObject => ({
  type: 'content_block_delta',
  index,
  delta: fields,
});
const close = (index: number): JsonObject => ({ type: 'content_block_stop', index });
const ending = (stop_reason: string, usage: JsonObject = { output_tokens: 7 }): JsonObject => ({
  type: 'message_delta',
  delta: { stop_reason, stop_sequence: null },
  usage,
});
const stop: JsonObject = { type: 'message_stop' };
const hello = [open(0, { type: 'text', text: '' }), delta(0, { type: 'text_delta', text: 'Hello' }), close(0)];

function reasonOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SluiceError) return error.reason;
    throw error;
  }
  return 'none';
}

test('stream: every event makes what the whole answer says', () => {
  const streamed = collect(readText(fixture('every-event.sse')));
  const whole = predictFromWire(JSON.parse(fixture('every-event.json')), context);
  const call = streamed.content.at(-2);
  assert.ok(call?.type === 'tool-call');
  assert.equal(call.arguments, '{"city": "東京"}', 'arguments are the model’s own characters');
  const content = streamed.content.map((part) =>
    part === call ? { ...call, arguments: JSON.stringify(JSON.parse(call.arguments)) } : part,
  );
  assert.deepEqual({ ...streamed, content }, whole);
});

test('stream: what message_start says has come with the first part, and stays as it was', () => {
  const begun = {
    type: 'message_start',
    message: {
      id: 'msg_1',
      model: 'm',
      diagnostics: { a: 1 },
      usage: { input_tokens: 5, output_tokens: 1, service_tier: 'batch' },
    },
  };
  const last = {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', container: { id: 'c' } },
    usage: { speed: 'fast' },
  };
  const [first, ...others] = readText(events(begun, ...hello, last, stop));
  assert.ok(first?.type === 'start');
  assert.deepEqual(first.extra, { diagnostics: { a: 1 } });
  assert.deepEqual(first.inputUsage?.extra, { service_tier: 'batch' });
  const end = others.at(-1);
  assert.ok(end?.type === 'end');
  assert.deepEqual(end.extra, { diagnostics: { a: 1 }, container: { id: 'c' } });
  assert.deepEqual(end.usage.extra, { service_tier: 'batch', speed: 'fast' });
  const [plain] = readText(events(start(), ...hello, ending('end_turn'), stop));
  assert.ok(plain !== undefined && !('extra' in plain));
});

test('stream: the answer’s parts have their fields', () => {
  const response = collect(readText(fixture('every-event.sse')));
  assert.deepEqual(
    response.content.map((part) => part.type),
    ['reasoning', 'reasoning', 'reasoning', 'opaque', 'opaque', 'text', 'text', 'opaque', 'tool-call', 'tool-call'],
  );
  assert.deepEqual(response.content[9], {
    type: 'tool-call',
    id: 'toolu_2',
    name: 'now',
    arguments: '{}',
    extra: { caller: { type: 'code_execution_20250825', tool_id: 'srvtoolu_1' } },
  });
  assert.deepEqual(response.usage, {
    inputTokens: 215,
    outputTokens: 89,
    cachedInputTokens: 200,
    cacheWriteInputTokens: 3,
    reasoningTokens: 30,
    source: 'provider',
    extra: {
      cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 0 },
      service_tier: 'standard',
      server_tool_use: { web_search_requests: 1 },
    },
  });
  assert.deepEqual(response.extra, {
    container: { id: 'container_1', expires_at: '2030-01-01T00:00:00Z' },
    context_management: { applied_edits: [{ type: 'x' }] },
  });
  assert.equal(response.finishReason, 'tool-calls');
});

test('stream: the start says what the input took', () => {
  const [first] = readText(fixture('every-event.sse'));
  assert.ok(first?.type === 'start');
  assert.equal(first.inputUsage?.inputTokens, 213);
  assert.deepEqual([first.id, first.model, first.target, first.createdAtMs], ['msg_1', 'claude-test-1', 'p/m', 1000]);
});

test('stream: however the bytes are cut, the parts are the same', () => {
  const bytes = Buffer.from(fixture('every-event.sse'));
  const whole = read([bytes]);
  assert.deepEqual(read(cutAt(bytes, [...bytes.keys()])), whole, 'byte by byte');
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 40 }), (offsets) => {
      assert.deepEqual(read(cutAt(bytes, offsets)), whole);
    }),
  );
});

test('stream: CRLF and events without names make the same parts', () => {
  const body = fixture('every-event.sse');
  const whole = readText(body);
  assert.deepEqual(readText(body.replaceAll('\n', '\r\n')), whole);
  assert.deepEqual(readText(body.replace(/event: an_event.*\n.*\n/, '').replaceAll(/^event: .*\n/gm, '')), whole);
});

test('stream: wherever it is cut, it is truncated, never a success', () => {
  const bytes = Buffer.from(fixture('every-event.sse'));
  const end = bytes.lastIndexOf('event: message_stop');
  fc.assert(
    fc.property(fc.nat(end), (length) => {
      assert.equal(
        reasonOf(() => read([bytes.subarray(0, length)])),
        'upstream_truncated',
      );
    }),
  );
});

test('stream: [DONE] in place of message_stop is not the end', () => {
  const body = `${events(start(), ...hello, ending('end_turn'))}data: [DONE]\n\n`;
  assert.equal(
    reasonOf(() => readText(body)),
    'upstream_truncated',
  );
});

test('stream: nothing comes out before the first block', () => {
  const reader = new MessageStreamReader(context, failure);
  const before: PredictPart[] = [];
  reader.read('message_start', JSON.stringify(start()), before);
  assert.deepEqual(before, []);
  const parts: PredictPart[] = [];
  reader.read('content_block_start', JSON.stringify(hello[0]), parts);
  assert.deepEqual(
    parts.map((part) => part.type),
    ['start'],
  );
});

test('stream: each stop reason has its meaning, and keeps its word', () => {
  const meanings = {
    end_turn: 'stop',
    stop_sequence: 'stop',
    max_tokens: 'length',
    model_context_window_exceeded: 'length',
    tool_use: 'tool-calls',
    refusal: 'content-filter',
    pause_turn: 'other',
    a_word_of_next_year: 'other',
  };
  for (const [raw, meaning] of Object.entries(meanings)) {
    const response = collect(readText(events(start(), ...hello, ending(raw), stop)));
    assert.equal(response.finishReason, meaning, raw);
    assert.equal(response.rawFinishReason, raw);
  }
});

test('stream: the stop sequence and the details of a refusal are kept', () => {
  const last = {
    type: 'message_delta',
    delta: { stop_reason: 'refusal', stop_sequence: 'END', stop_details: { type: 'refusal', category: 'cyber' } },
    usage: { output_tokens: 2 },
  };
  const response = collect(readText(events(start(), ...hello, last, stop)));
  assert.equal(response.stopSequence, 'END');
  assert.deepEqual(response.extra?.['stop_details'], { type: 'refusal', category: 'cyber' });
  assert.deepEqual(response.usage, { inputTokens: 5, outputTokens: 2, source: 'provider' });
});

test('stream: an answer without any block is an answer', () => {
  const parts = readText(events(start(), ending('end_turn'), stop));
  assert.deepEqual(
    parts.map((part) => part.type),
    ['start', 'end'],
  );
});

test('stream: a second message_start and a missing content_block_stop do no harm', () => {
  const body = events(start(), start(), ...hello.slice(0, 2), ending('end_turn'), stop);
  assert.deepEqual(collect(readText(body)).content, [{ type: 'text', text: 'Hello' }]);
});

test('stream: input that came with the start of a call counts where no delta brings any', () => {
  const block = { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } };
  const response = collect(readText(events(start(), open(0, block), close(0), ending('tool_use'), stop)));
  assert.deepEqual(response.content, [{ type: 'tool-call', id: 't', name: 'f', arguments: '{"a":1}' }]);
});

test('stream: an unknown block that grows by known deltas is passed on whole', () => {
  const blocks = [
    open(0, { type: 'new', text: 'a', list: [1] }),
    delta(0, { type: 'text_delta', text: 'b' }),
    delta(0, { type: 'list_delta', list: [2] }),
    delta(0, { type: 'citations_delta', citation: { x: 1 } }),
    delta(0, { type: 'input_json_delta', partial_json: '{"broken' }),
    close(0),
  ];
  const response = collect(readText(events(start(), ...blocks, ending('end_turn'), stop)));
  const value = { type: 'new', text: 'ab', list: [1, 2], citations: [{ x: 1 }], input: '{"broken' };
  assert.deepEqual(response.content, [{ type: 'opaque', dialect: 'anthropic', value }]);
});

test('stream: the tool that stands for the answer’s form is text, and its end a stop', () => {
  const call = [
    open(0, { type: 'tool_use', id: 't', name: 'answer', input: {} }),
    delta(0, { type: 'input_json_delta', partial_json: '{"a":' }),
    delta(0, { type: 'input_json_delta', partial_json: '1}' }),
    close(0),
  ];
  const response = collect(
    readText(events(start(), ...call, ending('tool_use'), stop), {
      answerTool: 'answer',
      downgrades: ['response_format'],
    }),
  );
  assert.deepEqual(response.content, [{ type: 'text', text: '{"a":1}' }]);
  assert.equal(response.finishReason, 'stop');
  assert.deepEqual(response.downgrades, ['response_format']);
  const other = [open(1, { type: 'tool_use', id: 'u', name: 'other', input: {} }), close(1)];
  const both = readText(events(start(), ...call, ...other, ending('tool_use'), stop), { answerTool: 'answer' });
  assert.equal(collect(both).finishReason, 'tool-calls');
});

test('stream: an error event is the failure that it names', () => {
  const reasons = {
    overloaded_error: ['upstream_unavailable', 529],
    api_error: ['upstream_unavailable', 500],
    rate_limit_error: ['upstream_rate_limited', 429],
    timeout_error: ['upstream_timeout', 504],
    invalid_request_error: ['upstream_rejected', 400],
    authentication_error: ['upstream_unauthenticated', 401],
    request_too_large: ['upstream_rejected', 413],
  } as const;
  for (const [type, [reason, status]] of Object.entries(reasons)) {
    const body = events(start(), ...hello.slice(0, 2), { type: 'error', error: { type, message: 'Overloaded' } });
    assert.throws(
      () => readText(body),
      (error) => error instanceof SluiceError && error.reason === reason && error.upstream?.status === status,
      type,
    );
  }
  assert.equal(
    reasonOf(() => readText('event: error\ndata: upstream died\n\n')),
    'upstream_unavailable',
  );
});

test('stream: what is no stream of a message is malformed', () => {
  const bad: Record<string, string> = {
    'data is not JSON': 'event: message_start\ndata: {"type":\n\n',
    'a delta of no block': events(start(), delta(0, { type: 'text_delta', text: 'x' })),
    'the end of no block': events(start(), close(3)),
    'a block that is open': events(start(), open(0, { type: 'text', text: '' }), open(0, { type: 'text', text: '' })),
    'a call without a name': events(start(), open(0, { type: 'tool_use', id: 't' })),
    'an end without a start': events(stop),
    'a start without a message': events({ type: 'message_start' }),
    'too many open blocks': events(
      start(),
      ...Array.from({ length: 65 }, (_, at) => open(at, { type: 'text', text: '' })),
    ),
  };
  for (const [what, body] of Object.entries(bad))
    assert.equal(
      reasonOf(() => readText(body)),
      'upstream_malformed',
      what,
    );
});

test('stream: a block that is put together has a bound', () => {
  const reader = new MessageStreamReader(context, failure);
  const parts: PredictPart[] = [];
  reader.read('', JSON.stringify(start()), parts);
  reader.read('', JSON.stringify(open(0, { type: 'server_tool_use', id: 's', name: 'n', input: {} })), parts);
  const piece = JSON.stringify(delta(0, { type: 'input_json_delta', partial_json: 'x'.repeat(900_000) }));
  const feed = (): void => void Array.from({ length: 5 }, () => reader.read('', piece, parts));
  assert.equal(reasonOf(feed), 'upstream_malformed');
});

test('stream: fields of a text block without a name here are kept, streamed or whole', () => {
  const block = { type: 'text', text: '', mark: { a: 1 } };
  const body = events(
    start(),
    { type: 'content_block_start', index: 0, content_block: block },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  );
  const content = [{ type: 'text', text: 'Hi', extra: { mark: { a: 1 } } }];
  assert.deepEqual(collect(readText(body)).content, content);
  const whole = predictFromWire({ content: [{ ...block, text: 'Hi' }], stop_reason: 'end_turn' }, context);
  assert.deepEqual(whole.content, content);
});

test('stream: a message that stops without a stop reason has lost events', () => {
  const body = events(
    start(),
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Hi' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_stop' },
  );
  assert.throws(() => readText(body), { reason: 'upstream_malformed' });
});

test('stream: an error in a gateway’s own form is an error, in a stream and in place of one', () => {
  const body = 'data: {"error":{"message":"busy","type":"overloaded_error"}}\n\n';
  assert.throws(() => readText(events(start()) + body), { reason: 'upstream_unavailable' });
  const reader = new MessageStreamReader(context, failure);
  const answer = { status: 200, headers: {}, body: '{"error":{"message":"slow down","type":"rate_limit_error"}}' };
  assert.throws(() => reader.whole(answer, []), { reason: 'upstream_rate_limited' });
});
