import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../core/error.ts';
import { apiKeyOf, timeoutOf } from './credentials.ts';

function reason(run: () => unknown): string {
  try {
    run();
    return '';
  } catch (thrown) {
    assert.ok(thrown instanceof SluiceError);
    return thrown.reason;
  }
}

test('credentials: both headers are understood, and Authorization wins', () => {
  assert.equal(apiKeyOf({ authorization: 'Bearer sk-1' }), 'sk-1');
  assert.equal(apiKeyOf({ authorization: 'bearer   sk-1 ' }), 'sk-1');
  assert.equal(apiKeyOf({ 'x-api-key': 'sk-2' }), 'sk-2');
  assert.equal(apiKeyOf({ authorization: 'Bearer sk-1', 'x-api-key': 'sk-2' }), 'sk-1');
});

test('credentials: no key and a wrong form of one are told apart', () => {
  assert.equal(
    reason(() => apiKeyOf({})),
    'missing_api_key',
  );
  assert.equal(
    reason(() => apiKeyOf({ authorization: 'Bearer ' })),
    'missing_api_key',
  );
  assert.equal(
    reason(() => apiKeyOf({ 'x-api-key': '' })),
    'missing_api_key',
  );
  assert.equal(
    reason(() => apiKeyOf({ authorization: 'Basic c2s6' })),
    'invalid_api_key',
  );
  assert.equal(
    reason(() => apiKeyOf({ authorization: 'Bearer two words' })),
    'invalid_api_key',
  );
  assert.equal(
    reason(() => apiKeyOf({ 'x-api-key': 'k'.repeat(513) })),
    'invalid_api_key',
  );
});

test('timeout: the caller may ask for less than the default, never for more', () => {
  assert.equal(timeoutOf({}, 1000), 1000);
  assert.equal(timeoutOf({ 'x-sluice-timeout-ms': '250' }, 1000), 250);
  assert.equal(timeoutOf({ 'x-sluice-timeout-ms': '999999' }, 1000), 1000);
  for (const text of ['0', '-1', '1.5', 'soon', '', '1e3', '9'.repeat(40)]) {
    assert.equal(
      reason(() => timeoutOf({ 'x-sluice-timeout-ms': text }, 1000)),
      'invalid_request',
      text,
    );
  }
});
