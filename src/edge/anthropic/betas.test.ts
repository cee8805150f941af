import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../../core/error.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { withBetas } from './betas.ts';

const request: PredictRequest = { model: 'm', messages: [], sampling: {}, dialect: 'anthropic' };

test('anthropic betas: the header becomes a field of the request, each name once, after those of the body', () => {
  const { extra } = withBetas(request, {
    'anthropic-beta': 'context-1m-2025-08-07, files-api-2025-04-14,context-1m-2025-08-07,',
  });
  assert.deepEqual(extra, { anthropic_beta: ['context-1m-2025-08-07', 'files-api-2025-04-14'] });
  const more = withBetas({ ...request, extra: { anthropic_beta: ['a'], speed: 'fast' } }, { 'anthropic-beta': 'b,a' });
  assert.deepEqual(more.extra, { anthropic_beta: ['a', 'b'], speed: 'fast' });
});

test('anthropic betas: without names the request stays as it is', () => {
  assert.equal(withBetas(request, {}), request);
  assert.equal(withBetas(request, { 'anthropic-beta': ' ,' }), request);
});

test('anthropic betas: what is no name, and too many names, are refused', () => {
  const many = Array.from({ length: 65 }, (_, index) => `b-${index}`).join(',');
  for (const header of ['two words', 'a"b', 'x'.repeat(129), many]) {
    assert.throws(
      () => withBetas(request, { 'anthropic-beta': header }),
      (error) => error instanceof SluiceError && error.reason === 'invalid_request' && error.param === 'anthropic-beta',
    );
  }
});
