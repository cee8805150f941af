// Component: the inference service in this process.

import type { HealthRegistry } from '../../inference/resilience/health-registry.ts';
import { createInferenceService } from '../../inference/service.ts';
import type { Inference } from '../../ports/inference.ts';
import { routingTableOf } from '../create-routing-table.ts';
import type { Component } from '../lifecycle.ts';
import type { Runtime } from '../runtime.ts';
import type { Providers } from './providers.ts';

/** The service over the providers; a reload of the configuration swaps its routing table. */
export function inferenceServiceComponent(
  runtime: Runtime,
  providers: Component<Providers>,
  health: HealthRegistry,
): Component<Inference> {
  return {
    name: 'inference',
    needs: [providers],
    async start(use) {
      const set = use(providers);
      let table = routingTableOf(runtime.config.current(), set.current());
      set.onChange(() => {
        health.adopt(runtime.config.current().breaker);
        table = routingTableOf(runtime.config.current(), set.current());
      });
      const service = createInferenceService({
        routingTable: () => table,
        clock: runtime.clock,
        health,
        random: () => runtime.ids.random(),
        metrics: runtime.metrics,
        estimator: runtime.estimator,
      });
      return { value: service, stop: async () => undefined };
    },
  };
}
