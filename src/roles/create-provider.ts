// The table of provider kinds: one row makes one provider from its section of the configuration.

import { join } from 'node:path';
import type { LocalProviderConfig, OpenAiCompatibleConfig, ProviderConfig } from '../config/config.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { ModelProvider } from '../ports/model.ts';
import type { Secrets } from '../ports/secrets.ts';
import { createLocalProvider } from '../providers/local/provider.ts';
import { createOpenAiCompatibleProvider } from '../providers/openai-compatible/provider.ts';
import type { Log } from '../telemetry/log.ts';
import { resolveHeaders } from './resolve-headers.ts';

/** What providers are made with. */
export interface ProviderServices {
  /** Absolute; local models are kept below it. */
  readonly dataDir: string;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

/** Makes the provider of a section. Nothing is connected or loaded before it is used or asked to be ready. */
export function createProvider(name: string, config: ProviderConfig, services: ProviderServices): ModelProvider {
  switch (config.type) {
    case 'openai-compatible':
      return openAiCompatible(name, config, services);
    case 'local':
      return local(name, config, services);
  }
}

function openAiCompatible(name: string, config: OpenAiCompatibleConfig, services: ProviderServices): ModelProvider {
  const { apiKey } = config;
  return createOpenAiCompatibleProvider({
    name,
    baseUrl: config.baseUrl,
    ...(apiKey === undefined ? {} : { apiKey: () => services.secrets.get(apiKey.secret) }),
    headers: () => resolveHeaders(config.headers, services.secrets),
    clock: services.clock,
    log: services.log,
    limits: { connections: config.connections },
  });
}

function local(name: string, config: LocalProviderConfig, services: ProviderServices): ModelProvider {
  return createLocalProvider({
    name,
    cacheDir: join(services.dataDir, 'models'),
    models: config.models,
    ...(config.threads === undefined ? {} : { threads: config.threads }),
    clock: services.clock,
    ids: services.ids,
    log: services.log,
  });
}
