// From the validated tree to the Config: paths become absolute, and the defaults that depend on other values are filled in.

import { join, resolve } from 'node:path';
import type {
  ClientTlsConfig,
  Config,
  InferenceConfig,
  OpenInferenceConfig,
  ProviderConfig,
  ServerTlsConfig,
} from './config.ts';
import { defaultDataDir } from './defaults.ts';
import type { ConfigPath } from './path.ts';
import type { ParsedConfig } from './schema.ts';

/** Makes the path that was written at `at` absolute. */
export type ResolvePath = (at: ConfigPath, written: string) => string;

/** The complete configuration. The default data folder is below `cwd`. */
export function buildConfig(parsed: ParsedConfig, resolvePath: ResolvePath, cwd: string): Config {
  const dataDir =
    parsed.dataDir === undefined ? resolve(cwd, defaultDataDir) : resolvePath(['dataDir'], parsed.dataDir);
  const { tls, allowPlaintext, requireApiKey, peerToken } = parsed.rpc;
  const inference = buildInference(parsed, resolvePath);
  return {
    dataDir,
    listen: parsed.listen,
    providers: buildProviders(parsed, resolvePath),
    models: parsed.models,
    breaker: parsed.breaker,
    limits: parsed.limits,
    ...(inference === undefined ? {} : { inference }),
    rpc: {
      ...(tls === undefined
        ? {}
        : { tls: resolveFields(tls, ['rpc', 'tls'], ['cert', 'key', 'clientCa'], resolvePath) }),
      allowPlaintext,
      requireApiKey,
      ...(peerToken === undefined ? {} : { peerToken }),
    },
    store: {
      kind: 'sqlite',
      path: parsed.store === undefined ? join(dataDir, 'sluice.db') : resolvePath(['store'], parsed.store.path),
    },
    responses: parsed.responses,
    bus: parsed.bus,
    secrets: {
      dir:
        parsed.secrets.dir === undefined
          ? join(dataDir, 'secrets')
          : resolvePath(['secrets', 'dir'], parsed.secrets.dir),
    },
    telemetry: parsed.telemetry,
  };
}

function buildProviders(parsed: ParsedConfig, resolvePath: ResolvePath): Record<string, ProviderConfig> {
  const entries = Object.entries(parsed.providers).map(([name, provider]): [string, ProviderConfig] => {
    if (provider.type === 'open-inference') return [name, withAbsoluteTls(provider, name, resolvePath)];
    if (provider.type !== 'local') return [name, provider];
    const models = Object.entries(provider.models).map(([model, config]) => {
      const path = resolvePath(['providers', name, 'models', model, 'path'], config.path);
      return [model, { ...config, path }] as const;
    });
    return [name, { ...provider, models: Object.fromEntries(models) }];
  });
  return Object.fromEntries(entries);
}

function withAbsoluteTls(provider: OpenInferenceConfig, name: string, resolvePath: ResolvePath): OpenInferenceConfig {
  const { tls } = provider;
  if (tls === undefined) return provider;
  return { ...provider, tls: resolveFields(tls, ['providers', name, 'tls'], ['ca', 'cert', 'key'], resolvePath) };
}

function buildInference({ inference, rpc }: ParsedConfig, resolvePath: ResolvePath): InferenceConfig | undefined {
  if (inference === undefined) return undefined;
  const { tls, transport = rpc.transport, ...rest } = inference;
  if (tls === undefined) return { ...rest, transport };
  return { ...rest, transport, tls: resolveFields(tls, ['inference', 'tls'], ['ca', 'cert', 'key'], resolvePath) };
}

/** The record with the named fields, where they are set, made absolute. */
function resolveFields<Fields extends ClientTlsConfig | ServerTlsConfig>(
  fields: Fields,
  at: ConfigPath,
  names: readonly (keyof Fields & string)[],
  resolvePath: ResolvePath,
): Fields {
  const resolved: Record<string, string> = {};
  for (const name of names) {
    const written = fields[name];
    if (typeof written === 'string') resolved[name] = resolvePath([...at, name], written);
  }
  return { ...fields, ...resolved };
}
