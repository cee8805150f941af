import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EmbedRequest } from '../../core/embed.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import { embedFromWire, embedToWire } from './embed.ts';

const request: EmbedRequest = { model: 'alias', input: ['a', 'b'] };

function vectors(data: JsonObject[], overrides: Partial<EmbedRequest> = {}): number[][] {
  const response = embedFromWire({ data, model: 'e-1' }, { ...request, ...overrides }, 'e', 'p/e');
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

test('embed: numbers and base64 are read, in the order of the input', () => {
  const expected = [
    [1, 2],
    [0.5, -4],
  ];
  assert.deepEqual(
    vectors([
      { index: 1, embedding: [0.5, -4] },
      { index: 0, embedding: [1, 2] },
    ]),
    expected,
  );
  assert.deepEqual(
    vectors([
      { index: 0, embedding: base64(1, 2) },
      { index: 1, embedding: base64(0.5, -4) },
    ]),
    expected,
  );
  assert.deepEqual(vectors([{ embedding: [1, 2] }, { embedding: [0.5, -4] }]), expected);
});

test('embed: usage is the vendor’s, or estimated and marked so', () => {
  const data = [{ embedding: [1] }, { embedding: [2] }];
  const counted = embedFromWire({ data, usage: { prompt_tokens: 9 } }, request, 'e', 'p/e');
  assert.deepEqual(counted.usage, { inputTokens: 9, outputTokens: 0, source: 'provider' });
  assert.equal(embedFromWire({ data }, request, 'e', 'p/e').usage.source, 'estimated');
});

test('embed: missing, doubled, uneven or strange vectors are malformed', () => {
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
  ];
  const isMalformed = (error: unknown): boolean =>
    error instanceof SluiceError && error.reason === 'upstream_malformed';
  for (const data of bad) assert.throws(() => vectors(data), isMalformed, JSON.stringify(data));
  assert.throws(() => vectors([good, { ...good, index: 1 }], { dimensions: 3 }), isMalformed);
});
