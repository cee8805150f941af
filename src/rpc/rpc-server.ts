// The gRPC server: puts an Inference on the network as sluice.inference.v1.Inference and as the Open Inference Protocol for
// anybody, and as the internal multiplexed stream for our own roles, with health and reflection beside them. It decides nothing
// about models.

import { type ChannelOptions, Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { SluiceError } from '../core/error.ts';
import { GRPCInferenceServiceService } from '../open-inference/generated/inference/open_inference.ts';
import type { Clock } from '../ports/clock.ts';
import { closeGraceMs, defaultServerLimits, defaultTimeoutMs, flowControlWindowBytes } from './defaults.ts';
import { InferenceService } from './generated/sluice/inference/v1/inference.ts';
import { redirectGrpcLog } from './grpc-log.ts';
import type { RpcServerLimits, RpcServerOptions, RpcServerTls } from './rpc-server-options.ts';
import { createCallers } from './server/callers.ts';
import { createInferenceService } from './server/inference-service.ts';
import { createMultiplexEndpoint } from './server/multiplex-service.ts';
import { OpenCalls } from './server/open-calls.ts';
import { createOpenInferenceService } from './server/open-inference-service.ts';
import { addReflection } from './server/reflection.ts';

/** A gRPC server. Starts NOT_SERVING: call `setReady(true)` once the Inference behind it can answer. */
export interface RpcServer {
  /** Listens on `host:port` (port 0: any free one) and resolves with the address that was bound. */
  listen(address: string): Promise<string>;
  /** What grpc.health.v1 reports for the server and each service. Calls are answered either way. */
  setReady(ready: boolean): void;
  /**
   * Refuses new calls with `draining`, tells multiplexed peers to go elsewhere, and resolves when the calls under way have
   * ended. Those that last longer than `deadlineMs` milliseconds end with `draining`.
   */
  drain(deadlineMs: number): Promise<void>;
  /** Ends every call with `draining` and closes every socket. May be called twice. */
  close(): Promise<void>;
}

export type { RpcServerOptions, RpcServerTls } from './rpc-server-options.ts';

/** What is open to anybody, and listed by reflection. */
const publicNames = ['sluice.inference.v1.Inference', 'inference.GRPCInferenceService'];
/** Names that grpc.health.v1 answers for; '' is the server as a whole. */
const healthNames = ['', ...publicNames, 'sluice.internal.v1.Multiplex'];

/** A server that is not listening yet. */
export function createRpcServer(options: RpcServerOptions): RpcServer {
  redirectGrpcLog(options.log);
  const limits = { ...defaultServerLimits, ...options.limits };
  const { clock, log, metrics, inference } = options;
  const openCalls = new OpenCalls({ clock, log, metrics, maxConcurrentCalls: limits.maxConcurrentCalls });
  const callers = createCallers(options);
  const timeoutMs = options.defaultTimeoutMs ?? defaultTimeoutMs;
  const multiplex = createMultiplexEndpoint({
    inference,
    callers,
    openCalls,
    log,
    limits,
    defaultTimeoutMs: timeoutMs,
  });
  const health = new HealthImplementation(Object.fromEntries(healthNames.map((name) => [name, 'NOT_SERVING'])));

  const server = new Server(channelOptions(limits));
  server.addService(InferenceService, createInferenceService({ inference, callers, openCalls, log }));
  server.addService(multiplex.definition, multiplex.implementation);
  let isReady = false;
  const openInference = { inference, callers, openCalls, isReady: () => isReady, version: options.version ?? '' };
  server.addService(GRPCInferenceServiceService, createOpenInferenceService(openInference));
  health.addToServer(server);
  addReflection(server, publicNames);

  const setReady = (ready: boolean): void => {
    isReady = ready && !openCalls.isDraining;
    const status = isReady ? 'SERVING' : 'NOT_SERVING';
    for (const name of healthNames) health.setStatus(name, status);
  };
  const drain = async (deadlineMs: number): Promise<void> => {
    const drained = openCalls.drain(deadlineMs);
    setReady(false);
    multiplex.goAway();
    await drained;
  };
  return {
    listen: async (address) => listen(server, address, credentials(options.tls)),
    setReady,
    drain,
    async close() {
      openCalls.cancelAll();
      setReady(false);
      multiplex.end();
      await shutDown(server, clock);
    },
  };
}

function channelOptions(limits: RpcServerLimits): ChannelOptions {
  return {
    'grpc.max_concurrent_streams': limits.maxConcurrentStreamsPerConnection,
    'grpc.max_receive_message_length': limits.maxMessageBytes,
    'grpc.max_send_message_length': limits.maxMessageBytes,
    'grpc-node.flow_control_window': flowControlWindowBytes,
  };
}

function credentials(tls: RpcServerTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { cert, key, clientCa } = tls;
  const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
  const authority = clientCa === undefined ? null : Buffer.from(clientCa);
  try {
    return ServerCredentials.createSsl(authority, [pair], clientCa !== undefined);
  } catch (cause) {
    const message =
      'The TLS certificates of the gRPC server cannot be read: PEM text is expected, and a key for the certificate.';
    throw new SluiceError('config_invalid', { message, detail: String(cause), cause });
  }
}

function listen(server: Server, address: string, serverCredentials: ServerCredentials): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, serverCredentials, (error, port) => {
      if (error === null) resolve(`${address.slice(0, address.lastIndexOf(':'))}:${port}`);
      else {
        // grpc-js only says so in prose.
        const isTaken = error.message.includes('EADDRINUSE');
        const message = `Cannot listen on ${address}: ${isTaken ? 'something else listens there' : error.message}.`;
        reject(new SluiceError('config_invalid', { message, detail: error.message, cause: error }));
      }
    });
  });
}

/**
 * Lets what was written leave, then destroys what is still open: a health watch never ends by itself, and the socket of a peer
 * that has fallen silent is not waited for.
 */
function shutDown(server: Server, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(closeGraceMs, () => {
      server.forceShutdown();
      resolve();
    });
    server.tryShutdown(() => {
      timer.cancel();
      resolve();
    });
  });
}
