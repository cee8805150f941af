// The benchmark's own stream client must count right, or every figure is wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamEnd, streamHead, streamToken } from './chat-body.ts';
import { TokenScanner } from './read-stream.ts';

const text = `${streamHead()}${streamToken('one ')}${streamToken('two ')}${streamEnd(2)}`;

test('token scanner: finds every token once, wherever the text is cut', () => {
  for (let cut = 0; cut <= text.length; cut += 1) {
    const tokens: string[] = [];
    const scanner = new TokenScanner((content) => tokens.push(content));
    scanner.push(text.slice(0, cut));
    scanner.push(text.slice(cut));
    assert.deepEqual(tokens, ['one ', 'two '], `cut at ${cut}`);
    assert.equal(scanner.done, true);
  }
});

test('token scanner: a stream that ends before [DONE] is not done', () => {
  const scanner = new TokenScanner(() => {});
  scanner.push(text.slice(0, text.indexOf('data: [DONE]')));
  assert.equal(scanner.done, false);
});
