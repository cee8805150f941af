// The HTTP edge as the roles see it: listen, drain, close. How a request goes through is in app.ts.

import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { SluiceError } from '../core/error.ts';
import type { Authenticator } from '../ports/authenticator.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Inference } from '../ports/inference.ts';
import type { ResponseStore } from '../ports/response-store.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createEdgeApp } from './app.ts';
import { defaultCallTimeoutMs, type EdgeLimits, lingerMs } from './defaults.ts';
import { createDialects } from './dialects.ts';
import type { Readiness } from './native/dialect.ts';
import { EdgeRuntime } from './runtime.ts';

/** What an edge needs. */
export interface EdgeOptions {
  readonly inference: Inference;
  /** Where answers of the Responses API are kept; absent: nowhere, and they say so. */
  readonly responses?: ResponseStore;
  /** Whether an id of an earlier answer that is not kept here is passed on, as one of the vendor's. Default: it is not found. */
  readonly passUnknownResponses?: boolean;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Asked on each /readyz; must be cheap. */
  readonly readiness: () => Readiness;
  /** The Prometheus text exposition; without it there is no /metrics. */
  readonly metricsText?: () => Promise<string>;
  readonly limits: EdgeLimits;
  /** Longest time that a call may take, and what it gets when it asks for none. Default 10 minutes. */
  readonly defaultTimeoutMs?: number;
  /** The version of the product, for the metadata of the Open Inference Protocol. Default ''. */
  readonly version?: string;
}

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** A running or not yet running HTTP edge. */
export interface EdgeServer {
  /** Opens the port (0 = any free one) and returns where it is. */
  listen(address: ListenAddress): Promise<ListenAddress>;

  /**
   * Stops accepting connections and calls, and waits for the calls under way. What is still open after `deadlineMs`
   * milliseconds ends with `draining`: a stream with an error event, a waiting call with a 503. Resolves when all are
   * closed. /readyz says 503 from the start.
   */
  drain(deadlineMs: number): Promise<void>;

  /** Closes every connection at once. */
  close(): Promise<void>;

  /** Sends a request without a socket, for tests. */
  inject(request: InjectOptions): Promise<LightMyRequestResponse>;
}

/** Makes an edge. Nothing is opened before `listen`. */
export function createEdgeServer(options: EdgeOptions): EdgeServer {
  const runtime = new EdgeRuntime({ ...options, defaultTimeoutMs: options.defaultTimeoutMs ?? defaultCallTimeoutMs });
  const dialects = createDialects(options);
  const app = createEdgeApp(runtime, dialects, options.ids);
  return {
    async listen(address) {
      await app.listen({ host: address.host, port: address.port });
      const bound = app.server.address();
      if (bound === null || typeof bound === 'string') throw new SluiceError('internal', { detail: 'no TCP address' });
      return { host: bound.address, port: bound.port };
    },
    async drain(deadlineMs) {
      runtime.draining = true;
      app.server.close();
      app.server.closeIdleConnections();
      if (await runtime.idle(deadlineMs)) return;
      runtime.abortAll();
      if (!(await runtime.idle(lingerMs))) runtime.destroyAll();
    },
    async close() {
      await app.close();
    },
    inject: (request) => app.inject(request),
  };
}
