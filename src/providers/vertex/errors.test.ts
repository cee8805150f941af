import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SluiceError } from '../../core/error.ts';
import type { ErrorReason } from '../../core/error-catalogue.ts';
import type { JsonObject } from '../../core/json.ts';
import { embeddedFailureOf, failureOf } from './errors.ts';

const context = { target: 'p/m', secrets: ['AIza-the-key-in-use', 'demo-project'], nowMs: 0 };

function errorOf(status: number, body: unknown, headers = {}): SluiceError {
  return failureOf({ status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) }, context);
}

const rpc = (code: number, status: string, message: string, details: JsonObject[] = []): JsonObject => ({
  error: { code, message, status, details },
});
const info = (reason: string): JsonObject => ({ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason });

test('errors: each status and word of Google has its reason', () => {
  const cases: [number, JsonObject, ErrorReason][] = [
    [400, rpc(400, 'INVALID_ARGUMENT', 'Unknown name "x".'), 'upstream_rejected'],
    [400, rpc(400, 'INVALID_ARGUMENT', 'API key not valid.', [info('API_KEY_INVALID')]), 'upstream_unauthenticated'],
    [400, rpc(400, 'FAILED_PRECONDITION', 'Please enable billing on the project.'), 'upstream_unauthenticated'],
    [
      400,
      rpc(400, 'INVALID_ARGUMENT', 'The input token count (9) exceeds the maximum number of tokens allowed (8).'),
      'context_length_exceeded',
    ],
    [400, rpc(400, 'INVALID_ARGUMENT', 'It violates Google Responsible AI practices.'), 'content_filtered'],
    [401, rpc(401, 'UNAUTHENTICATED', 'Expired.', [info('ACCESS_TOKEN_EXPIRED')]), 'upstream_unauthenticated'],
    [403, rpc(403, 'PERMISSION_DENIED', 'Denied.'), 'upstream_unauthenticated'],
    [404, rpc(404, 'NOT_FOUND', 'models/x is not found for API version v1'), 'model_not_found'],
    [404, rpc(404, 'NOT_FOUND', 'Not found: cache content metadata 1.'), 'upstream_rejected'],
    [409, rpc(409, 'ABORTED', 'Again.'), 'upstream_unavailable'],
    [429, rpc(429, 'RESOURCE_EXHAUSTED', 'Quota.'), 'upstream_rate_limited'],
    [499, rpc(499, 'CANCELLED', 'Gone.'), 'upstream_unavailable'],
    [500, rpc(500, 'INTERNAL', 'Oops.'), 'upstream_unavailable'],
    [501, rpc(501, 'UNIMPLEMENTED', 'No.'), 'unsupported_capability'],
    [503, rpc(503, 'UNAVAILABLE', 'The model is overloaded.'), 'upstream_unavailable'],
    [504, rpc(504, 'DEADLINE_EXCEEDED', 'Late.'), 'upstream_timeout'],
  ];
  for (const [status, body, reason] of cases) {
    const error = errorOf(status, body);
    assert.equal(error.reason, reason, JSON.stringify(body));
    assert.equal(error.upstream?.status, status);
    assert.equal(error.upstream?.type, (body['error'] as JsonObject)['status']);
    // The same within a list, and within a stream.
    assert.equal(errorOf(status, [body]).reason, reason);
    assert.equal(embeddedFailureOf(body, context).reason, reason);
  }
});

test('errors: a status without a number is told by its name', () => {
  assert.equal(embeddedFailureOf({ error: { status: 'RESOURCE_EXHAUSTED' } }, context).reason, 'upstream_rate_limited');
  assert.equal(embeddedFailureOf({ error: 'oops' }, context).reason, 'upstream_unavailable');
});

test('errors: how long to wait is read from the detail, the words or the header', () => {
  const retry = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' };
  assert.equal(errorOf(429, rpc(429, 'RESOURCE_EXHAUSTED', 'Quota.', [retry])).retryAfterMs, 34_400);
  assert.equal(errorOf(429, rpc(429, 'RESOURCE_EXHAUSTED', 'Please retry in 2.5s.')).retryAfterMs, 2500);
  assert.equal(errorOf(503, 'busy', { 'retry-after': '3' }).retryAfterMs, 3000);
  assert.equal(errorOf(429, rpc(429, 'RESOURCE_EXHAUSTED', 'in 99999999s')).retryAfterMs, undefined);
  for (const [retryDelay, wait] of [
    ['99999999s', 86_400_000],
    [`${'9'.repeat(400)}s`, 86_400_000],
    ['-5s', undefined],
    ['NaNs', undefined],
    ['0s', 0],
  ] as const) {
    const body = rpc(429, 'RESOURCE_EXHAUSTED', 'Quota.', [{ ...retry, retryDelay }]);
    assert.equal(errorOf(429, body).retryAfterMs, wait, retryDelay);
  }
});

test('errors: a verdict is shown in Google’s words without project, key or debug information', () => {
  const debug = { '@type': 'type.googleapis.com/google.rpc.DebugInfo', detail: 'stack at secret.cc' };
  const message = 'Publisher Model `projects/demo-project/locations/x/models/m` not found, key AIza-the-key-in-use.';
  const error = errorOf(404, rpc(404, 'NOT_FOUND', message, [debug]));
  assert.equal(error.message, 'Publisher Model `projects/[redacted]/locations/x/models/m` not found, key [redacted].');
  assert.doesNotMatch(`${error.detail}`, /secret\.cc|demo-project/);
  const denied = errorOf(403, rpc(403, 'PERMISSION_DENIED', 'projects/demo-project lacks a role'));
  assert.equal(
    denied.message,
    'The provider refused the credentials, the permissions or the credit of this server, not your API key.',
  );
});

test('errors: pages, plain text and redirects are failures with no words', () => {
  const page = errorOf(502, '<!DOCTYPE html><title>Error 502</title>');
  assert.equal(page.reason, 'upstream_unavailable');
  assert.doesNotMatch(page.message, /</);
  assert.equal(errorOf(404, '<html>').reason, 'upstream_rejected');
  assert.equal(errorOf(302, '').reason, 'upstream_malformed');
  assert.equal(errorOf(401, { error: 'invalid_grant', error_description: 'Bad' }).reason, 'upstream_unauthenticated');
});
