// The health of all targets of this process, and its metrics.

import { HealthRegistry } from '../inference/resilience/health-registry.ts';
import type { Runtime } from './runtime.ts';

/** States as the gauge shows them: the higher, the worse. */
const figures = { closed: 0, 'half-open': 1, open: 2 } as const;

/** Begins with the policy of the configuration in force; the inference service keeps it in step. */
export function createTargetHealth({ config, clock, ids, metrics, log }: Runtime): HealthRegistry {
  return new HealthRegistry({
    policy: config.current().breaker,
    nowMs: () => clock.monotonicMs(),
    random: () => ids.random(),
    onChange(target, breaker, state) {
      metrics.set('sluice_breaker_state', [target, breaker], figures[state]);
      metrics.add('sluice_breaker_changes_total', [target, breaker, state]);
      if (state !== 'half-open') log.warn({ target, breaker, state }, 'breaker changed');
    },
  });
}
