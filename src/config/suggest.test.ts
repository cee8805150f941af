import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suggest } from './suggest.ts';

test('suggest: finds the word that was meant, and none when nothing is near', () => {
  const known = ['listen', 'limits', 'models', 'rpc'];
  assert.equal(suggest('lmits', known), 'limits');
  assert.equal(suggest('Listne', known), 'listen');
  assert.equal(suggest('rcp', known), 'rpc');
  assert.equal(suggest('database', known), undefined);
  assert.equal(suggest('x', known), undefined);
  assert.equal(suggest('models', []), undefined);
});
