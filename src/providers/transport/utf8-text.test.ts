import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8TextOf } from './utf8-text.ts';

test('utf-8 text: a byte order mark at the head is left out, and only there', () => {
  assert.equal(utf8TextOf(Buffer.from('\uFEFF{"a":"\uFEFF"}')), '{"a":"\uFEFF"}');
  assert.equal(utf8TextOf(Buffer.from('Grüße')), 'Grüße');
  assert.equal(utf8TextOf(Buffer.from([0xef, 0xbb])), '\uFFFD');
  assert.equal(utf8TextOf(Buffer.alloc(0)), '');
});
