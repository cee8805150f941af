// `sluice config print`: the configuration in force, in the form in which it can be written.

import { stringify } from 'yaml';
import type { Address, Config, InferenceConfig } from './config.ts';
import { isSection } from './tree.ts';

/**
 * YAML with every default filled in. Reading it again gives the same configuration. Secrets are references and stay so; a
 * header that carries text is masked, because it may be one all the same: such a value must be put back by hand.
 */
export function printConfig(config: Config): string {
  const { dataDir, listen, inference, store, bus, ...rest } = config;
  const { http, admin, grpc } = listen;
  return stringify(
    maskHeaders({
      dataDir,
      listen: { http: printAddress(http), admin: printAddress(admin), grpc: printAddress(grpc) },
      ...rest,
      ...(inference === undefined ? {} : { inference: printInference(inference) }),
      store: `sqlite:${store.path}`,
      bus: bus.kind,
    }),
    { aliasDuplicateObjects: false, lineWidth: 0 },
  );
}

/** `HOST:PORT`, with brackets around an IPv6 address. */
function printAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function printInference({ address, transport, tls }: InferenceConfig): Record<string, unknown> {
  const scheme = tls === undefined ? 'grpc' : 'grpcs';
  const hasFields = tls !== undefined && Object.keys(tls).length > 0;
  return { url: `${scheme}://${printAddress(address)}`, transport, ...(hasFields ? { tls } : {}) };
}

/** Header values that are text become asterisks, wherever they stand. */
function maskHeaders(value: unknown, isHeaders = false): unknown {
  if (Array.isArray(value)) return value.map((inner) => maskHeaders(inner));
  if (!isSection(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const masked = isHeaders && typeof inner === 'string' ? '********' : maskHeaders(inner, key === 'headers');
      return [key, masked];
    }),
  );
}
