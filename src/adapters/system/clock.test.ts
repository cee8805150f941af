import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSystemClock } from './clock.ts';

test('system clock: a timer fires once, and not when it was cancelled', async () => {
  const clock = createSystemClock();
  const fired: string[] = [];
  const cancelled = clock.setTimer(1, () => fired.push('cancelled'));
  cancelled.cancel();
  const keepAlive = setInterval(() => {}, 1_000); // timers of the clock do not hold the process
  await new Promise<void>((resolve) => {
    clock.setTimer(5, () => {
      fired.push('kept');
      resolve();
    });
  });
  clearInterval(keepAlive);
  assert.deepEqual(fired, ['kept']);
  cancelled.cancel();
});

test('system clock: a delay beyond 24 days does not fire at once', async () => {
  const clock = createSystemClock();
  let fired = false;
  const timer = clock.setTimer(2 ** 31 + 5, () => {
    fired = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20)); // Node fires an overlong timeout after 1 ms
  timer.cancel();
  assert.equal(fired, false);
});

test('system clock: durations never go back and timestamps are Unix time', () => {
  const clock = createSystemClock();
  const before = clock.monotonicMs();
  assert.ok(clock.monotonicMs() >= before);
  assert.ok(Math.abs(clock.now() - Date.now()) < 1_000);
});
