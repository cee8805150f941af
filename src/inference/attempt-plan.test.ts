// The plan of a call, driven by hand: which target comes next, after which wait, and what the caller is told in the end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attemptRuntime, quickBreaker } from '../../test/fixtures/failure-policies.ts';
import { FakeClock } from '../../test/fixtures/fake-clock.ts';
import { createScriptedProvider } from '../../test/fixtures/scripted-provider.ts';
import { createRecordingMetrics } from '../../test/fixtures/silent-telemetry.ts';
import { type ErrorDetails, SluiceError } from '../core/error.ts';
import type { ErrorReason } from '../core/error-catalogue.ts';
import { AttemptPlan, type AttemptPlanOptions, type AttemptPlanRuntime, type Turn } from './attempt-plan.ts';
import { savedRepeats } from './resilience/defaults.ts';
import type { RetryPolicy } from './resilience/retry-policy.ts';
import type { Target } from './routing-table.ts';

const retries: RetryPolicy = { maxRepeats: 2, share: 0.2, baseDelayMs: 100, maxDelayMs: 1_000, maxWaitMs: 5_000 };

function targetsOf(...names: string[]): Target[] {
  return names.map((name) => ({ name, provider: createScriptedProvider(name), model: 'm', description: undefined }));
}

class Drive {
  readonly clock: FakeClock = new FakeClock();
  readonly metrics: ReturnType<typeof createRecordingMetrics> = createRecordingMetrics();
  readonly runtime: AttemptPlanRuntime = { ...attemptRuntime(this.clock), metrics: this.metrics };
  readonly caller: AbortController = new AbortController();
  readonly log: string[] = [];

  plan(names: string[], options: Partial<AttemptPlanOptions> = {}): AttemptPlan {
    const deadlineAtMs = this.clock.now() + 60_000;
    const { signal } = this.caller;
    return new AttemptPlan(
      { targets: targetsOf(...names), retries, isStream: false, deadlineAtMs, signal, ...options },
      this.runtime,
    );
  }

  /** The next turn; time moves on as far as the plan waits. */
  async next(plan: AttemptPlan): Promise<Turn> {
    const startedMs = this.clock.monotonicMs();
    let turn: Turn | undefined;
    let failure: unknown;
    plan.next().then(
      (made) => {
        turn = made;
      },
      (thrown: unknown) => {
        failure = thrown;
      },
    );
    for (let step = 0; turn === undefined && failure === undefined; step += 1) {
      assert.ok(step < 10_000, 'the plan neither goes on nor ends');
      await Promise.resolve();
      if (step % 10 === 9 && this.clock.pendingTimers > 0) this.clock.advance(1);
    }
    if (turn === undefined) throw failure;
    this.log.push(`${turn.target.name}@${this.clock.monotonicMs() - startedMs}`);
    return turn;
  }

  /** Fails every turn with what `failureOf` says, until the plan gives up; resolves with what the caller is told. */
  async failAll(plan: AttemptPlan, failureOf: (target: string) => [ErrorReason, ErrorDetails?]): Promise<SluiceError> {
    for (;;) {
      try {
        const turn = await this.next(plan);
        const failure = new SluiceError(...failureOf(turn.target.name));
        turn.watch.failed(failure);
        plan.failed(turn, failure);
      } catch (thrown) {
        assert.ok(thrown instanceof SluiceError, String(thrown));
        return thrown;
      }
    }
  }
}

test('attempt plan: all targets in order, then those again that a repeat may mend, behind growing waits', async () => {
  const drive = new Drive();
  const told = await drive.failAll(drive.plan(['a', 'b']), (target) => [
    target === 'a' ? 'upstream_unavailable' : 'upstream_unauthenticated',
  ]);
  assert.deepEqual(drive.log, ['a@0', 'b@0', 'a@100', 'a@200']);
  assert.equal(told.reason, 'upstream_unavailable');
  assert.equal(drive.clock.pendingTimers, 0);
});

test('attempt plan: what no repeat mends is asked once of each target', async () => {
  const drive = new Drive();
  const reasons = [
    'context_length_exceeded',
    'upstream_timeout',
    'upstream_unauthenticated',
    'model_not_found',
  ] as const;
  for (const reason of reasons) {
    drive.log.length = 0;
    const told = await drive.failAll(drive.plan([`${reason}/a`, `${reason}/b`]), () => [reason]);
    assert.deepEqual(drive.log, [`${reason}/a@0`, `${reason}/b@0`]);
    assert.equal(told.reason, reason);
  }
});

test('attempt plan: a verdict on the content is carried to nobody else', async () => {
  const drive = new Drive();
  const told = await drive.failAll(drive.plan(['a', 'b']), () => ['content_filtered']);
  assert.deepEqual(drive.log, ['a@0']);
  assert.equal(told.reason, 'content_filtered');
});

test('attempt plan: waits as long as the vendor asks, and not at all where that is too long', async () => {
  const drive = new Drive();
  await drive.failAll(drive.plan(['a']), () => ['upstream_unavailable', { retryAfterMs: 700 }]);
  assert.deepEqual(drive.log, ['a@0', 'a@700', 'a@700']);
  drive.log.length = 0;
  const told = await drive.failAll(drive.plan(['b']), () => ['upstream_rate_limited', { retryAfterMs: 9_000 }]);
  assert.deepEqual(drive.log, ['b@0']);
  assert.equal(told.retryAfterMs, 9_000);
});

test('attempt plan: a rate limit is waited for where nobody else answers', async () => {
  const drive = new Drive();
  await drive.failAll(drive.plan(['a']), () => ['upstream_rate_limited', { retryAfterMs: 400 }]);
  assert.deepEqual(drive.log, ['a@0', 'a@400', 'a@400']);
});

test('attempt plan: no wait goes beyond the deadline', async () => {
  const drive = new Drive();
  const plan = drive.plan(['a'], { deadlineAtMs: drive.clock.now() + 150 });
  await drive.failAll(plan, () => ['upstream_unavailable']);
  assert.deepEqual(drive.log, ['a@0', 'a@100']);
});

test('attempt plan: a target that fails and fails is passed over at once, and asked again by a probe', async () => {
  const drive = new Drive();
  for (let call = 0; call < 3; call += 1) {
    await drive.failAll(drive.plan(['a'], { retries: { ...retries, maxRepeats: 0 } }), () => ['upstream_unavailable']);
  }
  drive.log.length = 0;
  const turn = await drive.next(drive.plan(['a', 'b']));
  turn.watch.succeeded();
  assert.deepEqual(drive.log, ['b@0']);
  assert.equal(drive.metrics.values.get('sluice_attempts_held_back_total{a,failing}'), 1);
  const told = await drive.failAll(drive.plan(['a']), () => ['upstream_unavailable']);
  assert.deepEqual(drive.log, ['b@0']);
  assert.equal(told.reason, 'upstream_unavailable');
  assert.equal(told.retryAfterMs, 1_000);
  assert.match(told.message, /has not been asked again yet/);
  drive.clock.advance(1_000);
  (await drive.next(drive.plan(['a', 'b']))).watch.succeeded();
  assert.deepEqual(drive.log, ['b@0', 'a@0']);
});

test('attempt plan: who names the target gets it, resting or not, once, and its own failure', async () => {
  const drive = new Drive();
  for (let call = 0; call < 10; call += 1) {
    const told = await drive.failAll(drive.plan(['a'], { retries: undefined }), () => ['upstream_unavailable']);
    assert.equal(told.message, 'The provider cannot be reached or failed.');
  }
  assert.equal(drive.log.length, 10);
});

test('attempt plan: when every call fails, a target gets its share of repeats and no more', async () => {
  const drive = new Drive();
  const policy = { ...quickBreaker, minimumCalls: 1_000_000, consecutiveFailures: 1_000_000 };
  Object.assign(drive.runtime, attemptRuntime(drive.clock, policy, 0));
  const calls = 200;
  for (let call = 0; call < calls; call += 1) await drive.failAll(drive.plan(['a']), () => ['engine_failed']);
  const repeats = drive.log.length - calls;
  const most = savedRepeats + calls * retries.share;
  assert.ok(repeats <= most && repeats >= most - 2, `${repeats} repeats of ${calls} calls`);
  assert.ok((drive.metrics.values.get('sluice_attempts_held_back_total{a,no-budget}') ?? 0) > 0);
});

test('attempt plan: a caller who leaves during a wait ends it', async () => {
  const drive = new Drive();
  const plan = drive.plan(['a']);
  const turn = await drive.next(plan);
  plan.failed(turn, new SluiceError('upstream_unavailable'));
  const waiting = plan.next();
  await Promise.resolve();
  assert.equal(drive.clock.pendingTimers, 1);
  drive.caller.abort(new SluiceError('cancelled'));
  await assert.rejects(waiting, { reason: 'cancelled' });
  assert.equal(drive.clock.pendingTimers, 0);
});
