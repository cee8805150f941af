// The order of targets: what holds for every policy as properties, and the share that each target gets as counts over a seeded
// generator, so that they are the same with every run.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { randomNumbers } from '../../../test/vendors/random-numbers.ts';
import { orderTargets, type RoutingCall, type RoutingKnowledge } from './order-targets.ts';
import {
  dynamicPolicy,
  inStaticOrder,
  type RoutedTarget,
  type RoutingCriterion,
  type RoutingPolicy,
  type TargetRouting,
} from './routing-policy.ts';

const anybody: RoutingCall = { canaries: [] };

function targetsOf(settings: Readonly<Record<string, TargetRouting | undefined>>): readonly RoutedTarget[] {
  return inStaticOrder(Object.entries(settings).map(([name, routing]) => ({ name, routing })));
}

function namesOf(targets: readonly RoutedTarget[]): string[] {
  return targets.map(({ name }) => name);
}

function chance(seed: number, loads: Readonly<Record<string, number>> = {}): RoutingKnowledge {
  return { random: randomNumbers(seed), loadOf: (name) => loads[name] ?? 0 };
}

/** How often each target comes first in `calls` orders, as a share. */
function sharesOf(calls: number, order: (call: number) => readonly RoutedTarget[]): Record<string, number> {
  const shares: Record<string, number> = {};
  for (let call = 0; call < calls; call += 1) {
    const first = order(call)[0]?.name ?? '';
    shares[first] = (shares[first] ?? 0) + 1 / calls;
  }
  return shares;
}

function assertShares(actual: Record<string, number>, expected: Record<string, number>): void {
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [name, share] of Object.entries(expected)) {
    assert.ok(Math.abs((actual[name] ?? 0) - share) < 0.02, `${name}: ${actual[name]}, expected ${share}`);
  }
}

const routing: fc.Arbitrary<TargetRouting | undefined> = fc.option(
  fc.record(
    {
      weight: fc.constantFrom(0, 0.5, 1, 100),
      priority: fc.integer({ min: 0, max: 2 }),
      canary: fc.record({ share: fc.constantFrom(0, 0.3), name: fc.constantFrom('x', 'y', undefined) }),
      usdPerMillionTokens: fc.record({ input: fc.double({ min: 0, max: 9, noNaN: true }), output: fc.constant(1) }),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);
const policy: fc.Arbitrary<RoutingPolicy> = fc.record({
  by: fc.constantFrom<RoutingCriterion[]>('order', 'weight', 'latency', 'cost'),
  sticky: fc.constantFrom('none', 'conversation'),
});
const call: fc.Arbitrary<RoutingCall> = fc.record({
  canaries: fc.subarray(['x', 'z']),
  conversation: fc.option(fc.string(), { nil: undefined }),
  size: fc.option(fc.record({ inputTokens: fc.nat(9_999), outputTokens: fc.nat(999) }), { nil: undefined }),
});

test('order of targets: whatever is configured and known, each is there once, and no priority or canary is out of its place', () => {
  fc.assert(
    fc.property(
      fc.array(routing, { minLength: 1, maxLength: 8 }),
      policy,
      call,
      fc.nat(),
      (settings, how, who, seed) => {
        const targets = inStaticOrder(settings.map((each, at) => ({ name: `p/${at}`, routing: each })));
        const loads = Object.fromEntries(targets.map(({ name }, at) => [name, (at * seed) % 7]));
        const order = orderTargets(targets, how, who, chance(seed, loads));
        assert.deepEqual(namesOf(order).sort(), namesOf(targets).sort());

        const isCanary = ({ routing: each }: RoutedTarget): boolean => each?.canary !== undefined;
        const firstPlain = order.findIndex((target) => !isCanary(target));
        const lastPlain = order.findLastIndex((target) => !isCanary(target));
        assert.ok(order.every((target, at) => at < firstPlain || at > lastPlain || !isCanary(target)));
        const priorities = order.filter((target) => !isCanary(target)).map((target) => target.routing?.priority ?? 0);
        assert.deepEqual(
          priorities,
          priorities.toSorted((one, other) => one - other),
        );
        const named = targets.filter((target) => who.canaries.includes(target.routing?.canary?.name ?? ''));
        if (named.length > 0 && firstPlain >= 0) assert.deepEqual(order.slice(0, firstPlain), named);
      },
    ),
  );
});

test('order of targets: what needs no draw is the static order, and costs none', () => {
  const plain = targetsOf({ a: { priority: 2 }, b: undefined, c: { priority: 1 }, d: undefined });
  assert.deepEqual(namesOf(plain), ['b', 'd', 'c', 'a']);
  assert.equal(dynamicPolicy(undefined, plain), undefined);
  assert.equal(dynamicPolicy({ by: 'order', sticky: 'none' }, plain), undefined);
  assert.equal(
    dynamicPolicy({ by: 'weight', sticky: 'none' }, plain.slice(0, 1)),
    undefined,
    'of one there is no choice',
  );
  const withCanary = targetsOf({ next: { canary: { share: 0 } }, a: undefined });
  assert.deepEqual(namesOf(withCanary), ['a', 'next']);
  assert.deepEqual(dynamicPolicy(undefined, withCanary), { by: 'order', sticky: 'none' });
});

test('order of targets: weights are shares of the calls, for the first target and among those behind it', () => {
  const targets = targetsOf({ a: { weight: 6 }, b: { weight: 3 }, c: undefined, none: { weight: 0 } });
  const knowledge = chance(1);
  const how: RoutingPolicy = { by: 'weight', sticky: 'none' };
  const orders = Array.from({ length: 20_000 }, () => orderTargets(targets, how, anybody, knowledge));
  assertShares(
    sharesOf(orders.length, (at) => orders[at] ?? []),
    { a: 0.6, b: 0.3, c: 0.1 },
  );
  const behindA = orders.filter(([first]) => first?.name === 'a');
  assertShares(
    sharesOf(behindA.length, (at) => behindA[at]?.slice(1) ?? []),
    { b: 0.75, c: 0.25 },
  );
  assert.ok(orders.every((order) => order.at(-1)?.name === 'none'));
});

test('order of targets: by latency the better of two drawn ones is first, so the slowest of several never is', () => {
  const targets = targetsOf({ slow: undefined, quick: undefined, middle: undefined });
  const knowledge = chance(2, { slow: 3_000, quick: 100, middle: 500 });
  const how: RoutingPolicy = { by: 'latency', sticky: 'none' };
  const orders = Array.from({ length: 20_000 }, () => orderTargets(targets, how, anybody, knowledge));
  // Of three pairs two have the quick one.
  assertShares(
    sharesOf(orders.length, (at) => orders[at] ?? []),
    { quick: 2 / 3, middle: 1 / 3 },
  );
  assert.ok(orders.every((order) => order.at(-1)?.name === 'slow'));
  // Of equals both get their share.
  const equal = chance(3);
  const pair = targetsOf({ a: undefined, b: undefined });
  assertShares(
    sharesOf(20_000, () => orderTargets(pair, how, anybody, equal)),
    { a: 0.5, b: 0.5 },
  );
});

test('order of targets: by cost the size of the request decides who is cheapest', () => {
  const targets = targetsOf({
    reader: { usdPerMillionTokens: { input: 1, output: 10 } },
    writer: { usdPerMillionTokens: { input: 5, output: 5 } },
    free: { priority: 1, usdPerMillionTokens: { input: 0, output: 0 } },
  });
  const how: RoutingPolicy = { by: 'cost', sticky: 'none' };
  const orderFor = (inputTokens: number, outputTokens: number): string[] =>
    namesOf(orderTargets(targets, how, { canaries: [], size: { inputTokens, outputTokens } }, chance(4)));
  assert.deepEqual(orderFor(10_000, 100), ['reader', 'writer', 'free']);
  assert.deepEqual(orderFor(100, 10_000), ['writer', 'reader', 'free']);
});

test('order of targets: canaries get their shares, and those who name one get it', () => {
  const targets = targetsOf({
    a: undefined,
    next: { canary: { share: 0.1, name: 'next' } },
    other: { canary: { share: 0.2 } },
    hidden: { canary: { share: 0, name: 'hidden' } },
  });
  const how: RoutingPolicy = { by: 'order', sticky: 'none' };
  const knowledge = chance(5);
  assertShares(
    sharesOf(20_000, () => orderTargets(targets, how, anybody, knowledge)),
    { a: 0.7, next: 0.1, other: 0.2 },
  );
  for (const [names, expected] of [
    [['hidden'], ['hidden', 'a', 'next', 'other']],
    [
      ['hidden', 'next'],
      ['next', 'hidden', 'a', 'other'],
    ],
  ] as const) {
    assert.deepEqual(namesOf(orderTargets(targets, how, { canaries: names }, knowledge)), expected);
  }
  const sticky: RoutingPolicy = { by: 'order', sticky: 'conversation' };
  const who: RoutingCall = { canaries: [], conversation: 'c-1' };
  const firsts = new Set(Array.from({ length: 50 }, () => orderTargets(targets, sticky, who, knowledge)[0]?.name));
  assert.equal(firsts.size, 1, 'a conversation does not go to and fro');
  assertShares(
    sharesOf(20_000, (at) => orderTargets(targets, sticky, { canaries: [], conversation: `c-${at}` }, knowledge)),
    { a: 0.7, next: 0.1, other: 0.2 },
  );
});

test('order of targets: a conversation stays, by weights, and only those of a target that goes away move', () => {
  const all = targetsOf({ a: { weight: 2 }, b: undefined, c: undefined, d: { priority: 1 } });
  const how: RoutingPolicy = { by: 'latency', sticky: 'conversation' };
  const orderOf = (targets: readonly RoutedTarget[], conversation: string, seed: number): string[] =>
    namesOf(orderTargets(targets, how, { canaries: [], conversation }, chance(seed)));
  assertShares(
    sharesOf(20_000, (at) => orderTargets(all, how, { canaries: [], conversation: `c-${at}` }, chance(at))),
    { a: 0.5, b: 0.25, c: 0.25 },
  );
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('a', 'b', 'c'), fc.nat(), (conversation, gone, seed) => {
      const before = orderOf(all, conversation, seed);
      const left = all.filter(({ name }) => name !== gone);
      assert.deepEqual(
        orderOf(left, conversation, seed + 1),
        before.filter((name) => name !== gone),
      );
    }),
  );
});
