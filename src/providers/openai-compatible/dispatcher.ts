// What carries calls to one origin: a pool of sockets, directly or through an HTTP proxy.

import { type Dispatcher, Pool, ProxyAgent } from 'undici';
import { SluiceError } from '../../core/error.ts';
import { connectAttemptMs, keepAliveMs, maxConnectionAgeMs } from './defaults.ts';

/** Where and how to connect. */
export interface DispatcherOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Most sockets at a time; each carries one call at a time. */
  readonly connections: number;
  /** `http://[user:password@]host:port`: calls go through it, in a tunnel (CONNECT) where the origin is https. */
  readonly proxy?: string | undefined;
}

/**
 * The dispatcher. HTTP/1.1 without pipelining: pausing a socket then holds back exactly one stream, and one slow answer blocks
 * no other. A socket is closed `maxConnectionAgeMs` after it was opened, once it carries no call: whoever connects anew asks
 * DNS anew, so that a provider that has moved is followed. Throws `config_invalid` for a proxy that is no http(s) address.
 */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const settings: Pool.Options = {
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: keepAliveMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    clientTtl: maxConnectionAgeMs,
    connect: { timeout: connectAttemptMs },
  };
  if (options.proxy === undefined) return new Pool(options.origin, settings);
  const proxy = URL.parse(options.proxy);
  if (proxy === null || (proxy.protocol !== 'http:' && proxy.protocol !== 'https:')) {
    throw new SluiceError('config_invalid', { message: 'The proxy of a provider is not an http(s) address.' });
  }
  return new ProxyAgent({
    ...settings,
    uri: proxy.href,
    // A plain-HTTP origin is asked through the proxy by its whole address, as proxies expect, and not in a tunnel.
    proxyTunnel: options.origin.startsWith('https:'),
    requestTls: { timeout: connectAttemptMs },
    proxyTls: { timeout: connectAttemptMs },
  });
}
