import assert from 'node:assert/strict';
import { test } from 'node:test';
import { savedRepeats } from './defaults.ts';
import { RetryBudget } from './retry-budget.ts';
import { backoffMs, type RetryPolicy } from './retry-policy.ts';

const policy: RetryPolicy = { maxRepeats: 5, share: 0.2, baseDelayMs: 100, maxDelayMs: 1_000, maxWaitMs: 5_000 };

test('backoff: is drawn from nothing to a bound that doubles up to the longest delay', () => {
  const bounds = [1, 2, 3, 4, 5].map((repeat) => backoffMs(policy, repeat, 0, () => 1));
  assert.deepEqual(bounds, [100, 200, 400, 800, 1_000]);
  assert.equal(
    backoffMs(policy, 3, 0, () => 0),
    0,
  );
});

test('backoff: is never shorter than what the vendor asked for', () => {
  assert.equal(
    backoffMs(policy, 1, 700, () => 0.5),
    700,
  );
});

test('retry budget: repeats are a share of the calls, whatever fails', () => {
  const budget = new RetryBudget();
  let repeats = 0;
  for (let call = 0; call < 1_000; call += 1) {
    budget.deposit(policy.share);
    while (budget.hasOne) {
      budget.withdraw();
      repeats += 1;
    }
  }
  assert.ok(repeats <= savedRepeats + 200, `${repeats} repeats of 1,000 calls`);
  assert.ok(repeats >= savedRepeats + 199, `${repeats} repeats of 1,000 calls`);
});

test('retry budget: a quiet time saves up no storm', () => {
  const budget = new RetryBudget();
  for (let call = 0; call < 1_000; call += 1) budget.deposit(1);
  let repeats = 0;
  while (budget.hasOne) {
    budget.withdraw();
    repeats += 1;
  }
  assert.equal(repeats, savedRepeats);
});
