// A proxy that passes calls on to a vendor byte by byte and writes down what went by. It changes nothing but the host, and asks
// for answers that are not compressed.

import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../ports/clock.ts';
import { maxConnections, stopGraceMs } from './defaults.ts';
import type { Ending, Interaction } from './interaction.ts';
import { Tape } from './tape.ts';

/** What a proxy needs. */
export interface RecordingProxyOptions {
  /** Where calls go: `https://api.openai.com`. A path of it comes before that of the call. */
  readonly target: URL;
  readonly clock: Clock;
  /** Called when an interaction is over. Must not throw. */
  readonly onInteraction: (interaction: Interaction) => void;
  /** Called when the vendor could not be reached: there is nothing to record. */
  readonly onFailure: (message: string) => void;
}

/** A running proxy. */
export interface RecordingProxy {
  listen(address: {
    readonly host: string;
    readonly port: number;
  }): Promise<{ readonly host: string; readonly port: number }>;
  /** Takes no more calls, gives those under way `stopGraceMs`, then ends them; resolves when all were handed over. */
  close(): Promise<void>;
}

/** Makes a proxy. It does not listen yet. */
export function createRecordingProxy(options: RecordingProxyOptions): RecordingProxy {
  const server: Server = createServer((request, response) => void forward(request, response, options));
  server.maxConnections = maxConnections;
  return {
    async listen({ host, port }) {
      server.listen(port, host);
      await once(server, 'listening');
      const bound = server.address() as AddressInfo;
      return { host: bound.address, port: bound.port };
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const timer = options.clock.setTimer(stopGraceMs, () => server.closeAllConnections());
      await closed;
      timer.cancel();
    },
  };
}

/** Hop-by-hop headers (RFC 9110 §7.6.1), the host, and the wish for compression. */
const notForwarded: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'accept-encoding',
]);

function forward(client: IncomingMessage, toClient: ServerResponse, options: RecordingProxyOptions): void {
  const { clock, target } = options;
  const startedAtMs = clock.monotonicMs();
  const asked = new Tape(clock, startedAtMs);
  const answered = new Tape(clock, startedAtMs);
  const url = new URL(target.pathname.replace(/\/$/, '') + (client.url ?? '/'), target);
  const headers = Object.fromEntries(Object.entries(client.headers).filter(([name]) => !notForwarded.has(name)));
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const toVendor = send(url, {
    method: client.method ?? 'GET',
    headers: { ...headers, 'accept-encoding': 'identity' },
  });
  let isClientGone = false;

  client.on('data', (chunk: Buffer) => asked.add(chunk));
  client.pipe(toVendor);
  client.on('error', () => toVendor.destroy());
  toClient.on('close', () => {
    if (toClient.writableFinished) return;
    isClientGone = true;
    toVendor.destroy();
  });
  toVendor.on('error', (failure) => {
    if (toClient.headersSent || isClientGone) return;
    options.onFailure(`${client.method} ${url.pathname}: ${failure.message}`);
    toClient.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' });
    toClient.end('The recorder cannot reach the vendor.\n');
  });
  toVendor.on('response', (vendor) => {
    const status = vendor.statusCode ?? 502;
    toClient.writeHead(status, withoutHopHeaders(vendor));
    toClient.flushHeaders();
    vendor.on('data', (chunk: Buffer) => answered.add(chunk));
    vendor.pipe(toClient);
    let isOver = false;
    const over = (ended: Ending): void => {
      if (isOver) return;
      isOver = true;
      // What was cut for us must be cut for the client: an answer that ends well would be a lie.
      if (ended === 'cut') toClient.destroy();
      options.onInteraction({
        method: client.method ?? 'GET',
        url: url.href,
        requestHeaders: client.headers,
        request: asked,
        status,
        responseHeaders: vendor.headers,
        response: answered,
        ended,
      });
    };
    vendor.on('end', () => over(vendor.complete ? 'end' : 'cut'));
    vendor.on('error', () => over(isClientGone ? 'client-left' : 'cut'));
    vendor.on('close', () => over(isClientGone ? 'client-left' : 'cut'));
  });
}

function withoutHopHeaders(vendor: IncomingMessage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(vendor.headers)) {
    if (value !== undefined && !notForwarded.has(name)) headers[name] = value;
  }
  return headers;
}
