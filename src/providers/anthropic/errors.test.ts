import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SluiceError } from '../../core/error.ts';
import { embeddedFailureOf, failureOf } from './errors.ts';

const nowMs = Date.UTC(2030, 0, 1);
const context = { target: 'p/m', secrets: ['secret-key-1'], nowMs };

function fail(status: number, type: string, message = 'words', headers: Record<string, string> = {}): SluiceError {
  const body = JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_vendor' });
  return failureOf(status, headers, body, context);
}

test('errors: every type and status has its reason, and keeps both', () => {
  const table = [
    [400, 'invalid_request_error', 'upstream_rejected', false],
    [401, 'authentication_error', 'upstream_unauthenticated', false],
    [402, 'billing_error', 'upstream_unauthenticated', false],
    [403, 'permission_error', 'upstream_unauthenticated', false],
    [404, 'not_found_error', 'upstream_rejected', false],
    [408, 'timeout_error', 'upstream_timeout', true],
    [409, 'conflict_error', 'upstream_unavailable', true],
    [413, 'request_too_large', 'upstream_rejected', false],
    [429, 'rate_limit_error', 'upstream_rate_limited', true],
    [500, 'api_error', 'upstream_unavailable', true],
    [503, 'api_error', 'upstream_unavailable', true],
    [504, 'timeout_error', 'upstream_timeout', true],
    [529, 'overloaded_error', 'upstream_unavailable', true],
    [302, 'moved', 'upstream_malformed', true],
  ] as const;
  for (const [status, type, reason, retryable] of table) {
    const error = fail(status, type);
    assert.equal(error.reason, reason, type);
    assert.equal(error.retryable, retryable, type);
    assert.deepEqual([error.upstream?.status, error.upstream?.type], [status, type]);
    assert.match(error.detail ?? '', /req_vendor/);
  }
  assert.equal(fail(413, 'request_too_large').httpStatus, 413);
});

test('errors: the words tell what an invalid request is about', () => {
  const reasons = {
    'prompt is too long: 210000 tokens > 200000 maximum': 'context_length_exceeded',
    'input length and `max_tokens` exceed context limit: 199000 + 4096 > 200000': 'context_length_exceeded',
    'Output blocked by content filtering policy': 'content_filtered',
    'Your credit balance is too low to access the Anthropic API.': 'upstream_unauthenticated',
    'messages.0.content: Field required': 'upstream_rejected',
    'max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens': 'upstream_rejected',
  };
  for (const [message, reason] of Object.entries(reasons)) {
    assert.equal(fail(400, 'invalid_request_error', message).reason, reason, message);
  }
  assert.equal(fail(404, 'not_found_error', 'model: claude-does-not-exist').reason, 'model_not_found');
});

test('errors: verdicts are shown in the vendor’s words, the rest is not', () => {
  assert.equal(fail(400, 'invalid_request_error', 'messages: bad').message, 'messages: bad');
  assert.doesNotMatch(fail(400, 'invalid_request_error', 'key secret-key-1 is bad').message, /secret-key-1/);
  assert.doesNotMatch(fail(400, 'invalid_request_error', 'the prompt').detail ?? '', /the prompt/);
  for (const status of [401, 429, 500, 529])
    assert.doesNotMatch(fail(status, 'x_error', 'inner words').message, /inner/);
});

test('errors: how long to wait is said by retry-after, else by the limit that is used up', () => {
  assert.equal(fail(429, 'rate_limit_error', '', { 'retry-after': '12' }).retryAfterMs, 12_000);
  const resets = {
    'anthropic-ratelimit-requests-remaining': '9',
    'anthropic-ratelimit-requests-reset': new Date(nowMs + 90_000).toISOString(),
    'anthropic-ratelimit-input-tokens-remaining': '0',
    'anthropic-ratelimit-input-tokens-reset': new Date(nowMs + 30_000).toISOString(),
    'anthropic-ratelimit-tokens-remaining': '0',
    'anthropic-ratelimit-tokens-reset': new Date(nowMs + 20_000).toISOString(),
  };
  assert.equal(fail(429, 'rate_limit_error', '', resets).retryAfterMs, 30_000);
  const past = {
    'anthropic-ratelimit-tokens-remaining': '0',
    'anthropic-ratelimit-tokens-reset': '2020-01-01T00:00:00Z',
  };
  assert.equal(fail(429, 'rate_limit_error', '', past).retryAfterMs, 0);
  const years = { ...past, 'anthropic-ratelimit-tokens-reset': '9999-01-01T00:00:00Z' };
  assert.equal(fail(429, 'rate_limit_error', '', years).retryAfterMs, 86_400_000, 'at most a day');
  const nonsense = { 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': 'soon' };
  assert.equal(fail(429, 'rate_limit_error', '', nonsense).retryAfterMs, undefined);
});

test('errors: pages, plain text and foreign envelopes are failures by their status', () => {
  const page = failureOf(502, {}, '<!DOCTYPE html><html><body>Bad gateway at 10.0.0.1</body></html>', context);
  assert.equal(page.reason, 'upstream_unavailable');
  assert.doesNotMatch(`${page.message}${page.detail}`, /10\.0\.0\.1|html/);
  assert.equal(failureOf(400, {}, '{"message":"no such path"}', context).message, 'no such path');
  assert.equal(failureOf(500, { 'request-id': 'req_h' }, 'null', context).detail, 'status 500, req_h');
});

test('errors: the code of the details is kept', () => {
  const error = { type: 'invalid_request_error', message: 'm', details: { error_code: 'thread_not_found' } };
  assert.equal(embeddedFailureOf({ type: 'error', error }, context).upstream?.code, 'thread_not_found');
});

test('errors: what Vertex says in Google’s words before Anthropic is asked is read too', () => {
  const body = (code: number, status: string, message: string): string =>
    JSON.stringify([{ error: { code, message, status } }]);
  const missing = 'Publisher Model `projects/acme/locations/x/models/claude-9` was not found.';
  const error = failureOf(404, {}, body(404, 'NOT_FOUND', missing), context);
  assert.equal(error.reason, 'model_not_found');
  assert.equal(error.upstream?.type, 'NOT_FOUND');
  assert.doesNotMatch(error.message, /acme/);
  assert.equal(failureOf(429, {}, body(429, 'RESOURCE_EXHAUSTED', 'Quota.'), context).reason, 'upstream_rate_limited');
});

test('errors: a disabled organisation is a matter of this server’s account', () => {
  assert.equal(
    fail(400, 'invalid_request_error', 'This organization has been disabled.').reason,
    'upstream_unauthenticated',
  );
});
