// How an alias chooses among its targets, and how each of them takes part: what the configuration may say, as types.

/** How targets of one priority are put in order. */
export type RoutingCriterion = 'order' | 'weight' | 'latency' | 'cost';

/** The policy of one alias. */
export interface RoutingPolicy {
  /**
   * `order`: as they are written. `weight`: drawn at random, each by its weight. `latency`: two are drawn and the one that answers sooner,
   * with what it has to do already, goes first. `cost`: the cheapest for a request of this size first.
   */
  readonly by: RoutingCriterion;
  /** `conversation`: calls of one conversation ask the targets of one priority in one order. It goes before `by`. */
  readonly sticky: 'none' | 'conversation';
}

/** What tokens cost. */
export interface TokenPrices {
  /** US dollars for a million tokens. */
  readonly input: number;
  readonly output: number;
}

/** A target on trial: it is asked first by some callers, and last by the others. */
export interface CanaryPolicy {
  /** Share of the calls that ask it first, 0 to 1. */
  readonly share: number;
  /** Callers who name it ask it first. */
  readonly name?: string | undefined;
}

/** How one target takes part. */
export interface TargetRouting {
  /** 1 when absent. 0: only when none of the others of its priority is left. */
  readonly weight?: number | undefined;
  /** Lower ones are asked first; 0 when absent. */
  readonly priority?: number | undefined;
  readonly canary?: CanaryPolicy | undefined;
  readonly usdPerMillionTokens?: TokenPrices | undefined;
}

/** A target as the order is made of it. */
export interface RoutedTarget {
  readonly name: string;
  readonly routing?: TargetRouting | undefined;
}

/** Targets as they are asked where nothing is drawn: by priority, as written, canaries last. */
export function inStaticOrder<Target extends RoutedTarget>(targets: readonly Target[]): readonly Target[] {
  const rank = ({ routing }: Target): number =>
    routing?.canary === undefined ? (routing?.priority ?? 0) : Number.POSITIVE_INFINITY;
  // Of two that are infinite the difference is NaN, which sort takes as 0.
  return targets.toSorted((one, other) => rank(one) - rank(other) || 0);
}

/** The policy where the order differs from call to call; undefined where the static order is that of every call. */
export function dynamicPolicy(
  policy: RoutingPolicy | undefined,
  targets: readonly RoutedTarget[],
): RoutingPolicy | undefined {
  const { by = 'order', sticky = 'none' } = policy ?? {};
  const isStatic = by === 'order' && sticky === 'none' && targets.every(({ routing }) => routing?.canary === undefined);
  return isStatic || targets.length === 1 ? undefined : { by, sticky };
}
