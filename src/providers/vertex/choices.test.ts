// Several candidates of one answer: asked for, read whole and streamed.

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
import { predictFromWire } from './from-wire.ts';
import { GenerateStreamReader } from './stream.ts';
import { predictToWire } from './to-wire.ts';

const context = { target: 'p/m', model: 'm', requestId: 'req_1', nowMs: 0, estimator: quarterEstimator };
const failure = () => new SluiceError('upstream_unavailable');
const asking = (choiceCount: number, overrides: Partial<PredictRequest> = {}): PredictRequest =>
  chatRequest('m', { sampling: { choiceCount }, ...overrides });

function read(chunks: readonly string[], asked: number = 2): PredictPart[] {
  const reader = new GenerateStreamReader(asking(asked), context, failure);
  const parts: PredictPart[] = [];
  for (const data of chunks) reader.read('', data, parts);
  reader.finish(parts);
  return parts;
}

function collect(parts: readonly PredictPart[]): PredictResponse {
  const collector = new ResponseCollector();
  for (const part of parts) collector.add(part);
  return collector.finish();
}

function fixture(): string[] {
  const lines = readFileSync(join(import.meta.dirname, 'fixtures/choices.sse'), 'utf8').split('\n\n');
  return lines.filter((line) => line !== '').map((line) => line.slice('data: '.length));
}

const candidate = (text: string, more: JsonObject = {}): JsonObject => ({ content: { parts: [{ text }] }, ...more });
const textOf = (content: PredictResponse['content']) => content.map((part) => (part.type === 'text' ? part.text : ''));

test('choices: the number goes as `candidateCount`; by another way it is refused, unless it is the same', () => {
  const configOf = (request: PredictRequest) =>
    predictToWire(request, 'gemini-2.5-flash', 'vertex').body['generationConfig'];
  assert.deepEqual(configOf(asking(3)), { candidateCount: 3 });
  assert.equal(configOf(asking(1)), undefined);
  const native = (candidateCount: number) =>
    ({ dialect: 'vertex', extra: { generationConfig: { candidateCount } } }) as const;
  assert.deepEqual(configOf(asking(2, native(2))), { candidateCount: 2 });
  const refused = { reason: 'unsupported_capability', param: 'generationConfig.candidateCount' };
  assert.throws(() => configOf(asking(1, native(2))), refused);
  const google = { generation_config: { candidate_count: 2 } };
  assert.throws(() => configOf(asking(1, { extra: { extra_body: { google } } })), refused);
});

test('choices: a stream gives the first as ever and wraps the others, and each ends once', () => {
  const response = collect(read(fixture()));
  assert.deepEqual(response.content, [{ type: 'text', text: 'Grüße aus 東京' }]);
  assert.deepEqual([response.finishReason, response.usage.outputTokens], ['stop', 19]);
  assert.deepEqual(response.extra, { avgLogprobs: -0.5 });
  assert.deepEqual(response.otherChoices, [
    {
      index: 1,
      content: [
        { type: 'reasoning', text: 'Hmm.' },
        { type: 'text', text: 'Hallo ' },
        { type: 'tool-call', id: 'call_r-2_1_0', name: 'weather', arguments: '{"city":"東京"}' },
      ],
      finishReason: 'tool-calls',
      rawFinishReason: 'STOP',
      extra: { citationMetadata: { citations: [{ uri: 'https://b' }] }, avgLogprobs: -0.25 },
    },
  ]);
});

test('choices: each candidate that has begun must finish; those that were not asked for are skipped', () => {
  const chunks = fixture();
  for (const count of [1, 2, 3, 4]) {
    assert.throws(() => read(chunks.slice(0, count)), { reason: 'upstream_truncated' }, `${count} chunks`);
  }
  assert.equal(collect(read(chunks, 1)).otherChoices, undefined);
});

test('choices: a whole answer has them all; fewer than were asked for are reported', async () => {
  const body: JsonObject = {
    candidates: [candidate('A', { finishReason: 'STOP' }), candidate('B', { finishReason: 'MAX_TOKENS', index: 1 })],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2 },
  };
  const response = await predictFromWire(body, asking(2), context, failure);
  assert.deepEqual(textOf(response.content), ['A']);
  assert.deepEqual(
    response.otherChoices?.map(({ index, content, finishReason }) => [index, textOf(content), finishReason]),
    [[1, ['B'], 'length']],
  );
  assert.equal(response.downgrades, undefined);
  assert.deepEqual((await predictFromWire(body, asking(3), context, failure)).downgrades, ['n']);
  const unnumbered = { candidates: [candidate('A'), candidate('B')] };
  assert.equal((await predictFromWire(unnumbered, asking(2), context, failure)).otherChoices?.[0]?.index, 1);
});
