import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorCatalogue } from '../../core/error-catalogue.ts';
import { reasonBy, type VerdictRow } from './verdict-table.ts';

const table: readonly VerdictRow[] = [
  { status: [401], reason: 'upstream_unauthenticated' },
  { status: '4xx', word: new Set(['no_model']), reason: 'model_not_found' },
  { status: [400], message: /too long/, reason: 'context_length_exceeded' },
  { status: [404], message: /^$/, reason: 'model_not_found' },
  { word: /^busy/, reason: 'upstream_rate_limited' },
  { status: '5xx', reason: 'upstream_unavailable' },
  { reason: 'upstream_malformed' },
];

test('verdict table: the first row counts of which everything is so', () => {
  assert.equal(reasonBy(table, { status: 401, code: 'no_model' }), 'upstream_unauthenticated');
  assert.equal(reasonBy(table, { status: 422, type: 'no_model' }), 'model_not_found');
  assert.equal(reasonBy(table, { status: 500, code: 'no_model' }), 'upstream_unavailable');
  assert.equal(reasonBy(table, { status: 400, message: 'It is too long.' }), 'context_length_exceeded');
  assert.equal(reasonBy(table, { status: 404 }), 'model_not_found', 'no message is an empty one');
  assert.equal(reasonBy(table, { status: 404, message: 'x' }), 'upstream_malformed');
  assert.equal(reasonBy(table, { status: 200, code: 'busy_now' }), 'upstream_rate_limited');
  assert.equal(reasonBy(table, { status: 302 }), 'upstream_malformed');
  assert.throws(() => reasonBy([], { status: 400 }));
});

test('verdict table: what of a vendor is shown follows from the reason', () => {
  const showing = (shown: string): string[] =>
    Object.entries(errorCatalogue).flatMap(([reason, entry]) => (entry.vendorShows === shown ? [reason] : []));
  assert.deepEqual(showing('status').sort(), [
    'upstream_rate_limited',
    'upstream_timeout',
    'upstream_unauthenticated',
    'upstream_unavailable',
  ]);
  assert.deepEqual(showing('words').sort(), [
    'content_filtered',
    'context_length_exceeded',
    'model_not_found',
    'unsupported_capability',
    'upstream_rejected',
  ]);
});
