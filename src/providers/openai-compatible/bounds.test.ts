// What one answer may make this provider hold: each bound is met, and named where the answer fails by it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { useCompatibleProvider } from '../../../test/fixtures/compatible-provider.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { answerWith } from '../../../test/fixtures/upstream.ts';
import { modelCall, readParts } from '../../../test/fixtures/upstream-calls.ts';
import { ResponseCollector } from '../../core/collect.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { PredictPart, PredictResponse } from '../../core/predict.ts';
import { maxExtraFields, maxKeptOutput } from '../translation/defaults.ts';
import { OutputText } from '../translation/usage.ts';
import { maxContentPieces, maxKnownHabits } from './defaults.ts';
import { embeddedFailureOf } from './errors.ts';
import { predictFromWire } from './from-wire.ts';
import { ChatStreamReader } from './stream.ts';

const context = { target: 'p/m', model: 'm', requestId: 'req_1', nowMs: 0, estimator: quarterEstimator };

function whole(message: JsonObject, fields: JsonObject = {}): PredictResponse {
  return predictFromWire({ ...fields, choices: [{ message, finish_reason: 'stop' }] }, context);
}

function streamed(...chunks: JsonObject[]): PredictResponse {
  const failure = (body: JsonObject) => embeddedFailureOf(body, { target: 'p/m', secrets: [], nowMs: 0 });
  const reader = new ChatStreamReader(chatRequest('m'), context, failure, { saysDone: true });
  const parts: PredictPart[] = [];
  for (const chunk of chunks) reader.read('message', JSON.stringify(chunk), parts);
  reader.read('message', '[DONE]', parts);
  const collector = new ResponseCollector();
  for (const part of parts) collector.add(part);
  return collector.finish();
}

const chunk = (delta: JsonObject, fields: JsonObject = {}, finish: string | null = null): JsonObject => ({
  ...fields,
  choices: [{ index: 0, delta, finish_reason: finish }],
});

const fieldsOf = (count: number, value: JsonValue): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, number) => [`field_${number}`, value]));

test('bounds: of the fields without a name a bounded number is kept, whole and streamed, each with its last value', () => {
  const many = maxExtraFields + 10;
  assert.equal(Object.keys(whole({ content: 'a' }, fieldsOf(many, 1)).extra ?? {}).length, maxExtraFields);
  const { extra } = streamed(
    chunk({ content: 'a' }, fieldsOf(many, 1)),
    chunk({ content: 'b' }, { ...fieldsOf(many, 2), later: 3 }, 'stop'),
  );
  assert.deepEqual(
    [Object.keys(extra ?? {}).length, extra?.['field_0'], extra?.['later']],
    [maxExtraFields, 2, undefined],
  );
});

test('bounds: of the fields of a delta without a name a bounded number is known again', () => {
  const opaque = (...deltas: JsonObject[]): JsonObject[] =>
    streamed(...deltas.map((delta) => chunk(delta)), chunk({}, {}, 'stop')).content.flatMap((part) =>
      part.type === 'opaque' ? [part.value as JsonObject] : [],
    );
  const same = fieldsOf(maxExtraFields, 1);
  assert.equal(opaque(same, same).length, 1, 'what is known and has not changed is not said again');
  const more = fieldsOf(maxExtraFields + 1, 1);
  assert.match(JSON.stringify(opaque(more, more)), new RegExp(`"field_${maxExtraFields}".*"field_${maxExtraFields}"`));
});

test('bounds: content that is a list has a bounded number of pieces', () => {
  const content = (count: number): JsonValue => Array.from({ length: count }, () => ({ type: 'text', text: 'a' }));
  assert.ok(whole({ content: content(maxContentPieces) }).content.length > 0);
  const tooMany = { detail: `more than ${maxContentPieces} pieces of content` };
  assert.throws(() => whole({ content: content(maxContentPieces + 1) }), tooMany);
  assert.throws(() => streamed(chunk({ content: content(maxContentPieces + 1) })), tooMany);
});

test('bounds: of what a model wrote a bounded length is kept for the estimate, which is of all of it', async () => {
  const output = new OutputText();
  const piece = 'x'.repeat(maxKeptOutput / 2);
  for (let round = 0; round < 8; round += 1) output.add(piece);
  let kept = 0;
  const tokens = await output.tokens({
    async count(texts) {
      kept = texts.join('').length;
      return kept / 4;
    },
  });
  assert.deepEqual([kept, tokens], [maxKeptOutput, (8 * piece.length) / 4]);
});

describe('bounds of what is remembered between answers', () => {
  const harness = useCompatibleProvider();

  test('bounds: how the streams of a model end is remembered of a bounded number of models', async () => {
    const end = `data: ${JSON.stringify(chunk({ content: 'a' }, {}, 'stop'))}\n\n`;
    const provider = harness.create();
    const fails = async (model: string, body: string): Promise<boolean> => {
      harness.upstream.script = answerWith({ body });
      return (await readParts(provider.predictStream(chatRequest('m'), modelCall(model)))).error !== undefined;
    };
    const good = `${end}data: [DONE]\n\n`;
    assert.equal(await fails('first', good), false);
    assert.equal(await fails('first', end), true, 'a model that says [DONE] was cut without it');
    for (let number = 0; number < maxKnownHabits; number += 1) assert.equal(await fails(`m-${number}`, good), false);
    assert.equal(await fails('first', end), false, 'it is not remembered any more');
    assert.equal(await fails(`m-${maxKnownHabits - 1}`, end), true);
  });
});
