// Component: the inference service in this process.

import type { Config } from '../../config/config.ts';
import { createRoutingTable, type RoutingTable } from '../../inference/routing-table.ts';
import { createInferenceService } from '../../inference/service.ts';
import type { Inference } from '../../ports/inference.ts';
import { defaultTimeouts } from '../defaults.ts';
import type { Component } from '../lifecycle.ts';
import type { Runtime } from '../runtime.ts';
import type { Providers } from './providers.ts';

/** The service over the providers; a reload of the configuration swaps its routing table. */
export function inferenceServiceComponent(runtime: Runtime, providers: Component<Providers>): Component<Inference> {
  return {
    name: 'inference',
    needs: [providers],
    async start(use) {
      const set = use(providers);
      let table = tableOf(runtime.config.current(), set);
      set.onChange(() => {
        table = tableOf(runtime.config.current(), set);
      });
      const service = createInferenceService({
        routingTable: () => table,
        clock: runtime.clock,
        metrics: runtime.metrics,
      });
      return { value: service, stop: async () => undefined };
    },
  };
}

function tableOf(config: Config, providers: Providers): RoutingTable {
  return createRoutingTable({ aliases: config.models, providers: providers.current(), defaultTimeouts });
}
