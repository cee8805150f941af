import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quickBreaker } from '../../../test/fixtures/failure-policies.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { SluiceError } from '../../core/error.ts';
import { type ErrorReason, errorCatalogue } from '../../core/error-catalogue.ts';
import { maxRateLimitRestMs, maxTrackedTargets } from './defaults.ts';
import { HealthRegistry } from './health-registry.ts';
import { verdictOf } from './outcome.ts';
import type { AttemptWatch, TargetHealth } from './target-health.ts';

function setUp(): { clock: FakeClock; registry: HealthRegistry; health: TargetHealth; changes: string[] } {
  const clock = new FakeClock();
  const changes: string[] = [];
  const registry = new HealthRegistry({
    policy: quickBreaker,
    nowMs: () => clock.monotonicMs(),
    random: () => 1,
    onChange: (...change) => changes.push(change.join(' ')),
  });
  return { clock, registry, health: registry.of('p/m'), changes };
}

function admitted(health: TargetHealth, isStream: boolean = false): AttemptWatch {
  const admission = health.admit(isStream);
  if (admission.kind === 'resting') throw new Error(`rests: ${admission.why}`);
  return admission.watch;
}

function fail(health: TargetHealth, reason: ErrorReason, times: number, isStream: boolean = false): void {
  for (let count = 0; count < times; count += 1) admitted(health, isStream).failed(new SluiceError(reason));
}

test('target health: failures of the target open its breaker, and every change is told', () => {
  const { health, changes } = setUp();
  fail(health, 'upstream_unavailable', 3);
  assert.deepEqual(health.admit(false), { kind: 'resting', why: 'failing', forMs: 1_000 });
  assert.deepEqual(changes, ['p/m calls open']);
  assert.deepEqual(health.report(), { calls: 'open', firstToken: 'closed', restsForMs: 1_000, why: 'failing' });
});

test('target health: what callers or we ourselves did wrong is not held against it', () => {
  const { health } = setUp();
  for (const reason of Object.keys(errorCatalogue) as ErrorReason[]) {
    if (verdictOf(new SluiceError(reason)) === 'failure' || reason === 'upstream_rate_limited') continue;
    fail(health, reason, 5);
  }
  assert.equal(health.report().calls, 'closed');
});

test('target health: streams that never begin rest for streams only', () => {
  const { health, clock } = setUp();
  fail(health, 'upstream_timeout', 3, true);
  assert.deepEqual(health.admit(true), { kind: 'resting', why: 'slow-to-begin', forMs: 1_000 });
  admitted(health).succeeded();
  clock.advance(1_000);
  for (let probe = 0; probe < 2; probe += 1) {
    const watch = admitted(health, true);
    watch.begun();
    watch.succeeded();
  }
  assert.equal(health.report().firstToken, 'closed');
});

test('target health: a stream that stalls once it has begun is a failure like any other', () => {
  const { health } = setUp();
  for (let count = 0; count < 3; count += 1) {
    const watch = admitted(health, true);
    watch.begun();
    watch.failed(new SluiceError('upstream_timeout'));
  }
  assert.equal(health.report().calls, 'open');
  assert.equal(health.report().firstToken, 'closed');
});

test('target health: a rate limit is a rest as long as the vendor asks, within a bound, and no failure', () => {
  const { health, clock } = setUp();
  admitted(health).failed(new SluiceError('upstream_rate_limited', { retryAfterMs: 3_000 }));
  assert.deepEqual(health.admit(false), { kind: 'resting', why: 'rate-limited', forMs: 3_000 });
  clock.advance(3_000);
  admitted(health).failed(new SluiceError('upstream_rate_limited', { retryAfterMs: 86_400_000 }));
  assert.equal(health.report().restsForMs, maxRateLimitRestMs);
  assert.equal(health.report().calls, 'closed');
});

test('target health: while breakers are not enabled nothing rests', () => {
  const options = { policy: { ...quickBreaker, enabled: false }, nowMs: () => 0, random: () => 1 };
  const health = new HealthRegistry(options).of('p/m');
  fail(health, 'upstream_unavailable', 10);
  fail(health, 'upstream_rate_limited', 10);
  assert.equal(health.admit(true).kind, 'admitted');
});

test('target health: rate limits in a row that name no time make longer rests; a good call ends the run', () => {
  const { health, clock } = setUp();
  const restAfterLimit = (): number => {
    fail(health, 'upstream_rate_limited', 1);
    const { restsForMs } = health.report();
    clock.advance(restsForMs);
    return restsForMs;
  };
  assert.deepEqual([restAfterLimit(), restAfterLimit(), restAfterLimit()], [500, 1_000, 2_000]);
  admitted(health).succeeded();
  assert.equal(restAfterLimit(), 500);
});

test('target health: who names the target itself gets it though it rests', () => {
  const { health } = setUp();
  fail(health, 'upstream_unavailable', 3);
  health.admitAnyway(true).watch.failed(new SluiceError('upstream_unavailable'));
  assert.equal(health.report().restsForMs, 1_000, 'such a call is no probe');
});

test('health registry: keeps a bounded number of targets, and those longest that something is held against', () => {
  const { registry, health } = setUp();
  fail(health, 'upstream_unavailable', 3);
  for (let count = 0; count < maxTrackedTargets * 2; count += 1) registry.of(`made/up-${count}`);
  assert.equal(registry.reports().size, maxTrackedTargets);
  assert.equal(registry.of('p/m'), health);
});

test('health registry: another policy forgets what was seen, the same one does not', () => {
  const { registry, health } = setUp();
  registry.adopt({ ...quickBreaker });
  assert.equal(registry.of('p/m'), health);
  registry.adopt({ ...quickBreaker, restMs: 2_000 });
  assert.notEqual(registry.of('p/m'), health);
});
