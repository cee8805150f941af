// The health of all targets of this process, by name. It outlives reloads of the configuration: a target that failed before is
// the same target after.

import { isDeepStrictEqual } from 'node:util';
import type { BreakerPolicy, BreakerState } from './breaker.ts';
import { maxTrackedTargets } from './defaults.ts';
import { type BreakerName, type HealthReport, TargetHealth } from './target-health.ts';

/** What the registry is made of. */
export interface HealthRegistryOptions {
  readonly policy: BreakerPolicy;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
  /** Draws from [0, 1). */
  readonly random: () => number;
  /** Told of every change of a breaker. */
  readonly onChange?: (target: string, breaker: BreakerName, state: BreakerState['kind']) => void;
}

/** Keeps at most `maxTrackedTargets`: beyond it targets that nothing is held against are forgotten, the oldest first. */
export class HealthRegistry {
  readonly #options: HealthRegistryOptions;
  #policy: BreakerPolicy;
  readonly #targets: Map<string, TargetHealth> = new Map();

  constructor(options: HealthRegistryOptions) {
    this.#options = options;
    this.#policy = options.policy;
  }

  /** Another policy from now on. What was seen under the old one is forgotten where the two differ. */
  adopt(policy: BreakerPolicy): void {
    if (isDeepStrictEqual(policy, this.#policy)) return;
    this.#policy = policy;
    this.#targets.clear();
  }

  /** The health of a target, which begins well. */
  of(target: string): TargetHealth {
    return this.#targets.get(target) ?? this.#track(target);
  }

  /** Every target that was called or weighed against others, in the order of the first time. */
  reports(): ReadonlyMap<string, HealthReport> {
    return new Map([...this.#targets].map(([name, health]) => [name, health.report()]));
  }

  #track(target: string): TargetHealth {
    const { nowMs, random, onChange = () => {} } = this.#options;
    if (this.#targets.size >= maxTrackedTargets) this.#forgetOne();
    const health = new TargetHealth({
      policy: this.#policy,
      nowMs,
      random,
      onChange: (breaker, state) => onChange(target, breaker, state),
    });
    this.#targets.set(target, health);
    return health;
  }

  /** Where something is held against all of them, the oldest goes. */
  #forgetOne(): void {
    let oldest: string | undefined;
    for (const [name, health] of this.#targets) {
      oldest ??= name;
      if (!health.isPlain) continue;
      oldest = name;
      break;
    }
    if (oldest !== undefined) this.#targets.delete(oldest);
  }
}
