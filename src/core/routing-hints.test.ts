import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from './error.ts';
import { parseRoutingHints } from './routing-hints.ts';

function paramOf(canary: string | undefined, conversation: string | undefined): string | undefined {
  try {
    parseRoutingHints(canary, conversation);
    return undefined;
  } catch (thrown) {
    assert.ok(thrown instanceof SluiceError);
    assert.equal(thrown.reason, 'invalid_request');
    return thrown.param;
  }
}

test('routing hints: names of canaries with commas between, and a key', () => {
  assert.equal(parseRoutingHints(undefined, undefined), undefined);
  assert.deepEqual(parseRoutingHints('next', undefined), { canary: ['next'] });
  assert.deepEqual(parseRoutingHints(' next,v2.1 , a_b-c ', 'user-7/thread=3'), {
    canary: ['next', 'v2.1', 'a_b-c'],
    conversation: 'user-7/thread=3',
  });
  assert.deepEqual(parseRoutingHints(['a', 'b'], undefined), { canary: ['a', 'b'] });
});

test('routing hints: what is no name or no key is refused by the header, and not repeated', () => {
  const nine = Array.from({ length: 9 }, (_, at) => `c${at}`).join(',');
  for (const canary of ['', ',', 'a,', 'a b', '-a', 'ä', 'x'.repeat(65), nine, 'a,'.repeat(10_000)]) {
    assert.equal(paramOf(canary, undefined), 'x-sluice-canary', canary.slice(0, 20));
  }
  for (const conversation of ['', 'two words', 'a, b', 'ü', 'x'.repeat(257), 'a\nb']) {
    assert.equal(paramOf(undefined, conversation), 'x-sluice-conversation', conversation.slice(0, 20));
  }
  assert.throws(
    () => parseRoutingHints(undefined, 'hunter2 x'),
    ({ message }: Error) => !message.includes('hunter2'),
  );
});
