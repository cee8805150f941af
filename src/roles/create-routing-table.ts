// The routing table of a configuration and its providers.

import type { Config, ProviderConfig } from '../config/config.ts';
import { createRoutingTable, type RoutingTable } from '../inference/routing-table.ts';
import type { ModelProvider } from '../ports/model.ts';
import { defaultTimeouts } from './defaults.ts';

/** Aliases, and the models that the sections of remote providers name. */
export function routingTableOf(config: Config, providers: ReadonlyMap<string, ModelProvider>): RoutingTable {
  const listed = Object.entries(config.providers).flatMap(([name, section]) =>
    namesOf(section).map((model) => `${name}/${model}`),
  );
  return createRoutingTable({ aliases: config.models, providers, listed, defaultTimeouts });
}

/** The local provider describes its models itself. */
function namesOf(section: ProviderConfig): readonly string[] {
  if (section.type === 'local') return [];
  return section.type === 'open-inference' ? Object.keys(section.models) : section.models;
}
