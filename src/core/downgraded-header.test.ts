import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxDowngradedChars } from './defaults.ts';
import { downgradedHeader } from './downgraded-header.ts';

test('downgraded header: names as they are, what is not printable encoded', () => {
  assert.equal(downgradedHeader(['user', 'messages[0].name']), 'user, messages[0].name');
  assert.equal(downgradedHeader(['k\u00e4se\n']), 'k%C3%A4se%0A');
});

test('downgraded header: however many names there are, and however long, it stays short and says how many it left out', () => {
  const many = Array.from({ length: 900 }, (_, at) => `messages[${at}].role`);
  const value = downgradedHeader(many);
  assert.ok(value.length <= maxDowngradedChars + 20);
  const shown = value.split(', ').length - 1;
  assert.match(value, new RegExp(`, and ${900 - shown} more$`));
  assert.equal(downgradedHeader(['x'.repeat(100_000)]), 'and 1 more');
});
