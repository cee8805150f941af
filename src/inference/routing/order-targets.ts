// The order in which one call asks the targets of its alias: a pure function of the policy, what is known of targets and of the
// call, and random draws. Who is resting is the plan's to see (attempt-plan.ts).

import { drawOf } from './rendezvous.ts';
import type { RoutedTarget, RoutingPolicy } from './routing-policy.ts';

/** Tokens of a request, estimated. */
export interface CallSize {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What is known of the call. */
export interface RoutingCall {
  /** Names of canaries that the caller asks for. */
  readonly canaries: readonly string[];
  /** The same for all calls of one conversation; absent where the policy is not sticky, or the call is of none. */
  readonly conversation?: string | undefined;
  /** Absent where the policy does not ask for it. */
  readonly size?: CallSize | undefined;
}

/** What is known of the targets, and chance. */
export interface RoutingKnowledge {
  /** How long a call would take there, in milliseconds with what is under way; 0: nobody knows. */
  readonly loadOf: (target: string) => number;
  /** Draws from [0, 1). */
  readonly random: () => number;
}

/**
 * All of `targets`, which come in their static order (`inStaticOrder`), each once. First the canaries that this call is for, then the
 * priorities one after the other, last the other canaries.
 */
export function orderTargets<Target extends RoutedTarget>(
  targets: readonly Target[],
  policy: RoutingPolicy,
  call: RoutingCall,
  knowledge: RoutingKnowledge,
): readonly Target[] {
  const canaries = targets.filter(({ routing }) => routing?.canary !== undefined);
  const chosen = canaries.length === 0 ? canaries : chooseCanaries(canaries, call, knowledge);
  const order = [...chosen];
  let group: Target[] = [];
  for (const target of targets) {
    if (target.routing?.canary !== undefined) continue;
    const [first] = group;
    if (first !== undefined && priorityOf(first) !== priorityOf(target)) {
      order.push(...orderGroup(group, policy, call, knowledge));
      group = [];
    }
    group.push(target);
  }
  order.push(...orderGroup(group, policy, call, knowledge));
  for (const canary of canaries) if (!chosen.includes(canary)) order.push(canary);
  return order;
}

/** Those that the caller names; if there are none, at most one by its share. A conversation stays with what was drawn for it. */
function chooseCanaries<Target extends RoutedTarget>(
  canaries: readonly Target[],
  { canaries: names, conversation }: RoutingCall,
  { random }: RoutingKnowledge,
): readonly Target[] {
  const named = canaries.filter(({ routing }) => names.includes(routing?.canary?.name ?? ''));
  if (named.length > 0) return named;
  let draw = conversation === undefined ? random() : drawOf(conversation, 'canary');
  for (const canary of canaries) {
    const share = canary.routing?.canary?.share ?? 0;
    if (draw < share) return [canary];
    draw -= share;
  }
  return [];
}

function orderGroup<Target extends RoutedTarget>(
  group: readonly Target[],
  { by }: RoutingPolicy,
  { conversation, size }: RoutingCall,
  { loadOf, random }: RoutingKnowledge,
): readonly Target[] {
  if (group.length < 2) return group;
  if (conversation !== undefined) return byWeight(group, ({ name }) => drawOf(conversation, name));
  switch (by) {
    case 'order':
      return group;
    case 'weight':
      return byWeight(group, random);
    case 'latency':
      return byLoad(group, loadOf, random);
    case 'cost':
      return leastFirst(group, (target) => costOf(target, size));
  }
}

/**
 * Drawn without putting back, each with the probability of its weight among those that are left: the least of -ln(draw) / weight first
 * (Efraimidis and Spirakis 2006, "Weighted random sampling with a reservoir"). With draws that are hashes of the conversation and the
 * target it is weighted rendezvous hashing: a target that goes away moves only its own conversations.
 */
function byWeight<Target extends RoutedTarget>(
  group: readonly Target[],
  draw: (target: Target) => number,
): readonly Target[] {
  return leastFirst(group, (target) => {
    const { weight = 1 } = target.routing ?? {};
    return weight === 0 ? Number.MAX_VALUE : -Math.log(1 - draw(target)) / weight;
  });
}

/** The power of two choices (Mitzenmacher 2001), again and again: the better of two drawn ones, then the better of two of the rest. */
function byLoad<Target extends RoutedTarget>(
  group: readonly Target[],
  loadOf: (target: string) => number,
  random: () => number,
): readonly Target[] {
  const left = group.map((target) => ({ target, load: loadOf(target.name) }));
  const order: Target[] = [];
  while (left.length > 0) {
    const one = Math.floor(random() * left.length);
    const step = left.length === 1 ? 0 : 1 + Math.floor(random() * (left.length - 1));
    const other = (one + step) % left.length;
    const better = (left[other]?.load ?? 0) < (left[one]?.load ?? 0) ? other : one;
    order.push(...left.splice(better, 1).map(({ target }) => target));
  }
  return order;
}

/** What the request would cost, in millionths of a dollar; a target without prices is the dearest. */
function costOf({ routing }: RoutedTarget, size: CallSize | undefined): number {
  const prices = routing?.usdPerMillionTokens;
  if (prices === undefined || size === undefined) return Number.MAX_VALUE;
  return prices.input * size.inputTokens + prices.output * size.outputTokens;
}

/** The least first; of equals the one that is written first. */
function leastFirst<Target>(group: readonly Target[], figureOf: (target: Target) => number): readonly Target[] {
  return group
    .map((target) => ({ target, figure: figureOf(target) }))
    .sort((one, other) => one.figure - other.figure)
    .map(({ target }) => target);
}

function priorityOf({ routing }: RoutedTarget): number {
  return routing?.priority ?? 0;
}
