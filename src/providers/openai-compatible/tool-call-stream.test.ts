import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PredictPart } from '../../core/predict.ts';
import { maxEarlyArguments } from './defaults.ts';
import { predictFromWire } from './from-wire.ts';
import { ToolCallStream } from './tool-call-stream.ts';

function read(...deltas: JsonObject[]): PredictPart[] {
  const stream = new ToolCallStream();
  const out: PredictPart[] = [];
  for (const delta of deltas) stream.read([delta], 'a1', out);
  stream.finish(out);
  return out;
}

/** Names and whole arguments, by index. */
function calls(parts: readonly PredictPart[]): string[] {
  const found: string[] = [];
  for (const part of parts) {
    if (part.type === 'tool-call-start') found[part.index] = `${part.name} `;
    else if (part.type === 'tool-call-delta') found[part.index] += part.argumentsDelta;
  }
  return found.filter((call) => call !== undefined);
}

const fn = (name: string | undefined, args: string, rest: JsonObject = {}): JsonObject => ({
  ...rest,
  function: { ...(name === undefined ? {} : { name }), arguments: args },
});

test('tool call stream: calls of one index without ids are told apart by their names', () => {
  const index = { index: 0 };
  const parts = read(fn('f', '{"a":', index), fn(undefined, '1}', index), fn('g', '{}', index));
  assert.deepEqual(calls(parts), ['f {"a":1}', 'g {}']);
  const ids = parts.flatMap((part) => (part.type === 'tool-call-start' ? [part.id] : []));
  assert.deepEqual(ids, ['call_a1_0', 'call_a1_1']);
});

test('tool call stream: the same function twice without ids is two calls once the first is whole', () => {
  for (const place of [{ index: 0 }, {}]) {
    assert.deepEqual(calls(read(fn('f', '{"a":1}', place), fn('f', '{"a":2}', place))), ['f {"a":1}', 'f {"a":2}']);
  }
});

test('tool call stream: a name that is repeated with every delta begins nothing', () => {
  const index = { index: 0 };
  assert.deepEqual(calls(read(fn('f', '{"a"', index), fn('f', ':1}', index))), ['f {"a":1}']);
  assert.deepEqual(calls(read(fn('f', '{"a"', { id: 'c' }), fn('f', ':1}', { id: 'c' }))), ['f {"a":1}']);
});

test('tool call stream: what a call brings along goes with its start, or behind it', () => {
  const [start, , later] = read(
    fn('f', '{}', { index: 0, id: 'c', extra_content: { s: 1 } }),
    fn(undefined, '', { index: 0, late: true }),
  );
  assert.deepEqual(start, {
    type: 'tool-call-start',
    index: 0,
    id: 'c',
    name: 'f',
    extra: { extra_content: { s: 1 } },
  });
  const value = { tool_calls: [{ index: 0, late: true }] };
  assert.deepEqual(later, { type: 'opaque-delta', dialect: 'openai', value });
});

test('tool call stream: fields of the function beside its name and arguments are those of the whole call', () => {
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}', title: 'Find' } };
  const [start] = read({ ...call, index: 0 });
  assert.deepEqual(start?.type === 'tool-call-start' && start.extra, { function: { title: 'Find' } });
  const early = read({ index: 0, function: { title: 'Find' } }, { index: 0, function: { name: 'f', arguments: '{}' } });
  assert.deepEqual(early[0]?.type === 'tool-call-start' && early[0].extra, { function: { title: 'Find' } });
  const body = { choices: [{ message: { tool_calls: [call] }, finish_reason: 'tool_calls' }] };
  const context = { target: 'p/m', model: 'm', requestId: 'r', nowMs: 0, estimator: quarterEstimator };
  const [part] = predictFromWire(body, context).content;
  assert.deepEqual(part?.type === 'tool-call' && part.extra, { function: { title: 'Find' } });
});

test('tool call stream: calls of custom tools are put together, numbered with the functions', () => {
  const parts = read(
    { index: 0, id: 'c', type: 'custom', custom: { name: 'sql', input: '' } },
    { index: 0, custom: { input: 'select ' } },
    fn('f', '{}', { index: 1, id: 'd' }),
    { index: 0, custom: { input: '1' } },
  );
  assert.deepEqual(calls(parts), ['f {}']);
  assert.equal(parts.find((part) => part.type === 'tool-call-start')?.index, 1);
  const call = { index: 0, id: 'c', type: 'custom', custom: { name: 'sql', input: 'select 1' } };
  assert.deepEqual(parts.at(-1), { type: 'opaque-delta', dialect: 'openai', value: { tool_calls: [call] } });
});

test('tool call stream: a call that never gets a name is malformed', () => {
  assert.throws(() => read(fn(undefined, '{}', { index: 0 })), { reason: 'upstream_malformed' });
});

test('tool call stream: what is put together of a call is bounded', () => {
  const stream = new ToolCallStream();
  const piece = { index: 0, type: 'custom', custom: { name: 'c', input: 'x'.repeat(1024 * 1024) } };
  const endless = (): void => {
    for (let count = 0; count < 10; count += 1) stream.read([piece], 'a1', []);
  };
  assert.throws(endless, { reason: 'upstream_malformed' });
});

test('tool call stream: arguments that come before a name are held up to a bound', () => {
  const stream = new ToolCallStream();
  const early = (args: string): void => {
    stream.read([fn(undefined, args, { index: 0 })], 'a1', []);
  };
  early('x'.repeat(maxEarlyArguments));
  const detail = 'tool call 0 has arguments and no name';
  assert.throws(() => early('x'), { reason: 'upstream_malformed', detail });
});

test('tool call stream: made-up ids are those of the whole answer, custom tools among the functions', () => {
  const tools = [
    { type: 'custom', id: 'x', custom: { name: 'c', input: 'i' } },
    fn('f', '{}'),
    { id: 'u', kind: 1 },
    fn('g', '{}'),
  ];
  const streamed = read(...tools.map((call, index) => ({ index, ...call }))).flatMap((part) =>
    part.type === 'tool-call-start' ? [part.id] : [],
  );
  const message = { content: null, tool_calls: tools };
  const context = { target: 'p/m', model: 'm', requestId: 'a1', nowMs: 0, estimator: quarterEstimator };
  const { content } = predictFromWire({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }, context);
  assert.deepEqual(
    content.flatMap((part) => (part.type === 'tool-call' ? [part.id] : [])),
    streamed,
  );
  assert.deepEqual(streamed, ['call_a1_1', 'call_a1_2']);
});
