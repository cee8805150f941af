// The pool of keep-alive sockets to one provider, and the line in front of it. Every vendor's folder sends its calls here.

import { Pool } from 'undici';
import { SluiceError } from '../../core/error.ts';
import type { Clock } from '../../ports/clock.ts';
import { DeadlineWatch } from './deadlines.ts';
import { connectAttemptMs, keepAliveMs, maxWaitingCalls } from './defaults.ts';
import { type AnswerSink, type ExchangeHost, type HttpCall, HttpExchange } from './http-exchange.ts';

/** Where and how to connect. */
export interface HttpCallerOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Most sockets at a time; each carries one call at a time. */
  readonly connections: number;
  readonly clock: Clock;
}

/** Sends calls. */
export interface HttpCaller {
  /** Starts a call. The sink may be called before this returns. */
  start(call: HttpCall, sink: AnswerSink): HttpExchange;
  /** Ends all calls with `draining` and closes all sockets. */
  close(): Promise<void>;
}

/**
 * A caller over one undici pool. HTTP/1.1 without pipelining: pausing a socket then holds back exactly one stream, and one
 * slow answer blocks no other. At most `connections` calls are with undici, whose own queue has no bound and no way out;
 * the others wait here, up to `maxWaitingCalls`, each for its connectMs.
 */
export function createHttpCaller(options: HttpCallerOptions): HttpCaller {
  const pool = new Pool(options.origin, {
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: keepAliveMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: connectAttemptMs },
  });
  const { clock } = options;
  const waiting = new Set<HttpExchange>();
  let active = 0;
  let isClosed = false;

  const dispatch = (exchange: HttpExchange): void => {
    active += 1;
    exchange.onDispatch();
    const { headers } = exchange;
    const { path, body } = exchange.call;
    pool.dispatch({ path, method: 'POST', headers: headers as string[], body }, exchange);
  };
  const host: ExchangeHost = {
    deadlines: new DeadlineWatch(clock),
    monotonicMs: () => clock.monotonicMs(),
    admit(exchange) {
      if (isClosed) exchange.abort(new SluiceError('draining'));
      else if (active < options.connections) dispatch(exchange);
      else if (waiting.size < maxWaitingCalls) waiting.add(exchange);
      else
        exchange.abort(new SluiceError('overloaded', { detail: `${waiting.size} calls wait for ${options.origin}` }));
    },
    withdraw: (exchange) => void waiting.delete(exchange),
    release() {
      active -= 1;
      const [next] = waiting;
      if (next === undefined) return;
      waiting.delete(next);
      dispatch(next);
    },
  };
  return {
    start(call, sink) {
      const exchange = new HttpExchange(call, sink, host);
      exchange.start();
      return exchange;
    },
    async close() {
      isClosed = true;
      for (const exchange of waiting) exchange.abort(new SluiceError('draining'));
      await pool.destroy(new SluiceError('draining'));
      host.deadlines.close();
    },
  };
}
