import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandomStream } from './random-stream.ts';
import { createSampler, type SamplerOptions } from './sampler.ts';

const plain: SamplerOptions = {
  temperature: 1,
  topP: 1,
  topK: 0,
  presencePenalty: 0,
  frequencyPenalty: 0,
  topLogprobs: undefined,
};
const logits = Float32Array.of(1, 3, 2, -4, 2.5);

function frequencies(options: Partial<SamplerOptions>, draws = 20_000): number[] {
  const random = createRandomStream(99);
  const counts = new Array<number>(logits.length).fill(0);
  for (let i = 0; i < draws; i += 1) {
    const { token } = createSampler({ ...plain, ...options }, random).sample(logits);
    counts[token]! += 1;
  }
  return counts.map((count) => count / draws);
}

test('sampler: temperature 0 takes the best token and needs no randomness', () => {
  const sampler = createSampler({ ...plain, temperature: 0 }, () => assert.fail('asked for randomness'));
  assert.equal(sampler.sample(logits).token, 1);
});

test('sampler: tokens come as often as the softmax says', () => {
  const total = logits.reduce((sum, value) => sum + Math.exp(value), 0);
  for (const [token, share] of frequencies({}).entries()) {
    assert.ok(Math.abs(share - Math.exp(logits[token]!) / total) < 0.015, `token ${token}: ${share}`);
  }
});

test('sampler: top-k and top-p cut the unlikely tokens and keep the others in proportion', () => {
  const two = frequencies({ topK: 2 });
  assert.ok(Math.abs(two[1]! - 1 / (1 + Math.exp(-0.5))) < 0.015);
  assert.equal(two[0]! + two[2]! + two[3]!, 0);
  assert.equal(frequencies({ topP: 0.3 })[1], 1, 'the best token alone reaches 0.3');
  assert.equal(frequencies({ topP: 0 })[1], 1, 'at least one token stays');
  assert.equal(frequencies({ topP: 0.99 })[3], 0);
});

test('sampler: penalties move the choice away from what was said', () => {
  const presence = createSampler({ ...plain, temperature: 0, presencePenalty: 0.8 }, () => 0.5);
  assert.deepEqual(
    [1, 2, 3].map(() => presence.sample(logits).token),
    [1, 4, 1],
  );
  const frequency = createSampler({ ...plain, temperature: 0, frequencyPenalty: 0.8 }, () => 0.5);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => frequency.sample(logits).token),
    [1, 4, 1, 2],
  );
  assert.equal(logits[1], 3, 'the scores of the model are not changed');
});

test('sampler: log probabilities are the model’s own, sorted, and sum to 1 over the vocabulary', () => {
  const sampler = createSampler({ ...plain, temperature: 0, presencePenalty: 9, topLogprobs: 5 }, () => 0.5);
  sampler.sample(logits);
  const { token, logprob, top } = sampler.sample(logits);
  assert.equal(token, 4, 'the penalty decided');
  assert.deepEqual(
    top.map((entry) => entry.token),
    [1, 4, 2, 0, 3],
  );
  assert.ok(Math.abs(top.reduce((sum, entry) => sum + Math.exp(entry.logprob), 0) - 1) < 1e-6);
  assert.equal(logprob, top[1]?.logprob);
});

test('sampler: whatever the options, the token exists and obeys top-k', () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, min: -50, max: 50 }), { minLength: 1, maxLength: 60 }),
      fc.double({ min: 0, max: 3, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(70),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (values, temperature, topP, topK, at) => {
        const scores = Float32Array.from(values);
        const { token } = createSampler({ ...plain, temperature, topP, topK }, () => at).sample(scores);
        assert.ok(token >= 0 && token < scores.length);
        const better = scores.filter((value) => value > scores[token]!).length;
        if (topK > 0) assert.ok(better < topK);
      },
    ),
  );
});

test('random stream: even, repeatable, and different for seeds that differ in any half', () => {
  const draw = (seed: number) => Array.from({ length: 1000 }, createRandomStream(seed));
  assert.deepEqual(draw(5), draw(5));
  assert.notDeepEqual(draw(5), draw(6));
  assert.notDeepEqual(draw(5), draw(5 + 2 ** 32));
  const mean = draw(123).reduce((sum, value) => sum + value, 0) / 1000;
  assert.ok(Math.abs(mean - 0.5) < 0.05);
});
