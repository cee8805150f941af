import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quickBreaker } from '../../../test/fixtures/failure-policies.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { SluiceError } from '../../core/error.ts';
import type { ErrorReason } from '../../core/error-catalogue.ts';
import { assumedLatencyMs, failureFactor, latencyDecayMs, maxFailureLatencyMs } from './defaults.ts';
import { PeakEwma } from './peak-ewma.ts';
import { type AttemptWatch, TargetHealth } from './target-health.ts';

class Drive {
  readonly clock: FakeClock = new FakeClock();
  readonly health: TargetHealth = new TargetHealth({
    policy: { ...quickBreaker, enabled: false },
    nowMs: () => this.clock.monotonicMs(),
    random: () => 1,
    onChange: () => {},
  });

  begin(isStream: boolean): AttemptWatch {
    const admission = this.health.admit(isStream);
    assert.ok(admission.kind === 'admitted');
    return admission.watch;
  }

  fail(isStream: boolean, reason: ErrorReason, afterMs: number): void {
    const watch = this.begin(isStream);
    this.clock.advance(afterMs);
    watch.failed(new SluiceError(reason));
  }

  answer(afterMs: number): void {
    const watch = this.begin(false);
    this.clock.advance(afterMs);
    watch.succeeded();
  }

  /** What is known of whole answers, with nothing under way. */
  get wholeMs(): number {
    return Math.round(this.health.loadMs(false));
  }
}

test('peak ewma: rises to a slow sample at once, comes down with quick ones and with time', () => {
  const estimate = new PeakEwma();
  assert.equal(estimate.at(0), undefined);
  estimate.observe(100, 0);
  estimate.observe(1_000, 10);
  assert.equal(estimate.at(10), 1_000);
  estimate.observe(100, 10 + latencyDecayMs);
  const expected = 1_000 / Math.E + 100 * (1 - 1 / Math.E);
  assert.ok(Math.abs((estimate.at(10 + latencyDecayMs) ?? 0) - expected) < 1e-9);
  assert.ok((estimate.at(10 + 5 * latencyDecayMs) ?? 100) < 10);
});

test('peak ewma: quick samples among slow ones let it fall no faster than no samples', () => {
  const [busy, quiet] = [new PeakEwma(), new PeakEwma()];
  for (const estimate of [busy, quiet]) estimate.observe(5_000, 0);
  for (let atMs = 100; atMs <= 60_000; atMs += 100) busy.observe(1, atMs);
  assert.ok((busy.at(60_000) ?? 0) >= (quiet.at(60_000) ?? 0));
});

test('target load: nothing is measured before somebody chooses by it', () => {
  const { health, ...drive } = new Drive();
  const watch = health.admit(false);
  assert.equal(health.report().load, undefined);
  assert.equal(health.loadMs(false), 2 * assumedLatencyMs, 'a call is under way already');
  drive.clock.advance(5_000);
  if (watch.kind === 'admitted') watch.watch.succeeded();
  assert.equal(health.loadMs(false), 0, 'it began before the measuring');
  assert.deepEqual(health.report().load, { inFlight: 0 });
});

test('target load: a target that nobody knows is tried once, and taken for an ordinary one while its first calls are under way', () => {
  const drive = new Drive();
  assert.equal(drive.health.loadMs(true), 0);
  drive.begin(true);
  assert.equal(drive.health.loadMs(true), 2 * assumedLatencyMs);
  drive.begin(false);
  assert.equal(drive.health.loadMs(true), 3 * assumedLatencyMs);
});

test('target load: a stream is measured by its first content, a whole answer by its end, and they are kept apart', () => {
  const drive = new Drive();
  drive.health.loadMs(false);
  const stream = drive.begin(true);
  drive.clock.advance(200);
  stream.begun();
  stream.begun();
  drive.clock.advance(100);
  assert.deepEqual(drive.health.report().load, { inFlight: 1, firstTokenMs: 199 });
  drive.answer(2_000);
  stream.succeeded();
  const { load } = drive.health.report();
  assert.equal(load?.inFlight, 0);
  assert.equal(load?.wholeMs, 2_000);
  assert.ok((load?.firstTokenMs ?? 0) < 199);
  const second = drive.begin(false);
  assert.equal(drive.health.loadMs(false), 4_000);
  second.succeeded();
});

test('target load: failures of the target count as slow, and slower with each in a row, up to a bound', () => {
  const drive = new Drive();
  drive.health.loadMs(false);
  drive.answer(100);
  for (const times of [failureFactor, failureFactor ** 2]) {
    drive.fail(false, 'upstream_unavailable', 0);
    assert.equal(drive.wholeMs, 100 * times);
  }
  drive.fail(false, 'upstream_rate_limited', 0);
  assert.equal(drive.wholeMs, 100 * failureFactor ** 3);
  for (let count = 0; count < 9; count += 1) drive.fail(false, 'upstream_truncated', 0);
  assert.equal(drive.wholeMs, maxFailureLatencyMs);
  drive.fail(false, 'upstream_timeout', 120_000);
  assert.equal(drive.wholeMs, 120_000, 'or as slow as it was');
});

test('target load: who never answered and fails counts as slow', () => {
  const drive = new Drive();
  drive.health.loadMs(false);
  drive.fail(false, 'upstream_unavailable', 0);
  assert.equal(drive.wholeMs, assumedLatencyMs * failureFactor);
});

test('target load: a caller who left has waited so long at least; a refused request says nothing', () => {
  const drive = new Drive();
  drive.health.loadMs(false);
  drive.answer(1_500);
  drive.fail(false, 'invalid_request', 0);
  drive.fail(false, 'cancelled', 10);
  assert.equal(drive.wholeMs, 1_500);
  drive.fail(false, 'deadline_exceeded', 3_000);
  assert.equal(drive.wholeMs, 3_000);
  const stream = drive.begin(true);
  stream.begun();
  drive.clock.advance(60_000);
  stream.failed(new SluiceError('cancelled'));
  assert.ok((drive.health.report().load?.firstTokenMs ?? 1) < 1, 'a stream that ran is not slow');
});
