// What carries calls to one origin: sockets of its own, directly, or an HTTP proxy.

import { Client, type Pool, ProxyAgent } from 'undici';
import { SluiceError } from '../../core/error.ts';
import type { Clock } from '../../ports/clock.ts';
import { connectAttemptMs, keepAliveMs, maxConnectionAgeMs } from './defaults.ts';
import { ClientLanes, type Lanes, sharedLanes } from './lanes.ts';

/** Where and how to connect. */
export interface LaneOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Most sockets at a time; each carries one call at a time. */
  readonly connections: number;
  /** `http://[user:password@]host:port`: calls go through it, in a tunnel (CONNECT) where the origin is https. */
  readonly proxy?: string | undefined;
  readonly clock: Clock;
}

/**
 * The lanes. HTTP/1.1 without pipelining: pausing a socket then holds back exactly one stream, and one slow answer blocks no
 * other. A socket is replaced when it is `maxConnectionAgeMs` old. Throws `config_invalid` for a proxy that is no http(s) address.
 */
export function createLanes(options: LaneOptions): Lanes {
  const settings = {
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: keepAliveMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: connectAttemptMs },
  } satisfies Client.Options;
  if (options.proxy === undefined) {
    return new ClientLanes(() => new Client(options.origin, settings), options.clock);
  }
  const proxy = URL.parse(options.proxy);
  if (proxy === null || (proxy.protocol !== 'http:' && proxy.protocol !== 'https:')) {
    throw new SluiceError('config_invalid', { message: 'The proxy of a provider is not an http(s) address.' });
  }
  const shared: Pool.Options = { ...settings, connections: options.connections, clientTtl: maxConnectionAgeMs };
  const agent = new ProxyAgent({
    ...shared,
    uri: proxy.href,
    // A plain-HTTP origin is asked through the proxy by its whole address, as proxies expect, and not in a tunnel.
    proxyTunnel: options.origin.startsWith('https:'),
    requestTls: { timeout: connectAttemptMs },
    proxyTls: { timeout: connectAttemptMs },
  });
  return sharedLanes(agent);
}
