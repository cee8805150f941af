import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../../core/error.ts';
import { type ErrorReason, errorCatalogue } from '../../core/error-catalogue.ts';
import { retryHeaders } from '../answer.ts';
import { renderOpenAiError } from './error.ts';

test('openai error: every reason of the catalogue has an envelope, a status and a verdict on retries', () => {
  for (const reason of Object.keys(errorCatalogue) as ErrorReason[]) {
    const error = new SluiceError(reason, { detail: 'secret detail' });
    const { status, body } = renderOpenAiError(error, 'req_1');
    assert.equal(status, errorCatalogue[reason].httpStatus);
    const envelope = JSON.parse(body);
    assert.deepEqual(Object.keys(envelope.error), ['message', 'type', 'param', 'code']);
    assert.equal(envelope.error.code, reason);
    assert.ok(!body.includes('secret'));
    const isServer = status >= 500;
    assert.equal(envelope.error.type === 'server_error', isServer);
    const headers = retryHeaders(error);
    assert.equal(headers['x-should-retry'], String(errorCatalogue[reason].retryable));
    // The clients retry 429 and 503 by themselves: they must be told how long to wait.
    if (errorCatalogue[reason].retryable && (status === 429 || status === 503))
      assert.equal(headers['retry-after'], '1');
  }
});

test('openai error: a vendor that rejects the request is quoted in its own words and status', () => {
  const error = new SluiceError('upstream_rejected', {
    message: 'Bad schema.',
    param: 'tools[0]',
    upstream: { status: 422, type: 'schema_error', code: 'bad_schema' },
  });
  const { status, body } = renderOpenAiError(error, 'req_1');
  assert.equal(status, 422);
  assert.deepEqual(JSON.parse(body).error, {
    message: 'Bad schema.',
    type: 'schema_error',
    param: 'tools[0]',
    code: 'bad_schema',
  });
});

test('retry headers: the wait is rounded up, never down', () => {
  assert.deepEqual(retryHeaders(new SluiceError('rate_limited', { retryAfterMs: 1_200.5 })), {
    'x-should-retry': 'true',
    'retry-after': '2',
    'retry-after-ms': '1201',
  });
});

test('retry headers: a wait that a vendor did not ask for is not made up', () => {
  const upstream = { target: 'p/m', status: 429 };
  for (const reason of ['upstream_rate_limited', 'upstream_unavailable'] as const) {
    assert.deepEqual(retryHeaders(new SluiceError(reason, { upstream })), { 'x-should-retry': 'true' });
    assert.equal(retryHeaders(new SluiceError(reason, { upstream, retryAfterMs: 0 }))['retry-after'], '0');
  }
  assert.equal(retryHeaders(new SluiceError('overloaded'))['retry-after'], '1', 'our own load');
});
