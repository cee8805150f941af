import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { cutAt } from '../../../test/fixtures/upstream-calls.ts';
import { ResponseCollector } from '../../core/collect.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PredictPart, PredictResponse } from '../../core/predict.ts';
import { SseParser } from '../transport/sse-parser.ts';
import { predictFromWire } from './from-wire.ts';
import { GenerateStreamReader } from './stream.ts';

const clock = new FakeClock();
const context = {
  target: 'p/m',
  model: 'm',
  requestId: 'req_1',
  nowMs: clock.now(),
  estimator: { count: async (texts: readonly string[]) => texts.join('').length },
};
const request = chatRequest('m');
const failure = () => new SluiceError('upstream_unavailable');
const newReader = (): GenerateStreamReader => new GenerateStreamReader(request, context, failure);

function fixture(name: string): Buffer {
  return readFileSync(join(import.meta.dirname, 'fixtures', name));
}

/** The parts of a whole body that arrives in these pieces, and the failure that ended it. */
function partsOf(pieces: readonly Buffer[]): { parts: PredictPart[]; error: SluiceError | undefined } {
  const reader = newReader();
  const parser = new SseParser(1024 * 1024);
  const parts: PredictPart[] = [];
  try {
    for (const piece of pieces) {
      parser.push(piece);
      while (parser.read()) reader.read(parser.event, parser.data, parts);
    }
    reader.finish(parts);
  } catch (error) {
    if (error instanceof SluiceError) return { parts, error };
    throw error;
  }
  return { parts, error: undefined };
}

function responseOf(name: string): PredictResponse {
  const { parts, error } = partsOf([fixture(name)]);
  assert.equal(error, undefined);
  const collector = new ResponseCollector();
  for (const part of parts) collector.add(part);
  return collector.finish();
}

/** Every chunk of the fixture. */
function chunksOf(name: string): string[] {
  const lines = fixture(name).toString().split(/\r?\n/);
  return lines.filter((line) => line !== '').map((line) => line.slice('data: '.length));
}

const names = ['text.sse', 'thoughts.sse', 'calls.sse', 'partial-arguments.sse', 'vendor-tools.sse'];

test('stream: text, who answered, usage and the fields without a name', () => {
  const response = responseOf('text.sse');
  assert.deepEqual(response, {
    id: 'r-1',
    model: 'gemini-2.5-flash',
    target: 'p/m',
    createdAtMs: Date.parse('2026-02-03T04:05:06.789Z'),
    attempts: 1,
    content: [{ type: 'text', text: 'Grüße aus 東京 🗼!' }],
    finishReason: 'stop',
    rawFinishReason: 'STOP',
    usage: {
      inputTokens: 13,
      outputTokens: 12,
      cachedInputTokens: 4,
      reasoningTokens: 7,
      source: 'provider',
      extra: { toolUsePromptTokenCount: 3, trafficType: 'ON_DEMAND' },
    },
    extra: {
      citationMetadata: { citations: [{ uri: 'https://a' }, { uri: 'https://b' }] },
      groundingMetadata: { webSearchQueries: ['q'] },
      safetyRatings: [{ category: 'HARM_CATEGORY_HARASSMENT', probability: 'NEGLIGIBLE' }],
    },
  });
});

test('stream: the start says what the first chunk has counted of the prompt', () => {
  const chunk = (usageMetadata: JsonObject, finishReason?: string): JsonObject => ({
    candidates: [{ content: { parts: [{ text: 'a' }] }, ...(finishReason === undefined ? {} : { finishReason }) }],
    usageMetadata,
  });
  const counted = chunk({ promptTokenCount: 10, candidatesTokenCount: 1 });
  const last = chunk({ promptTokenCount: 10, candidatesTokenCount: 2 }, 'STOP');
  const { parts } = partsOf([counted, last].map((body) => Buffer.from(`data: ${JSON.stringify(body)}\n\n`)));
  const [start] = parts;
  assert.ok(start?.type === 'start');
  assert.deepEqual(start.inputUsage, { inputTokens: 10, outputTokens: 1, source: 'provider' });
});

test('stream: thoughts are reasoning, and the signature of a text is kept', () => {
  const response = responseOf('thoughts.sse');
  assert.deepEqual(response.content, [
    { type: 'reasoning', text: 'Let me think.' },
    { type: 'text', text: '42', extra: { extra_content: { google: { thought_signature: 'dGV4dA==' } } } },
  ]);
});

test('stream: calls keep their ids and signatures; a missing id is made up; STOP means calls then', () => {
  const response = responseOf('calls.sse');
  assert.deepEqual(response.content, [
    {
      type: 'tool-call',
      id: 'fc-1',
      name: 'weather',
      arguments: '{"city":"Paris","days":[1,2]}',
      extra: { extra_content: { google: { thought_signature: 'Y2FsbA==' } } },
    },
    { type: 'tool-call', id: 'call_r-1_1', name: 'clock', arguments: '{}' },
  ]);
  assert.equal(response.finishReason, 'tool-calls');
  assert.equal(response.usage.outputTokens, 0);
});

test('stream: arguments that come as values at paths become one JSON object', () => {
  const calls = responseOf('partial-arguments.sse').content.filter((part) => part.type === 'tool-call');
  assert.deepEqual(
    calls.map((call) => [call.name, JSON.parse(call.arguments)]),
    [
      ['write', { items: [{ name: 'apple "red"', 'unit price': 0.5 }, { fresh: true }], note: null }],
      ['read', { id: 'A' }],
    ],
  );
});

test('stream: code, results and data pass as they came, and usage after the finish reason counts', () => {
  const response = responseOf('vendor-tools.sse');
  assert.deepEqual(
    response.content.map((part) => (part.type === 'opaque' ? Object.keys(part.value)[0] : part.type)),
    ['executableCode', 'codeExecutionResult', 'text', 'inlineData'],
  );
  assert.equal(response.finishReason, 'length');
  assert.equal(response.usage.outputTokens, 4);
});

test('stream: any cutting of the bytes gives the same parts', () => {
  for (const name of [...names, 'error-in-stream.sse', 'no-finish-reason.sse']) {
    const bytes = fixture(name);
    const whole = partsOf([bytes]);
    const everyByte = Array.from({ length: bytes.length }, (_, index) => index);
    assert.deepEqual(partsOf(cutAt(bytes, everyByte)), whole, name);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (offsets) => {
        assert.deepEqual(partsOf(cutAt(bytes, offsets)), whole, name);
      }),
      { numRuns: 30 },
    );
  }
});

test('stream: a body that is cut anywhere is never a success', () => {
  for (const name of names) {
    const chunks = chunksOf(name);
    const finishing = chunks.findIndex((chunk) => chunk.includes('finishReason'));
    for (let count = 0; count <= finishing; count += 1) {
      const body = chunks.slice(0, count).map((chunk) => `data: ${chunk}\n\n`);
      const { parts, error } = partsOf([Buffer.from(body.join(''))]);
      assert.equal(error?.reason, 'upstream_truncated', `${name} after ${count}`);
      assert.ok(!parts.some((part) => part.type === 'end'));
    }
  }
});

test('stream: failures within it have their reason, also after text', () => {
  const failed = partsOf([fixture('error-in-stream.sse')]);
  assert.equal(failed.error?.reason, 'upstream_unavailable');
  assert.deepEqual(
    failed.parts.map((part) => part.type),
    ['start', 'text-delta'],
  );
  const blocked = partsOf([fixture('blocked.sse')]);
  assert.equal(blocked.error?.reason, 'content_filtered');
  assert.equal(blocked.error?.message, 'The provider blocked the prompt (PROHIBITED_CONTENT). Not this.');
  assert.deepEqual(blocked.error?.upstream, { target: 'p/m', type: 'prompt_blocked', code: 'PROHIBITED_CONTENT' });
  assert.deepEqual(blocked.parts, []);
});

test('stream: what is no chunk is malformed, not skipped', () => {
  for (const data of ['{', '[]', '"x"', '{"this":1}', '{"candidates":{}}', '{"candidates":[1]}']) {
    const { error } = partsOf([Buffer.from(`data: ${data}\n\n`)]);
    assert.equal(error?.reason, 'upstream_malformed', data);
  }
  for (const call of [
    '{"args":{}, "willContinue":true}',
    '{"name":"f","partialArgs":[{}]}',
    '{"name":"f","partialArgs":[{"jsonPath":"$.a[99999]","numberValue":1}]}',
    '{"name":"f","partialArgs":[{"jsonPath":"$..a","numberValue":1}]}',
  ]) {
    const data = `{"candidates":[{"content":{"parts":[{"functionCall":${call}}]}}]}`;
    assert.equal(partsOf([Buffer.from(`data: ${data}\n\n`)]).error?.reason, 'upstream_malformed', call);
  }
});

test('stream: a field of arguments may have any name, and harms nobody', () => {
  const piece = '{"jsonPath":"$.__proto__.polluted","stringValue":"yes"}';
  const data = `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","partialArgs":[${piece}]}}]},"finishReason":"STOP"}]}`;
  const { parts } = partsOf([Buffer.from(`data: ${data}\n\n`)]);
  const delta = parts.find((part) => part.type === 'tool-call-delta');
  assert.equal(delta?.argumentsDelta, '{"__proto__":{"polluted":"yes"}}');
  assert.equal(({} as { polluted?: string }).polluted, undefined);
});

test('stream: a whole answer is the same as its stream', async () => {
  for (const name of ['calls.sse']) {
    const [chunk = ''] = chunksOf(name);
    const whole = await predictFromWire(JSON.parse(chunk), request, context, failure);
    assert.deepEqual(whole, responseOf(name));
  }
  for (const name of names) {
    const reader = newReader();
    const parts: PredictPart[] = [];
    const body = `[${chunksOf(name).join(',\n')}]`;
    reader.whole({ status: 200, headers: {}, body }, parts);
    assert.deepEqual(parts, partsOf([fixture(name)]).parts, name);
  }
});

test('from wire: log probabilities keep their alternatives', async () => {
  const response = await predictFromWire(JSON.parse(fixture('logprobs.json').toString()), request, context, failure);
  assert.deepEqual(response.logprobs, [
    {
      token: 'Hi',
      logprob: -0.5,
      top: [
        { token: 'Hi', logprob: -0.5 },
        { token: 'Ho', logprob: -2 },
      ],
    },
    { token: '!', logprob: 0, top: [] },
  ]);
  assert.equal(response.extra?.['avgLogprobs'], -0.25);
});

test('from wire: an answer without usage is estimated, one without content or reason is none', async () => {
  const said = { candidates: [{ content: { parts: [{ text: 'four' }] } }] };
  const response = await predictFromWire(said, request, context, failure);
  assert.equal(response.finishReason, 'other');
  assert.equal(response.id, 'req_1');
  assert.deepEqual(response.usage, { inputTokens: 10, outputTokens: 4, source: 'estimated' });
  const silent = { candidates: [{ content: {} }], modelVersion: 'm' };
  await assert.rejects(predictFromWire(silent, request, context, failure), { reason: 'upstream_malformed' });
});

test('from wire: each finish reason keeps its word and has its meaning', async () => {
  const finish = async (finishReason: string | number): Promise<string[]> => {
    const body = { candidates: [{ content: { parts: [{ text: 'x' }] }, finishReason }] };
    const response = await predictFromWire(body, request, context, failure);
    return [response.finishReason, response.rawFinishReason ?? ''];
  };
  assert.deepEqual(await finish('RECITATION'), ['content-filter', 'RECITATION']);
  assert.deepEqual(await finish('SPII'), ['content-filter', 'SPII']);
  assert.deepEqual(await finish('MALFORMED_FUNCTION_CALL'), ['other', 'MALFORMED_FUNCTION_CALL']);
  assert.deepEqual(await finish('constructor'), ['other', 'constructor']);
  assert.deepEqual(await finish(2), ['length', 'MAX_TOKENS']);
  assert.deepEqual(await finish(77), ['other', '77']);
});
