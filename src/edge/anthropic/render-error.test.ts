import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../../core/error.ts';
import { type ErrorReason, errorCatalogue } from '../../core/error-catalogue.ts';
import { renderError } from './render-error.ts';

const typeNames =
  /^(invalid_request|authentication|billing|permission|not_found|conflict|rate_limit|timeout|api|overloaded)_error$|^request_too_large$/;

test('anthropic error: every reason of the catalogue has the envelope, its status and a type that clients know', () => {
  for (const reason of Object.keys(errorCatalogue) as ErrorReason[]) {
    const { status, body } = renderError(new SluiceError(reason), 'req_1');
    assert.equal(status, errorCatalogue[reason].httpStatus, reason);
    const parsed = JSON.parse(body);
    assert.deepEqual(Object.keys(parsed), ['type', 'error', 'request_id']);
    assert.equal(parsed.type, 'error');
    assert.equal(parsed.request_id, 'req_1');
    assert.equal(parsed.error.message, errorCatalogue[reason].sentence);
    assert.match(parsed.error.type, typeNames, reason);
  }
});

const types: readonly (readonly [ErrorReason, string])[] = [
  ['invalid_request', 'invalid_request_error'],
  ['missing_api_key', 'authentication_error'],
  ['permission_denied', 'permission_error'],
  ['model_not_found', 'not_found_error'],
  ['body_too_large', 'request_too_large'],
  ['rate_limited', 'rate_limit_error'],
  ['upstream_rate_limited', 'rate_limit_error'],
  ['deadline_exceeded', 'timeout_error'],
  ['overloaded', 'overloaded_error'],
  ['draining', 'overloaded_error'],
  ['upstream_unavailable', 'api_error'],
  ['internal', 'api_error'],
];

for (const [reason, type] of types) {
  test(`anthropic error: ${reason} is ${type}`, () => {
    assert.equal(JSON.parse(renderError(new SluiceError(reason), 'r').body).error.type, type);
  });
}

test('anthropic error: a vendor that rejects the request is quoted in its own words and status', () => {
  const error = new SluiceError('upstream_rejected', {
    message: 'Credit is too low.',
    upstream: { status: 402, type: 'billing_error' },
  });
  const { status, body } = renderError(error, 'r');
  assert.equal(status, 402);
  assert.deepEqual(JSON.parse(body).error, { type: 'billing_error', message: 'Credit is too low.' });
});

test('anthropic error: the status and type of a vendor that refused our key are kept, and the caller is told whose key it is', () => {
  const upstream = { status: 401, type: 'authentication_error' };
  const { status, body } = renderError(new SluiceError('upstream_unauthenticated', { upstream }), 'r');
  assert.equal(status, 401);
  const shown = JSON.parse(body).error;
  assert.equal(shown.type, 'authentication_error');
  assert.match(shown.message, /credentials.* of this server, not your API key/);
});

test('anthropic error: the type of a vendor of another dialect is not quoted', () => {
  const error = new SluiceError('upstream_rejected', { upstream: { status: 422, type: 'BadRequestError' } });
  assert.equal(JSON.parse(renderError(error, 'r').body).error.type, 'invalid_request_error');
});

test('anthropic error: the status says what a vendor of another dialect calls an invalid request', () => {
  const types: [ErrorReason, number, string][] = [
    ['model_not_found', 404, 'not_found_error'],
    ['upstream_unauthenticated', 401, 'authentication_error'],
    ['upstream_rejected', 400, 'invalid_request_error'],
    ['upstream_unavailable', 409, 'conflict_error'],
  ];
  for (const [reason, status, type] of types) {
    const error = new SluiceError(reason, { upstream: { status, type: 'invalid_request_error' } });
    const rendered = renderError(error, 'r');
    assert.deepEqual([rendered.status, JSON.parse(rendered.body).error.type], [status, type]);
  }
});

test('anthropic error: a vendor that is overloaded is said to be', () => {
  const error = new SluiceError('upstream_unavailable', { upstream: { status: 529 } });
  const { status, body } = renderError(error, 'r');
  assert.equal(status, 529);
  assert.equal(JSON.parse(body).error.type, 'overloaded_error');
});

test('anthropic error: neither detail nor cause is shown', () => {
  const error = new SluiceError('internal', { detail: 'secret-detail', cause: new Error('secret-cause') });
  assert.doesNotMatch(renderError(error, 'r').body, /secret/);
});
