import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { cutAt, textOfParts } from '../../../test/fixtures/upstream-calls.ts';
import { ResponseCollector } from '../../core/collect.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PredictPart, PredictResponse } from '../../core/predict.ts';
import { SseParser } from '../transport/sse-parser.ts';
import { embeddedFailureOf } from './errors.ts';
import { ChatStreamReader, type EndingHabit } from './stream.ts';

const context = {
  target: 'p/m',
  model: 'm',
  requestId: 'req_1',
  nowMs: 1_763_000_000_000,
  estimator: quarterEstimator,
};
const failureContext = { target: 'p/m', secrets: [], nowMs: 0 };

/** What a reader makes of a body that arrives in these pieces and then ends well. */
function read(
  chunks: readonly Buffer[],
  habit: EndingHabit = { saysDone: false },
): { parts: PredictPart[]; error: SluiceError | undefined } {
  const parser = new SseParser(1024 * 1024);
  const failure = (body: JsonObject): SluiceError => embeddedFailureOf(body, failureContext);
  const reader = new ChatStreamReader(chatRequest('m'), context, failure, habit);
  const parts: PredictPart[] = [];
  try {
    for (const chunk of chunks) {
      parser.push(chunk);
      while (parser.read()) if (reader.read(parser.event, parser.data, parts)) return { parts, error: undefined };
    }
    reader.finish(parts);
  } catch (error) {
    assert.ok(error instanceof SluiceError, String(error));
    return { parts, error };
  }
  return { parts, error: undefined };
}

function fixture(name: string): Buffer {
  return readFileSync(join(import.meta.dirname, 'fixtures', `${name}.sse`));
}

function readFixture(name: string): PredictPart[] {
  const { parts, error } = read([fixture(name)]);
  assert.equal(error, undefined);
  return parts;
}

function collect(parts: readonly PredictPart[]): PredictResponse {
  const collector = new ResponseCollector();
  for (const part of parts) collector.add(part);
  return collector.finish();
}

function chunks(...bodies: (JsonObject | string)[]): Buffer[] {
  return bodies.map((body) => Buffer.from(`data: ${typeof body === 'string' ? body : JSON.stringify(body)}\n\n`));
}

const delta = (fields: JsonObject, finish: string | null = null): JsonObject => ({
  id: 'c1',
  created: 1_763_000_000,
  model: 'm-1',
  choices: [{ index: 0, delta: fields, finish_reason: finish }],
});

test('stream: openai text has one start, its deltas, and an end with the usage of the last chunk', () => {
  const parts = readFixture('openai-text');
  assert.deepEqual(parts, [
    {
      type: 'start',
      id: 'chatcmpl-CbQ7xT2m',
      model: 'gpt-5-mini-2025-08-07',
      target: 'p/m',
      createdAtMs: 1_763_712_001_000,
      attempts: 1,
    },
    { type: 'text-delta', text: 'Grüße' },
    { type: 'text-delta', text: ' aus 東京' },
    { type: 'text-delta', text: ' 🗼!' },
    {
      type: 'end',
      finishReason: 'stop',
      rawFinishReason: 'stop',
      usage: {
        inputTokens: 19,
        outputTokens: 12,
        cachedInputTokens: 16,
        audioInputTokens: 0,
        audioOutputTokens: 0,
        reasoningTokens: 4,
        acceptedPredictionTokens: 0,
        rejectedPredictionTokens: 0,
        source: 'provider',
      },
      systemFingerprint: 'fp_a1b2c3',
      extra: { service_tier: 'default' },
    },
  ]);
});

test('stream: openai tool calls are numbered, started once and carry their arguments', () => {
  const { content, finishReason, usage } = collect(readFixture('openai-tools'));
  assert.deepEqual(content, [
    { type: 'tool-call', id: 'call_Qa1', name: 'get_weather', arguments: '{"city":"Oslo"}' },
    { type: 'tool-call', id: 'call_Qb2', name: 'get_time', arguments: '{"zone":"CET"}' },
  ]);
  assert.equal(finishReason, 'tool-calls');
  assert.equal(usage.source, 'estimated');
});

test('stream: a refusal is not text', () => {
  assert.deepEqual(collect(readFixture('openai-refusal')).content, [
    { type: 'refusal', text: "I can't help with that." },
  ]);
});

test('stream: log probabilities stay with their tokens', () => {
  const { logprobs, content } = collect(readFixture('openai-logprobs'));
  assert.deepEqual(content, [{ type: 'text', text: 'Yes.' }]);
  assert.equal(logprobs?.length, 2);
  assert.deepEqual(logprobs?.[0], {
    token: 'Yes',
    logprob: -0.01,
    bytes: [89, 101, 115],
    top: [
      { token: 'Yes', logprob: -0.01, bytes: [89, 101, 115] },
      { token: 'No', logprob: -4.6, bytes: [78, 111] },
    ],
  });
});

test('stream: vllm reasoning, stop sequence and usage in a chunk of its own', () => {
  const response = collect(readFixture('vllm-reasoning'));
  assert.deepEqual(response.content, [
    { type: 'reasoning', text: 'The user greets.' },
    { type: 'text', text: 'Hello there' },
  ]);
  assert.equal(response.stopSequence, '###');
  assert.deepEqual(response.usage, { inputTokens: 11, outputTokens: 9, source: 'provider' });
});

test('stream: a vllm call whose id changes with every delta is one call', () => {
  assert.deepEqual(collect(readFixture('vllm-tools')).content, [
    { type: 'tool-call', id: 'chatcmpl-tool-aaaa', name: 'lookup', arguments: '{"q": "x"}' },
  ]);
});

test('stream: ollama calls that share index 0 are told apart by id and name', () => {
  assert.deepEqual(collect(readFixture('ollama-tools')).content, [
    { type: 'tool-call', id: 'call_1a2b', name: 'add', arguments: '{"a":1,"b":2}' },
    { type: 'tool-call', id: 'call_3c4d', name: 'mul', arguments: '{"a":3,"b":4}' },
  ]);
});

test('stream: ollama, llama.cpp, tgi and azure answers are whole', () => {
  assert.equal(textOfParts(readFixture('ollama-text')), 'Hi you');
  const llama = collect(readFixture('llamacpp-text'));
  assert.equal(llama.finishReason, 'length');
  assert.deepEqual(llama.usage, { inputTokens: 33, outputTokens: 5, source: 'provider' });
  assert.deepEqual(llama.extra, {
    timings: { cache_n: 32, prompt_n: 1, predicted_n: 5, predicted_per_second: 61.2 },
  });
  const tgi = collect(readFixture('tgi-text'));
  assert.deepEqual([tgi.finishReason, tgi.rawFinishReason, tgi.id], ['stop', 'eos_token', 'req_1']);
  const azure = collect(readFixture('azure-text'));
  assert.deepEqual([azure.id, azure.model], ['chatcmpl-Cazure', 'gpt-4o-mini-2024-07-18']);
  assert.ok(azure.extra?.['prompt_filter_results'] !== undefined);
});

test('stream: perplexity ends without [DONE] and with CRLF', () => {
  const response = collect(readFixture('perplexity-crlf'));
  assert.deepEqual(response.content, [{ type: 'text', text: '1 2 3' }]);
  assert.deepEqual(response.extra, { citations: ['https://example.org/a'] });
});

test('stream: mistral thinking is reasoning, and its references pass as they are', () => {
  assert.deepEqual(collect(readFixture('mistral-thinking')).content, [
    { type: 'reasoning', text: 'Hm, easy.' },
    { type: 'text', text: '4' },
    { type: 'opaque', dialect: 'openai', value: { type: 'reference', reference_ids: [1] } },
    { type: 'text', text: '!' },
  ]);
});

test('stream: a server that has said [DONE] once must say it always', () => {
  const habit: EndingHabit = { saysDone: false };
  const whole = chunks(delta({ content: 'a' }), delta({}, 'stop'));
  assert.equal(read(whole, habit).error, undefined, 'nothing is known of the server yet');
  assert.equal(read([...whole, ...chunks('[DONE]')], habit).error, undefined);
  assert.equal(read(whole, habit).error?.reason, 'upstream_truncated');
  const last = chunks({ object: 'chat.completion.done', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  assert.equal(read([...chunks(delta({ content: 'a' })), ...last], habit).error, undefined, 'the chunk says so itself');
});

test('stream: a stream that failed teaches nothing', () => {
  const habit: EndingHabit = { saysDone: false };
  assert.equal(read(chunks(delta({ content: 'a' }), '[DONE]'), habit).error?.reason, 'upstream_truncated');
  assert.equal(habit.saysDone, false);
});

test('stream: [DONE] without a finish reason is complete only where OpenRouter says that there is none', () => {
  const response = collect(readFixture('openrouter-no-reason'));
  assert.deepEqual([response.finishReason, response.rawFinishReason], ['other', undefined]);
  const usage = { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } };
  for (const between of [[], [usage]]) {
    const { error } = read(chunks(delta({ content: 'Half' }), ...between, '[DONE]'));
    assert.equal(error?.reason, 'upstream_truncated', 'the chunk with the finish reason is missing');
  }
});

test('stream: a body that ends well without a finish reason is truncated, also after usage', () => {
  const usage = { usage: { prompt_tokens: 1, completion_tokens: 1 } };
  const { parts, error } = read(chunks(delta({ content: 'Half' }), { ...delta({}), ...usage }));
  assert.equal(error?.reason, 'upstream_truncated');
  assert.equal(textOfParts(parts), 'Half');
  assert.ok(!parts.some((part) => part.type === 'end'));
  assert.equal(read([]).error?.reason, 'upstream_truncated');
});

test('stream: an error within the stream keeps what came before and is no success', () => {
  const openrouter = read([fixture('openrouter-error')]);
  assert.equal(textOfParts(openrouter.parts), 'Half an');
  assert.equal(openrouter.error?.reason, 'upstream_unavailable');
  assert.ok(!openrouter.error?.message.includes('org-'));
  const groq = read([fixture('groq-error-event')]);
  assert.equal(groq.error?.reason, 'upstream_rejected');
  assert.equal(groq.error?.upstream?.code, 'tool_use_failed');
});

test('stream: an unchanged unknown field of the deltas is sent on once', () => {
  const { parts } = read([fixture('groq-error-event')]);
  const opaque = parts.filter((part) => part.type === 'opaque-delta');
  assert.deepEqual(opaque, [{ type: 'opaque-delta', dialect: 'openai', value: { channel: 'analysis' } }]);
});

test('stream: nothing is started before there is content, so that an early failure fails the attempt', () => {
  const early = read(chunks(delta({ role: 'assistant', content: '' }), { error: { message: 'x', code: 503 } }));
  assert.deepEqual(early.parts, []);
  assert.equal(early.error?.reason, 'upstream_unavailable');
});

test('stream: a server that says it stopped halfway has not finished', () => {
  for (const word of ['abort', 'error']) {
    assert.equal(read(chunks(delta({ content: 'x' }), delta({}, word), '[DONE]')).error?.reason, 'upstream_truncated');
  }
});

test('stream: what is not a chunk is malformed', () => {
  for (const bad of ['{"choices":[{"delta":', '[1]', '7', '{"choices":{}}', '{"choices":[7]}']) {
    assert.equal(read(chunks(bad)).error?.reason, 'upstream_malformed', bad);
  }
  assert.equal(read(chunks(delta({ content: 7 }))).error?.reason, 'upstream_malformed');
  assert.equal(
    read(chunks(delta({ tool_calls: [{ index: 0 }] }, 'stop'), '[DONE]')).error?.reason,
    'upstream_malformed',
  );
});

test('stream: unknown events, empty choices and further choices add nothing', () => {
  const { parts, error } = read([
    Buffer.from('data:\n\nevent: ping\ndata: {"type":"ping"}\n\nevent: hint\ndata: not json\n\n'),
    ...chunks({ id: 'c1', choices: [] }, { id: 'c1', choices: [{ index: 1, delta: { content: 'other' } }] }),
    ...chunks(delta({ content: 'a' }), delta({}, 'stop'), '[DONE]'),
  ]);
  assert.equal(error, undefined);
  assert.deepEqual(
    parts.map((part) => part.type),
    ['start', 'text-delta', 'end'],
  );
  assert.equal(collect(parts).extra, undefined);
});

test('stream: calls without ids, without indexes, with late names and with objects as arguments', () => {
  const call = (fields: JsonObject): JsonObject => delta({ tool_calls: [fields] });
  const { parts } = read(
    chunks(
      call({ index: 5, function: { arguments: '{"a"' } }),
      call({ index: 5, function: { name: 'late', arguments: ':1}' } }),
      call({ id: 'x', function: { name: 'noindex', arguments: '' } }),
      call({ function: { arguments: '{}' } }),
      call({ index: 9, id: 'y', function: { name: 'object', arguments: { b: 2 } } }),
      delta({}, 'tool_calls'),
    ),
  );
  assert.deepEqual(collect(parts).content, [
    { type: 'tool-call', id: 'call_c1_0', name: 'late', arguments: '{"a":1}' },
    { type: 'tool-call', id: 'x', name: 'noindex', arguments: '{}' },
    { type: 'tool-call', id: 'y', name: 'object', arguments: '{"b":2}' },
  ]);
});

test('stream: a message in place of deltas is read as one, and beside deltas is what they said', () => {
  const message = { role: 'assistant', content: 'a' };
  const whole = (content: string): JsonObject => ({ id: 'c1', choices: [{ index: 0, message: { content } }] });
  for (const body of [
    chunks({ choices: [{ index: 0, message, finish_reason: 'stop' }] }, '[DONE]'),
    chunks(delta({ content: 'a' }), whole('a'), delta({}, 'stop'), '[DONE]'),
  ]) {
    assert.deepEqual(collect(read(body).parts).content, [{ type: 'text', text: 'a' }]);
  }
});

test('stream: Groq’s usage under its own name is the vendor’s', () => {
  const usage = { prompt_tokens: 1, completion_tokens: 9, total_tokens: 10 };
  const { parts } = read(chunks(delta({ content: 'a' }), { ...delta({}, 'stop'), x_groq: { usage } }, '[DONE]'));
  const end = parts.at(-1);
  assert.ok(end?.type === 'end');
  assert.deepEqual([end.usage.source, end.usage.outputTokens], ['provider', 9]);
});

const names = [
  'openai-text',
  'openai-tools',
  'openai-refusal',
  'openai-logprobs',
  'vllm-reasoning',
  'vllm-tools',
  'ollama-text',
  'ollama-tools',
  'llamacpp-text',
  'tgi-text',
  'openrouter-no-reason',
  'openrouter-error',
  'perplexity-crlf',
  'mistral-thinking',
  'groq-error-event',
  'azure-text',
];

test('stream: every recorded stream gives the same parts when it is cut at any one byte', () => {
  for (const name of names) {
    const bytes = fixture(name);
    const whole = read([bytes]);
    for (let at = 1; at < bytes.length; at += 1) {
      assert.deepEqual(read(cutAt(bytes, [at])).parts, whole.parts, `${name} cut at ${at}`);
    }
    assert.deepEqual(read(cutAt(bytes, [...bytes.keys()])), whole, `${name} byte by byte`);
  }
});

test('stream: every recorded stream gives the same parts when it is cut at random', () => {
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.array(fc.nat(4000), { maxLength: 40 }), (name, cuts) => {
      const bytes = fixture(name);
      const pieces = read(cutAt(bytes, cuts));
      const whole = read([bytes]);
      assert.deepEqual(pieces.parts, whole.parts);
      assert.equal(pieces.error?.reason, whole.error?.reason);
    }),
    { numRuns: 200 },
  );
});

test('stream: a recorded stream that is cut off never ends as a success before its finish reason', () => {
  for (const name of names) {
    const bytes = fixture(name);
    const text = bytes.toString('latin1');
    const finishAt = text.search(/"finish_reason":"/);
    if (name === 'openrouter-no-reason' || finishAt === -1) continue;
    for (let length = 0; length < finishAt; length += 1) {
      const { parts, error } = read([bytes.subarray(0, length)]);
      assert.equal(error?.reason, 'upstream_truncated', `${name} of ${length} bytes`);
      assert.ok(!parts.some((part) => part.type === 'end'));
    }
  }
});
