import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerSafe } from './header-safe.ts';

test('header values: what is not printable ASCII is percent-encoded', () => {
  assert.equal(headerSafe('openai/gpt-5-mini'), 'openai/gpt-5-mini');
  assert.equal(headerSafe('modèle\r\nset-cookie: x'), 'mod%C3%A8le%0D%0Aset-cookie%3A%20x');
  assert.equal(headerSafe('\ud800'), '%EF%BF%BD');
});
