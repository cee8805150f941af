// The admin listener that every role has: probes and metrics. It asks nobody for a key, so it is meant for loopback or the
// cluster's own network, never for the public.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the admin listener shows. */
export interface AdminServerOptions {
  /** Cheap and synchronous. */
  readonly readiness: () => { readonly ready: boolean; readonly checks: Readonly<Record<string, string>> };
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** The health of each target by its name, as plain data; absent in a role that calls none. */
  readonly targets?: (() => ReadonlyMap<string, object>) | undefined;
}

/** A listener to be closed. */
export interface AdminServer {
  /** Resolves with the address that was bound. */
  listen(address: { host: string; port: number }): Promise<{ host: string; port: number }>;
  close(): Promise<void>;
}

/** A whole answer. */
interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A probe sends a few hundred bytes: whatever is slower or larger is not a probe. */
const limits = { maxHeaderSize: 8 * 1024, headersTimeout: 4_000, requestTimeout: 5_000, keepAliveTimeout: 5_000 };

/** Creates the listener. */
export function createAdminServer(options: AdminServerOptions): AdminServer {
  const server = createServer(limits, (request, response) => {
    answer(request, options).then(
      (result) => send(response, result, request.method === 'HEAD'),
      () => send(response, problem(500, 'The metrics cannot be read.'), false),
    );
  });
  return {
    listen: ({ host, port }) => listen(server, host, port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, options: AdminServerOptions): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return problem(405, 'Expected GET or HEAD.');
  const path = (request.url ?? '/').split('?', 1)[0];
  switch (path) {
    case '/livez':
      return json(200, { status: 'ok' });
    case '/readyz': {
      const { ready, checks } = options.readiness();
      return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', checks });
    }
    case '/metrics':
      return { status: 200, contentType: options.metrics.contentType, body: await options.metrics.text() };
    case '/targets': {
      if (options.targets === undefined) return problem(404, 'This role calls no targets; ask an inference service.');
      const targets = [...options.targets()].map(([target, health]) => ({ target, ...health }));
      return json(200, { targets });
    }
    default:
      return problem(404, 'The admin listener serves /livez, /readyz, /metrics and /targets.');
  }
}

function send(response: ServerResponse, { status, contentType, body }: Answer, headOnly: boolean): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  response.end(headOnly ? undefined : body);
}

function json(status: number, value: unknown): Answer {
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}

/** RFC 9457. */
function problem(status: number, detail: string): Answer {
  return { status, contentType: 'application/problem+json', body: JSON.stringify({ status, detail }) };
}

function listen(server: Server, host: string, port: number): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const bound = server.address() as AddressInfo;
      resolve({ host, port: bound.port });
    });
  });
}
