// Component: the gRPC listener of the inference service.

import { SluiceError } from '../../core/error.ts';
import type { Inference } from '../../ports/inference.ts';
import { createRpcServer, type RpcServerTls } from '../../rpc/rpc-server.ts';
import { formatAddress, isLoopback } from '../addresses.ts';
import type { Component } from '../lifecycle.ts';
import { listenError } from '../listen-error.ts';
import type { Runtime } from '../runtime.ts';
import { version } from '../version.ts';
import type { ApiKeys } from './api-keys.ts';
import { readPem } from './inference-client.ts';

/** The service on gRPC; its value is the bound address. */
export function rpcServerComponent(
  runtime: Runtime,
  inference: Component<Inference>,
  apiKeys: Component<ApiKeys>,
): Component<string> {
  return {
    name: 'grpc',
    needs: [inference, apiKeys],
    check: () => serverTls(runtime).then(() => undefined),
    async start(use) {
      const { listen, limits, rpc } = runtime.config.current();
      const tls = await serverTls(runtime);
      const server = createRpcServer({
        inference: use(inference),
        authenticator: use(apiKeys).authenticator,
        requireApiKey: requiresApiKey(runtime, tls),
        ...(rpc.peerToken === undefined ? {} : { peers: { token: await runtime.secrets.get(rpc.peerToken.secret) } }),
        ...(tls === undefined ? {} : { tls }),
        clock: runtime.clock,
        ids: runtime.ids,
        log: runtime.log,
        metrics: runtime.metrics,
        version: version(),
        limits: { maxConcurrentCalls: limits.maxConcurrentRequests },
      });
      const bound = await server.listen(formatAddress(listen.grpc)).catch((failure: unknown) => {
        throw listenError('grpc', listen.grpc, failure);
      });
      server.setReady(true);
      return { value: bound, drain: (deadlineMs) => server.drain(deadlineMs), stop: () => server.close() };
    },
  };
}

async function serverTls(runtime: Runtime): Promise<RpcServerTls | undefined> {
  const { rpc, listen } = runtime.config.current();
  if (rpc.tls !== undefined) {
    const [cert, key, clientCa] = await Promise.all([rpc.tls.cert, rpc.tls.key, rpc.tls.clientCa].map(readPem));
    return { cert: cert ?? '', key: key ?? '', ...(clientCa === undefined ? {} : { clientCa }) };
  }
  if (!isLoopback(listen.grpc.host) && !rpc.allowPlaintext) {
    throw new SluiceError('config_invalid', {
      message: `listen.grpc is ${formatAddress(listen.grpc)}, which other machines can reach, but rpc.tls is not set. Set rpc.tls, or rpc.allowPlaintext=true where the network encrypts.`,
    });
  }
  return undefined;
}

function requiresApiKey(runtime: Runtime, tls: RpcServerTls | undefined): boolean {
  const { rpc, listen } = runtime.config.current();
  if (rpc.requireApiKey !== 'auto') return rpc.requireApiKey === 'always';
  return !isLoopback(listen.grpc.host) && tls?.clientCa === undefined;
}
