import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GenerateRequest } from './engine/protocol.ts';
import { checkPromptSize } from './prompt-size.ts';

function promptOf(texts: readonly string[]): GenerateRequest {
  const messages = texts.map((text, index) => ({ role: 'user' as const, text, source: `message ${index + 1}` }));
  return { messages, documents: [], seed: 1, stop: [], presencePenalty: 0, frequencyPenalty: 0 };
}

const refusal = { reason: 'context_length_exceeded', param: 'messages' };

test('prompt size: what might fit is let through, what cannot is refused by characters or by messages', () => {
  checkPromptSize(promptOf(['x'.repeat(512 * 128)]), 512);
  checkPromptSize(promptOf(Array.from({ length: 512 }, () => '')), 512);
  assert.throws(() => checkPromptSize(promptOf(['x'.repeat(512 * 128 + 1)]), 512), refusal);
  assert.throws(() => checkPromptSize(promptOf(Array.from({ length: 513 }, () => '')), 512), refusal);
});

test('prompt size: a large or unknown context is still bounded', () => {
  for (const contextTokens of [undefined, 1_000_000]) {
    checkPromptSize(promptOf(['x'.repeat(1_000_000)]), contextTokens);
    assert.throws(() => checkPromptSize(promptOf(['x'.repeat(1_000_001)]), contextTokens), refusal);
  }
});
