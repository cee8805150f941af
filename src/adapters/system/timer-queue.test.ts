import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import fc from 'fast-check';
import type { Timer } from '../../ports/clock.ts';
import { TimerQueue } from './timer-queue.ts';

/** Runs with Node's timers, and the time that the queue reads, in the test's hands. */
function withMovableTime(run: (advance: (byMs: number, stepMs?: number) => void) => void): void {
  let nowMs = 1_000;
  mock.timers.enable({ apis: ['setTimeout'] });
  const now = mock.method(performance, 'now', () => nowMs);
  try {
    run((byMs, stepMs = 1) => {
      // Step by step, as Node's clock and the one that is read move together.
      for (let passedMs = 0; passedMs < byMs; passedMs += stepMs) {
        nowMs += stepMs;
        mock.timers.tick(stepMs);
      }
    });
  } finally {
    now.mock.restore();
    mock.timers.reset();
  }
}

test('timer queue: each timer runs once, when it is due and not before, in order, unless it was cancelled', () => {
  const plans = fc.array(fc.record({ delayMs: fc.nat({ max: 40 }), cancelledAtMs: fc.nat({ max: 80 }) }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(plans, (planned) => {
      withMovableTime((advance) => {
        const queue = new TimerQueue();
        const ran: number[] = [];
        const timers = planned.map(({ delayMs }, at): Timer => queue.set(delayMs, () => ran.push(at)));
        for (let atMs = 0; atMs <= 60; atMs += 1) {
          planned.forEach(({ cancelledAtMs }, at) => {
            if (cancelledAtMs === atMs) timers[at]?.cancel();
          });
          advance(1);
        }
        const due = planned
          .map((plan, at) => ({ ...plan, at }))
          .filter((plan) => plan.cancelledAtMs >= Math.max(1, plan.delayMs));
        assert.deepEqual(
          [...ran].sort((a, b) => a - b),
          due.map(({ at }) => at),
        );
        const delays = ran.map((at) => planned[at]?.delayMs ?? 0);
        assert.deepEqual(
          delays,
          [...delays].sort((a, b) => a - b),
        );
      });
    }),
  );
});

test('timer queue: a timer may set and cancel others when it runs', () => {
  withMovableTime((advance) => {
    const queue = new TimerQueue();
    const ran: string[] = [];
    const doomed = queue.set(6, () => ran.push('doomed'));
    queue.set(5, () => {
      ran.push('first');
      doomed.cancel();
      queue.set(2, () => ran.push('second'));
    });
    advance(20);
    assert.deepEqual(ran, ['first', 'second']);
  });
});

test('timer queue: one that throws does not stop the others', () => {
  withMovableTime((advance) => {
    const queue = new TimerQueue();
    let ran = 0;
    queue.set(3, () => {
      throw new Error('from a timer');
    });
    queue.set(5, () => {
      ran += 1;
    });
    assert.throws(() => advance(3), /from a timer/);
    advance(5);
    assert.equal(ran, 1);
  });
});

test('timer queue: waits longer than Node can are made of several', () => {
  withMovableTime((advance) => {
    const queue = new TimerQueue();
    let ran = 0;
    queue.set(2 ** 32, () => {
      ran += 1;
    });
    advance(2 ** 32 - 2 ** 20, 2 ** 20);
    assert.equal(ran, 0);
    advance(2 ** 21, 2 ** 20);
    assert.equal(ran, 1);
  });
});
