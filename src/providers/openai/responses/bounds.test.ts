// What one answer may make the reader of a Responses stream hold.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest } from '../../../../test/fixtures/calls.ts';
import { quarterEstimator } from '../../../../test/fixtures/quarter-estimator.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { PredictPart } from '../../../core/predict.ts';
import { maxOutputItems, maxPiecesPerItem } from '../defaults.ts';
import { ResponseStreamReader } from './stream.ts';

const context = { target: 'p/m', model: 'm', requestId: 'req_1', nowMs: 0, estimator: quarterEstimator };

/** Feeds as many events of this kind, each about another place. */
function feed(count: number, eventAt: (place: number) => JsonObject): PredictPart[] {
  const failures = { target: 'p/m', secrets: [], nowMs: 0 };
  const reader = new ResponseStreamReader({ ...chatRequest('m'), dialect: 'openai-responses' }, context, failures);
  const parts: PredictPart[] = [];
  for (let place = 0; place < count; place += 1) reader.read('message', JSON.stringify(eventAt(place)), parts);
  return parts;
}

const delta = (item: number, piece: number): JsonObject => ({
  type: 'response.output_text.delta',
  output_index: item,
  content_index: piece,
  delta: 'a',
});

test('bounds: an answer has a bounded number of output items', () => {
  const inAnItem = (item: number): JsonObject => delta(item, 0);
  assert.ok(feed(maxOutputItems, inAnItem).length > maxOutputItems);
  assert.throws(() => feed(maxOutputItems + 1, inAnItem), { detail: `more than ${maxOutputItems} output items` });
});

test('bounds: an output item has a bounded number of pieces', () => {
  const inAPiece = (piece: number): JsonObject => delta(0, piece);
  assert.ok(feed(maxPiecesPerItem, inAPiece).length > maxPiecesPerItem);
  const detail = `an output item of more than ${maxPiecesPerItem} pieces`;
  assert.throws(() => feed(maxPiecesPerItem + 1, inAPiece), { detail });
});
