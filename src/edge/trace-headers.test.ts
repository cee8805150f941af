import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientRequestIdOf, traceHeadersOf } from './trace-headers.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('trace headers: a valid context passes, with its state', () => {
  assert.deepEqual(traceHeadersOf({ traceparent, tracestate: 'a=b' }), { traceparent, tracestate: 'a=b' });
  assert.deepEqual(traceHeadersOf({ traceparent: `cc${traceparent.slice(2)}-what-comes` }), {
    traceparent: `cc${traceparent.slice(2)}-what-comes`,
  });
});

test('trace headers: an invalid context is dropped whole', () => {
  const invalid = [
    '',
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    `${traceparent}-more`,
    traceparent.toUpperCase(),
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    `cc${traceparent.slice(2)}-${'x'.repeat(100)}`,
  ];
  for (const text of invalid) assert.deepEqual(traceHeadersOf({ traceparent: text, tracestate: 'a=b' }), {}, text);
  assert.deepEqual(traceHeadersOf({ traceparent, tracestate: 'a'.repeat(513) }), { traceparent });
});

test('request id: only a plain word of the caller reaches the log', () => {
  assert.equal(clientRequestIdOf({ 'x-request-id': 'a1-b2_c3.d4:e5/f6' }), 'a1-b2_c3.d4:e5/f6');
  for (const text of ['', 'two words', '"quoted"', 'x'.repeat(129), '\u001b[31m']) {
    assert.equal(clientRequestIdOf({ 'x-request-id': text }), undefined);
  }
});
