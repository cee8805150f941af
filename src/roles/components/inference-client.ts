// Component: the inference service in another process, over gRPC.

import { readFile } from 'node:fs/promises';
import type { ClientTlsConfig, InferenceConfig } from '../../config/config.ts';
import { SluiceError } from '../../core/error.ts';
import type { Inference } from '../../ports/inference.ts';
import { createInferenceClient, type InferenceClientTls } from '../../rpc/inference-client.ts';
import { formatAddress } from '../addresses.ts';
import type { Component } from '../lifecycle.ts';
import type { Runtime } from '../runtime.ts';

/** A client of the configured service. It starts without the service and is not ready until the service has answered. */
export function inferenceClientComponent(runtime: Runtime): Component<Inference> {
  return {
    name: 'inference',
    needs: [],
    check: () => void requiredInference(runtime),
    start: () => connect(requiredInference(runtime), runtime),
  };
}

function requiredInference(runtime: Runtime): InferenceConfig {
  const { inference } = runtime.config.current();
  if (inference !== undefined) return inference;
  throw new SluiceError('config_invalid', {
    message: `The role ${runtime.role} needs the address of the inference service: --set inference=grpc://HOST:PORT.`,
  });
}

async function connect(config: InferenceConfig, runtime: Runtime): ReturnType<Component<Inference>['start']> {
  const target = `${config.tls === undefined ? 'grpc' : 'grpcs'}://${formatAddress(config.address)}`;
  const client = createInferenceClient({
    target,
    transport: config.transport,
    ...(config.peerToken === undefined ? {} : { peerToken: await runtime.secrets.get(config.peerToken.secret) }),
    ...(config.tls === undefined ? {} : { tls: await readTls(config.tls) }),
    clock: runtime.clock,
    ids: runtime.ids,
    log: runtime.log,
  });
  const waiting = new AbortController();
  let problem: string | undefined = `waiting for ${target}`;
  client.ready(waiting.signal).then(
    () => {
      problem = undefined;
    },
    (failure: unknown) => {
      problem = `${target}: ${failure instanceof Error ? failure.message : String(failure)}`;
    },
  );
  return {
    value: client,
    notReady: () => problem,
    async stop() {
      waiting.abort();
      await client.close();
    },
  };
}

/** Reads the PEM files that the configuration names. Rejects with `config_invalid`. */
export async function readTls(tls: ClientTlsConfig): Promise<InferenceClientTls> {
  const [ca, cert, key] = await Promise.all([tls.ca, tls.cert, tls.key].map(readPem));
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tls.serverName === undefined ? {} : { serverName: tls.serverName }),
  };
}

/** Reads a PEM file. Rejects with `config_invalid` and its path. */
export async function readPem(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  return readFile(path, 'utf8').catch((failure: Error) => {
    throw new SluiceError('config_invalid', { message: `Cannot read ${path}: ${failure.message}`, cause: failure });
  });
}
