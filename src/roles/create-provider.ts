// The table of provider kinds: one row makes one provider from its section of the configuration.

import { join } from 'node:path';
import type {
  AnthropicConfig,
  LocalProviderConfig,
  OpenAiCompatibleConfig,
  OpenAiConfig,
  ProviderConfig,
} from '../config/config.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { ModelProvider } from '../ports/model.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { TokenEstimator } from '../ports/token-estimator.ts';
import { createAnthropicProvider } from '../providers/anthropic/provider.ts';
import { createLocalProvider } from '../providers/local/provider.ts';
import { createOpenAiProvider } from '../providers/openai/provider.ts';
import {
  createOpenAiCompatibleProvider,
  type OpenAiCompatibleOptions,
} from '../providers/openai-compatible/provider.ts';
import type { Log } from '../telemetry/log.ts';
import { createOpenInference } from './create-open-inference.ts';
import { createVertex } from './create-vertex.ts';
import { resolveHeaders } from './resolve-headers.ts';

/** What providers are made with. */
export interface ProviderServices {
  /** Absolute; local models are kept below it. */
  readonly dataDir: string;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Counts tokens where a vendor reports no usage. */
  readonly estimator: TokenEstimator;
}

/** Makes the provider of a section. Nothing is connected or loaded before it is used or asked to be ready. */
export function createProvider(name: string, config: ProviderConfig, services: ProviderServices): ModelProvider {
  switch (config.type) {
    case 'openai-compatible':
      return openAiCompatible(name, config, services);
    case 'openai':
      return openAi(name, config, services);
    case 'anthropic':
      return anthropic(name, config, services);
    case 'vertex':
      return createVertex(name, config, services);
    case 'open-inference':
      return createOpenInference(name, config, services);
    case 'local':
      return local(name, config, services);
  }
}

function openAiCompatible(name: string, config: OpenAiCompatibleConfig, services: ProviderServices): ModelProvider {
  const { rerank: rankForm, continuation } = config;
  return createOpenAiCompatibleProvider({ ...openAiServer(name, config, services), rankForm, continuation });
}

function openAi(name: string, config: OpenAiConfig, services: ProviderServices): ModelProvider {
  return createOpenAiProvider({ ...openAiServer(name, config, services), api: config.api });
}

/** What servers of OpenAI's dialects have in common. */
function openAiServer(
  name: string,
  config: OpenAiCompatibleConfig | OpenAiConfig,
  services: ProviderServices,
): OpenAiCompatibleOptions {
  const { apiKey } = config;
  return {
    name,
    baseUrl: config.baseUrl,
    ...(apiKey === undefined ? {} : { apiKey: () => services.secrets.get(apiKey.secret) }),
    headers: () => resolveHeaders(config.headers, services.secrets),
    clock: services.clock,
    log: services.log,
    estimator: services.estimator,
    proxy: config.proxy,
    limits: { connections: config.connections },
  };
}

function anthropic(name: string, config: AnthropicConfig, services: ProviderServices): ModelProvider {
  const { apiKey } = config;
  return createAnthropicProvider({
    name,
    estimator: services.estimator,
    baseUrl: config.baseUrl,
    ...(apiKey === undefined ? {} : { apiKey: () => services.secrets.get(apiKey.secret) }),
    headers: () => resolveHeaders(config.headers, services.secrets),
    clock: services.clock,
    log: services.log,
    proxy: config.proxy,
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
