import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { failureOfCall } from '../../../test/fixtures/upstream-calls.ts';
import { CallSlots } from './call-slots.ts';
import { maxWaitingCalls } from './defaults.ts';

test('call slots: whoever comes when too many wait is refused at once, and the others get their turn', async () => {
  const clock = new FakeClock();
  const { signal } = new AbortController();
  const slots = new CallSlots(1, clock);
  await slots.acquire(signal, 1_000);
  const admitted: number[] = [];
  const waiting = Array.from({ length: maxWaitingCalls }, async (_, number) => {
    await slots.acquire(signal, 1_000);
    admitted.push(number);
    slots.release();
  });
  const refused = await failureOfCall(slots.acquire(signal, 1_000));
  assert.deepEqual([refused.reason, refused.detail], ['overloaded', `${maxWaitingCalls} calls wait already`]);
  slots.release();
  await Promise.all(waiting);
  assert.deepEqual(admitted, [...admitted.keys()]);
  assert.equal(clock.pendingTimers, 0);
});
