import assert from 'node:assert/strict';
import { test } from 'node:test';
import { estimateInputTokens } from '../../ports/token-estimator.ts';
import { createTokenEstimator } from './token-estimator.ts';

const estimator = createTokenEstimator();

test('token estimator: short texts are counted exactly, special tokens as the text that they are', async () => {
  assert.equal(await estimator.count([]), 0);
  assert.equal(await estimator.count(['']), 0);
  assert.equal(await estimator.count(['hello world']), 2);
  assert.equal(await estimator.count(['hello world', 'hello world']), 4);
  assert.ok((await estimator.count(['<|endoftext|>'])) > 1);
});

test('token estimator: a long text is sampled, and the sum stays right', async () => {
  const sentence = 'The quick brown fox jumps over the lazy dog. ';
  const count = await estimator.count([sentence.repeat(10_000)]);
  assert.ok(Math.abs(count - 100_000) < 10_000, `${count} tokens for 100,000`);
  const mixed = await estimator.count([sentence.repeat(2000), '東京都は日本の首都です'.repeat(2000)]);
  assert.ok(mixed > 28_000 && mixed < 40_000, `${mixed} tokens`);
});

test('token estimator: a run without spaces takes bounded time', { timeout: 5000 }, async () => {
  assert.ok((await estimator.count(['a'.repeat(4_000_000)])) > 100_000);
});

test('token estimator: a request counts messages, tools and pictures', async () => {
  const image = { type: 'image', source: { kind: 'url', url: 'https://x/y.png' } } as const;
  const request = { model: 'm', messages: [], sampling: {}, dialect: 'openai' } as const;
  const text = { type: 'text', text: 'hello world' } as const;
  assert.equal(await estimateInputTokens({ ...request, messages: [{ role: 'user', content: [text] }] }, estimator), 6);
  assert.equal(
    await estimateInputTokens({ ...request, messages: [{ role: 'user', content: [text, image] }] }, estimator),
    91,
  );
  assert.equal(await estimateInputTokens({ ...request, prompt: 'hello world' }, estimator), 2);
  assert.ok((await estimateInputTokens({ ...request, tools: [{ kind: 'function', name: 'f' }] }, estimator)) > 5);
});

test('token estimator: a vocabulary that could not be read is read again by the next call', async () => {
  let reads = 0;
  const flaky = createTokenEstimator(async () => {
    reads += 1;
    if (reads === 1) throw new Error('EMFILE');
    return (text) => text.length;
  });
  await assert.rejects(flaky.count(['abc']), { message: 'EMFILE' });
  assert.equal(await flaky.count(['abc']), 3);
  assert.equal(await flaky.count(['abcd']), 4);
  assert.equal(reads, 2);
});
