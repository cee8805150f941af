// Several choices of one answer: asked for, read whole and streamed, chat completions and legacy completions alike.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { ResponseCollector } from '../../core/collect.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PredictPart, PredictRequest, PredictResponse } from '../../core/predict.ts';
import { completionAsChat, completionToWire } from './completions.ts';
import { predictFromWire } from './from-wire.ts';
import { ChatStreamReader, type EndingHabit } from './stream.ts';
import { predictToWire } from './to-wire.ts';

const context = { target: 'p/m', model: 'm', requestId: 'req_1', nowMs: 0, estimator: quarterEstimator };
const asking = (choiceCount: number): PredictRequest => chatRequest('m', { sampling: { choiceCount } });
const options = { model: 'm', stream: false, maxTokensField: 'max_tokens' } as const;

/** The events of a stream, and what ends the body. */
function read(
  events: readonly (JsonObject | '[DONE]')[],
  { asked = 2, habit = { saysDone: false } }: { asked?: number; habit?: EndingHabit } = {},
): PredictPart[] {
  const reader = new ChatStreamReader(asking(asked), context, () => new SluiceError('internal'), habit);
  const parts: PredictPart[] = [];
  for (const event of events) {
    if (reader.read('', event === '[DONE]' ? event : JSON.stringify(event), parts)) return parts;
  }
  reader.finish(parts);
  return parts;
}

function collect(parts: readonly PredictPart[]): PredictResponse {
  const collector = new ResponseCollector();
  for (const part of parts) collector.add(part);
  return collector.finish();
}

const chunk = (index: number, content: string, finish: string | null = null): JsonObject => ({
  id: 'c1',
  choices: [{ index, delta: content === '' ? {} : { content }, finish_reason: finish }],
});
const truncated = { reason: 'upstream_truncated' };

test('choices: the number goes as `n`; one is what happens anyway; a number without a name is refused', () => {
  assert.equal(predictToWire(asking(3), options).body['n'], 3);
  assert.equal(Object.hasOwn(predictToWire(asking(1), options).body, 'n'), false);
  const prompt = { ...asking(3), messages: [], prompt: 'Once' };
  assert.equal(completionToWire(prompt, 'm', true).body['n'], 3);
  assert.throws(() => predictToWire(chatRequest('m', { extra: { n: 2 } }), options), {
    reason: 'unsupported_capability',
    param: 'n',
  });
});

test('choices: a stream gives the first as ever and wraps the others, and each ends once', () => {
  const lines = readFileSync(join(import.meta.dirname, 'fixtures/choices.sse'), 'utf8').split('\n\n');
  const events = lines.filter((line) => line !== '').map((line) => line.slice('data: '.length));
  const parts = read(events.map((data) => (data === '[DONE]' ? data : JSON.parse(data))));
  assert.deepEqual(
    parts.map((part) => (part.type === 'choice-part' ? `1 ${part.part.type}` : part.type)),
    [
      'start',
      'text-delta',
      '1 text-delta',
      '1 text-delta',
      'text-delta',
      '1 tool-call-start',
      '1 tool-call-delta',
      '1 tool-call-delta',
      'choice-end',
      'end',
    ],
  );
  const response = collect(parts);
  assert.deepEqual(response.content, [{ type: 'text', text: 'Grüße aus 東京' }]);
  assert.deepEqual([response.finishReason, response.usage.outputTokens], ['stop', 21]);
  assert.equal(response.extra, undefined);
  assert.deepEqual(response.otherChoices, [
    {
      index: 1,
      content: [
        { type: 'text', text: 'Hallo 🗼' },
        { type: 'tool-call', id: 'call_1', name: 'weather', arguments: '{"city":"東京"}' },
      ],
      finishReason: 'tool-calls',
      rawFinishReason: 'tool_calls',
      extra: { content_filter_results: { hate: { filtered: false } } },
    },
  ]);
});

test('choices: a call without an id gets one that no call of another choice has', () => {
  const call = { index: 0, function: { name: 'f', arguments: '{}' } };
  const calling = (index: number): JsonObject => ({
    id: 'c1',
    choices: [{ index, delta: { tool_calls: [call] }, finish_reason: 'tool_calls' }],
  });
  const { content, otherChoices } = collect(read([calling(0), calling(1), '[DONE]']));
  const made = (id: string) => [{ type: 'tool-call', id, name: 'f', arguments: '{}' }];
  assert.deepEqual([content, otherChoices?.[0]?.content], [made('call_c1_0'), made('call_c1_1_0')]);
});

test('choices: the start comes before the first part of any of them, and several may share a chunk', () => {
  const both: JsonObject = {
    id: 'c1',
    choices: [chunk(1, 'B'), chunk(0, 'A')].flatMap(({ choices }) => choices ?? []),
  };
  const parts = read([chunk(1, ''), both, chunk(1, '', 'stop'), chunk(0, '', 'stop'), '[DONE]']);
  assert.deepEqual(
    parts.map(({ type }) => type),
    ['start', 'text-delta', 'choice-part', 'choice-end', 'end'],
  );
});

test('choices: those that were not asked for are skipped', () => {
  const events = [chunk(0, 'A'), chunk(1, 'B'), chunk(2, 'C'), chunk(0, '', 'stop'), chunk(1, '', 'stop')];
  assert.equal(collect(read([...events, '[DONE]'])).otherChoices?.length, 1);
  assert.equal(collect(read([...events, '[DONE]'], { asked: 1 })).otherChoices, undefined);
  const body: JsonObject = {
    choices: [0, 1, 2].map((index) => ({ index, message: { content: `${index}` }, finish_reason: 'stop' })),
  };
  assert.equal(predictFromWire(body, context).otherChoices, undefined);
  assert.deepEqual(
    predictFromWire(body, context, 2).otherChoices?.map(({ index }) => index),
    [1],
  );
});

test('choices: a stream is whole when each that has begun has ended; without [DONE] each that was asked for', () => {
  const first = [chunk(0, 'A'), chunk(0, '', 'stop')];
  const both = [...first, chunk(1, 'B'), chunk(1, '', 'stop')];
  assert.equal(collect(read([...both, '[DONE]'])).otherChoices?.length, 1);
  assert.equal(collect(read(both)).otherChoices?.length, 1);
  assert.throws(() => read(both, { habit: { saysDone: true } }), truncated);
  // A server that gives fewer says so itself with its end.
  assert.equal(collect(read([...first, '[DONE]'])).otherChoices, undefined);
  assert.throws(() => read(first), truncated);
  assert.throws(() => read([...first, chunk(1, 'B'), '[DONE]']), truncated);
  assert.throws(() => read([chunk(1, 'B'), chunk(1, '', 'stop'), '[DONE]']), truncated);
  assert.throws(() => read([...first, chunk(1, 'B', 'abort')]), truncated);
});

test('choices: what all of them wrote is what is counted when nobody says', async () => {
  const reader = new ChatStreamReader(asking(2), context, () => new SluiceError('internal'));
  const parts: PredictPart[] = [];
  for (const event of [chunk(0, 'four', 'stop'), chunk(1, 'eight ch', 'stop')])
    reader.read('', JSON.stringify(event), parts);
  reader.finish(parts);
  const end = parts.at(-1);
  assert.ok(end?.type === 'end');
  assert.deepEqual((await reader.settle(end)).usage.outputTokens, 3);
});

test('choices: of a whole answer each has its own content, calls, probabilities and end', () => {
  const call = { type: 'function', function: { name: 'f', arguments: '{}' } };
  const logprobs = { content: [{ token: 'B', logprob: -1, bytes: null, top_logprobs: [] }] };
  const body: JsonObject = {
    id: 'c1',
    choices: [
      { index: 2, message: { content: null, tool_calls: [call] }, finish_reason: 'tool_calls' },
      { index: 1, message: { content: 'B' }, logprobs, finish_reason: 'length', stop_reason: 'x', seal: 's' },
      { index: 0, message: { content: null, tool_calls: [call] }, finish_reason: 'tool_calls', mark: 1 },
    ],
  };
  const response = predictFromWire(body, context, 3);
  const made = (id: string) => [{ type: 'tool-call', id, name: 'f', arguments: '{}' }];
  assert.deepEqual(
    [response.content, response.extra, response.downgrades],
    [made('call_c1_0'), { mark: 1 }, undefined],
  );
  assert.deepEqual(response.otherChoices, [
    {
      index: 1,
      content: [{ type: 'text', text: 'B' }],
      logprobs: [{ token: 'B', logprob: -1, top: [] }],
      finishReason: 'length',
      rawFinishReason: 'length',
      stopSequence: 'x',
      extra: { seal: 's' },
    },
    { index: 2, content: made('call_c1_2_0'), finishReason: 'tool-calls', rawFinishReason: 'tool_calls' },
  ]);
});

test('choices: those that come together without numbers of their own are numbered by their places in a stream too', () => {
  const said = (content: string, index?: number): JsonObject => ({
    delta: { content },
    finish_reason: 'stop',
    ...(index === undefined ? {} : { index }),
  });
  for (const choices of [
    [said('A'), said('B')],
    [said('A', 0), said('B', 0)],
    [said('B', 1), said('A', 0)],
  ]) {
    const { content, otherChoices } = collect(read([{ id: 'c1', choices }, '[DONE]']));
    assert.deepEqual(content, [{ type: 'text', text: 'A' }]);
    assert.deepEqual(
      otherChoices?.map((other) => [other.index, other.content]),
      [[1, [{ type: 'text', text: 'B' }]]],
    );
  }
});

test('choices: a whole answer with fewer than were asked for reports `n`, and numbers that repeat are places', () => {
  const said = (content: string, index?: number): JsonObject => ({
    message: { content },
    finish_reason: 'stop',
    ...(index === undefined ? {} : { index }),
  });
  const one = predictFromWire({ choices: [said('A', 0)] }, { ...context, downgrades: ['user'] }, 2);
  assert.deepEqual([one.downgrades, one.otherChoices], [['user', 'n'], undefined]);
  for (const choices of [
    [said('A'), said('B')],
    [said('A', 0), said('B', 0)],
    [said('A', 1), said('B', 2)],
    [said('A', -1), said('B', 0)],
  ]) {
    const { content, otherChoices } = predictFromWire({ choices }, context, 2);
    assert.deepEqual(content, [{ type: 'text', text: 'A' }]);
    assert.deepEqual(
      otherChoices?.map((other) => [other.index, other.content]),
      [[1, [{ type: 'text', text: 'B' }]]],
    );
  }
  const unfinished = [said('A', 0), { ...said('B', 1), finish_reason: 'abort' }];
  assert.throws(() => predictFromWire({ choices: unfinished }, context, 2), truncated);
});

test('choices: legacy completions have them in the same form', () => {
  const logprobs = { tokens: ['B'], token_logprobs: [-1], top_logprobs: [{}], text_offset: [0] };
  const body = completionAsChat({
    choices: [
      { index: 0, text: 'A', logprobs: null, finish_reason: 'stop' },
      { index: 1, text: 'B', logprobs, finish_reason: 'length' },
    ],
  });
  const [other] = predictFromWire(body, context, 2).otherChoices ?? [];
  assert.deepEqual([other?.content, other?.logprobs?.[0]?.logprob], [[{ type: 'text', text: 'B' }], -1]);
});

test('completions: a chunk of chat completions is not copied to become one', () => {
  for (const body of [{ id: 'c' }, { choices: [] }, chunk(0, 'A'), { choices: [null, { delta: {} }] }]) {
    assert.equal(completionAsChat(body), body);
  }
  assert.deepEqual(completionAsChat({ choices: [{ text: 'A' }] })['choices'], [
    { message: { content: 'A' }, delta: { content: 'A' }, logprobs: null },
  ]);
});
