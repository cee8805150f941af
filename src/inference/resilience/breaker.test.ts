import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { quickBreaker } from '../../../test/fixtures/failure-policies.ts';
import { Breaker, type BreakerState, type Outcome, type Permit } from './breaker.ts';

/** Lets a call through at that moment and ends it at once. */
function call(breaker: Breaker, outcome: Outcome, atMs: number): boolean {
  const permit = breaker.admit(atMs);
  permit?.settle(outcome, atMs);
  return permit !== undefined;
}

/** A function, so that the compiler does not take a state that was seen for one that stays. */
function kindOf(breaker: Breaker): BreakerState['kind'] {
  return breaker.state.kind;
}

function opened(atMs: number = 0): Breaker {
  const breaker = new Breaker(quickBreaker, () => 1);
  for (let count = 0; count < quickBreaker.consecutiveFailures; count += 1) call(breaker, 'failure', atMs);
  assert.equal(kindOf(breaker), 'open');
  return breaker;
}

test('breaker: opens after three failures in a row, lets nothing through while it rests, then one probe', () => {
  const breaker = opened(100);
  assert.equal(breaker.admit(100), undefined);
  assert.equal(breaker.admit(1_099), undefined);
  const probe = breaker.admit(1_100);
  assert.ok(probe !== undefined);
  assert.equal(breaker.admit(1_100), undefined, 'a second probe beside the first');
});

test('breaker: while it is not enabled it only watches', () => {
  const breaker = new Breaker({ ...quickBreaker, enabled: false }, () => 1);
  for (let count = 0; count < 100; count += 1) call(breaker, 'failure', count);
  assert.equal(kindOf(breaker), 'closed');
});

test('breaker: a good call between failures begins the run again', () => {
  const breaker = new Breaker({ ...quickBreaker, minimumCalls: 100 }, () => 1);
  for (let round = 0; round < 10; round += 1) {
    call(breaker, 'failure', round);
    call(breaker, 'failure', round);
    call(breaker, 'success', round);
  }
  assert.equal(kindOf(breaker), 'closed');
});

test('breaker: opens at half of four calls, and forgets calls that are older than its window', () => {
  const outcomes = ['success', 'failure', 'success', 'failure'] as const;
  const quick = new Breaker(quickBreaker, () => 1);
  for (const [at, outcome] of outcomes.entries()) call(quick, outcome, at);
  assert.equal(quick.state.kind, 'open');
  const slow = new Breaker(quickBreaker, () => 1);
  for (const [at, outcome] of outcomes.entries()) call(slow, outcome, at * quickBreaker.windowMs);
  assert.equal(slow.state.kind, 'closed');
});

test('breaker: a probe that fails opens it for twice as long, up to the longest rest', () => {
  const breaker = opened(0);
  let nowMs = 0;
  for (const restMs of [1_000, 2_000, 4_000, 8_000, 8_000]) {
    assert.equal(call(breaker, 'failure', nowMs + restMs - 1), false, `let through before ${restMs}`);
    nowMs += restMs;
    assert.equal(call(breaker, 'failure', nowMs), true, `not let through after ${restMs}`);
  }
});

test('breaker: two good probes in a row close it, and the next outage begins with the first rest', () => {
  const breaker = opened(0);
  call(breaker, 'failure', 1_000);
  call(breaker, 'success', 3_000);
  assert.equal(kindOf(breaker), 'half-open');
  call(breaker, 'success', 3_001);
  assert.equal(kindOf(breaker), 'closed');
  for (let count = 0; count < 3; count += 1) call(breaker, 'failure', 4_000);
  assert.equal(breaker.admit(4_999), undefined);
  assert.notEqual(breaker.admit(5_000), undefined);
});

test('breaker: a probe that shows life or says nothing lets the next one through', () => {
  const alive = opened(0);
  alive.admit(1_000)?.alive();
  assert.ok(alive.admit(1_001) !== undefined);
  const left = opened(0);
  left.admit(1_000)?.settle('none', 1_001);
  assert.equal(left.state.kind, 'half-open');
  assert.ok(left.admit(1_002) !== undefined);
});

test('breaker: the outcome of a call from before a change of state is dropped', () => {
  const breaker = new Breaker(quickBreaker, () => 1);
  const late = breaker.admit(0);
  for (let count = 0; count < 3; count += 1) call(breaker, 'failure', 0);
  late?.settle('success', 1);
  assert.equal(kindOf(breaker), 'open');
  const probe = breaker.admit(1_000);
  late?.settle('failure', 1_000);
  assert.equal(kindOf(breaker), 'half-open');
  probe?.settle('success', 1_001);
  probe?.settle('failure', 1_001);
  assert.equal(kindOf(breaker), 'half-open', 'an outcome counts once');
});

test('breaker: replicas draw their rests between half of the length and all of it', () => {
  const breaker = new Breaker(quickBreaker, () => 0);
  for (let count = 0; count < 3; count += 1) call(breaker, 'failure', 0);
  assert.equal(breaker.admit(499), undefined);
  assert.ok(breaker.admit(500) !== undefined);
});

/** What callers and time do to a breaker. */
type Step =
  | { readonly do: 'wait'; readonly byMs: number }
  | { readonly do: 'ask' }
  | { readonly do: 'alive'; readonly which: number }
  | { readonly do: 'end'; readonly which: number; readonly outcome: Outcome };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('wait' as const), byMs: fc.integer({ min: 0, max: 3_000 }) }),
    fc.record({ do: fc.constant('ask' as const) }),
    fc.record({ do: fc.constant('alive' as const), which: fc.nat() }),
    fc.record({
      do: fc.constant('end' as const),
      which: fc.nat(),
      outcome: fc.constantFrom<Outcome>('success', 'failure', 'failure', 'none'),
    }),
  ),
  { maxLength: 120 },
);

test('breaker: whatever happens, it obeys its rules', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const seen: BreakerState['kind'][] = ['closed'];
      const breaker = new Breaker(
        quickBreaker,
        () => 1,
        (state) => seen.push(state.kind),
      );
      const open: Permit[] = [];
      let nowMs = 0;
      for (const step of list) {
        const before = breaker.state;
        if (step.do === 'wait') nowMs += step.byMs;
        else if (step.do === 'ask') checkAsk(breaker, before, open, nowMs);
        else if (open.length > 0) {
          const index = step.which % open.length;
          if (step.do === 'alive') open[index]?.alive();
          else open.splice(index, 1)[0]?.settle(step.outcome, nowMs);
        }
        checkState(breaker.state, nowMs);
      }
      for (let index = 1; index < seen.length; index += 1) {
        assert.ok(successors[seen[index - 1] ?? 'closed'].includes(seen[index] ?? 'closed'), seen.join(' → '));
      }
    }),
    { numRuns: 500 },
  );
});

const successors: Readonly<Record<BreakerState['kind'], readonly BreakerState['kind'][]>> = {
  closed: ['open'],
  open: ['half-open'],
  'half-open': ['open', 'closed'],
};

/** A closed breaker lets through, an open one only behind its rest, a half-open one only while it does not probe. */
function checkAsk(breaker: Breaker, before: BreakerState, open: Permit[], nowMs: number): void {
  const permit = breaker.admit(nowMs);
  const expected = before.kind === 'closed' || (before.kind === 'open' ? nowMs >= before.untilMs : !before.isProbing);
  assert.equal(permit !== undefined, expected, JSON.stringify(before));
  if (permit !== undefined) open.push(permit);
}

function checkState(state: BreakerState, nowMs: number): void {
  if (state.kind !== 'open') return;
  assert.ok(state.untilMs <= nowMs + quickBreaker.maxRestMs && state.trips >= 1, JSON.stringify(state));
}
