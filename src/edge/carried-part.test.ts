import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMessagesRequest } from './anthropic/parse-request.ts';
import { carriedPart, sealPart } from './carried-part.ts';

test('carried part: a part of another dialect goes out in a block that every client knows and comes back as it was', () => {
  const value = { executableCode: { language: 'PYTHON', code: 'print("Grüße 東京")' }, thoughtSignature: 'c2ln' };
  const block = { type: 'redacted_thinking', data: sealPart({ dialect: 'vertex', value }) };
  const { request } = parseMessagesRequest({
    model: 'm',
    max_tokens: 1,
    messages: [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: [block] },
    ],
  });
  assert.deepEqual(request.messages[1]?.content, [{ type: 'opaque', dialect: 'vertex', value }]);
});

test('carried part: data that is not ours, or not what we wrote, is left to Anthropic', () => {
  const encode = (value: unknown): string => `sluice:${Buffer.from(JSON.stringify(value)).toString('base64')}`;
  for (const data of ['EqQB', 'sluice:', 'sluice:e30=', encode({ dialect: 'other', value: {} }), encode([1])]) {
    assert.equal(carriedPart(data), undefined, data);
  }
});
