import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import type { EmbedRequest } from '../../core/embed.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import { embedFromWire, embedToWire } from './embed.ts';

const request: EmbedRequest = { model: 'alias', input: ['a', 'b'] };

async function vectors(data: JsonObject[], overrides: Partial<EmbedRequest> = {}): Promise<number[][]> {
  const body = { data, model: 'e-1' };
  const response = await embedFromWire(
    body,
    { ...request, ...overrides } as EmbedRequest,
    'e',
    'p/e',
    quarterEstimator,
  );
  return response.vectors.map((vector) => [...vector]);
}

const base64 = (...numbers: number[]): string => Buffer.from(Float32Array.from(numbers).buffer).toString('base64');

test('embed: the body asks for base64, and the caller’s own wish wins', () => {
  assert.deepEqual(embedToWire(request, 'e'), { encoding_format: 'base64', model: 'e', input: ['a', 'b'] });
  const body = embedToWire(
    { ...request, dimensions: 8, extra: { encoding_format: 'float', user: 'u', model: 'x' } },
    'e',
  );
  assert.deepEqual(body, { encoding_format: 'float', user: 'u', model: 'e', input: ['a', 'b'], dimensions: 8 });
});

test('embed: tokens go as they came, and are counted where the server counts nothing', async () => {
  const asked: EmbedRequest = { model: 'alias', input: [], tokens: [[1, 2], [3]] };
  assert.deepEqual(embedToWire(asked, 'e')['input'], [[1, 2], [3]]);
  const data = [{ embedding: [1] }, { embedding: [2] }];
  const { vectors: found, usage } = await embedFromWire({ data }, asked, 'e', 'p/e', quarterEstimator);
  assert.equal(found.length, 2);
  assert.deepEqual(usage, { inputTokens: 3, outputTokens: 0, source: 'estimated' });
  await assert.rejects(embedFromWire({ data: [] }, asked, 'e', 'p/e', quarterEstimator), {
    reason: 'upstream_malformed',
  });
});

test('embed: numbers and base64 are read, in the order of the input', async () => {
  const expected = [
    [1, 2],
    [0.5, -4],
  ];
  assert.deepEqual(
    await vectors([
      { index: 1, embedding: [0.5, -4] },
      { index: 0, embedding: [1, 2] },
    ]),
    expected,
  );
  assert.deepEqual(
    await vectors([
      { index: 0, embedding: base64(1, 2) },
      { index: 1, embedding: base64(0.5, -4) },
    ]),
    expected,
  );
  assert.deepEqual(await vectors([{ embedding: [1, 2] }, { embedding: [0.5, -4] }]), expected);
});

test('embed: usage is the vendor’s, or estimated and marked so', async () => {
  const data = [{ embedding: [1] }, { embedding: [2] }];
  const body = { data, usage: { prompt_tokens: 9 } };
  const counted = await embedFromWire(body, request, 'e', 'p/e', quarterEstimator);
  assert.deepEqual(counted.usage, { inputTokens: 9, outputTokens: 0, source: 'provider' });
  const estimated = await embedFromWire({ data }, request, 'e', 'p/e', quarterEstimator);
  assert.deepEqual(estimated.usage, { inputTokens: 1, outputTokens: 0, source: 'estimated' });
});

test('embed: missing, doubled, uneven or strange vectors are malformed', async () => {
  const good = { index: 0, embedding: [1, 2] };
  const bad: JsonObject[][] = [
    [],
    [good],
    [good, good],
    [good, { index: 2, embedding: [1, 2] }],
    [good, { index: 0.5, embedding: [1, 2] }],
    [good, { index: 1, embedding: [1] }],
    [good, { index: 1, embedding: [] }],
    [good, { index: 1, embedding: 'AAA=' }],
    [good, { index: 1, embedding: ['1', '2'] }],
    [good, { index: 1, embedding: null }],
    [good, { index: 1, embedding: base64(Number.NaN, 1) }],
    // 8-bit numbers in place of floats.
    [good, { index: 1, embedding: Buffer.from([3, -14, 120, 96, 60, 12, -34, 127]).toString('base64') }],
  ];
  const isMalformed = (error: unknown): boolean =>
    error instanceof SluiceError && error.reason === 'upstream_malformed';
  for (const data of bad) await assert.rejects(vectors(data), isMalformed, JSON.stringify(data));
  await assert.rejects(vectors([good, { ...good, index: 1 }], { dimensions: 3 }), isMalformed);
});
