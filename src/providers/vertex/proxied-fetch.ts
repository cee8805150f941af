// How Google's auth library reaches the network where all calls go through an HTTP proxy.

import { ProxyAgent, fetch as undiciFetch } from 'undici';

/** A fetch, and the sockets behind it. */
export interface ProxiedFetch {
  readonly fetch: typeof fetch;
  close(): Promise<void>;
}

/** The metadata servers of clouds: on the machine itself, where no proxy reaches. */
const ownMachine: RegExp = /^(?:metadata(?:\.google\.internal)?|169\.254\.\d+\.\d+|\[fd00:ec2::254\])$/;

/** A fetch through `http://[user:password@]host:port`, but directly to the machine's own metadata server. */
export function createProxiedFetch(proxy: string): ProxiedFetch {
  const dispatcher = new ProxyAgent(proxy);
  return {
    // The same standard, declared twice: in Node's types and in those of undici.
    fetch: ((url: string | URL, init: RequestInit = {}) => {
      const isOwn = ownMachine.test(new URL(url).hostname);
      return isOwn ? fetch(url, init) : undiciFetch(url, { ...init, dispatcher } as Parameters<typeof undiciFetch>[1]);
    }) as typeof fetch,
    close: () => dispatcher.close(),
  };
}
