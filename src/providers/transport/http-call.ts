// The keep-alive sockets to one provider, and the line in front of them. Every vendor's folder sends its calls here.

import { SluiceError } from '../../core/error.ts';
import { DeadlineWatch } from './deadlines.ts';
import { maxWaitingCalls } from './defaults.ts';
import { createLanes, type LaneOptions } from './dispatcher.ts';
import { type AnswerSink, type ExchangeHost, type HttpCall, HttpExchange } from './http-exchange.ts';

/** Sends calls. */
export interface HttpCaller {
  /** Starts a call. The sink may be called before this returns. */
  start(call: HttpCall, sink: AnswerSink): HttpExchange;
  /** Ends all calls with `draining` and closes all sockets. */
  close(): Promise<void>;
}

/**
 * A caller over lanes of its own. At most `connections` calls are with undici, whose own queue has no bound and no way out; the
 * others wait here, up to `maxWaitingCalls`, each for its connectMs.
 */
export function createHttpCaller(options: LaneOptions): HttpCaller {
  const lanes = createLanes(options);
  const { clock, origin } = options;
  const waiting = new Set<HttpExchange>();
  let active = 0;
  let isClosed = false;

  const dispatch = (exchange: HttpExchange): void => {
    active += 1;
    const lane = lanes.take();
    exchange.onDispatch(lane);
    const { headers } = exchange;
    const { path, body, method = 'POST' } = exchange.call;
    // undici's forwarding through a proxy reads headers by name only.
    const sent = options.proxy === undefined ? (headers as string[]) : byName(headers);
    lane.dispatcher.dispatch({ origin, path, method, headers: sent, body }, exchange);
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
    release(lane, hasFailed) {
      lanes.give(lane, hasFailed);
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
      await lanes.destroy(new SluiceError('draining'));
      host.deadlines.close();
    },
  };
}

function byName(headers: readonly string[]): Record<string, string> {
  const named: Record<string, string> = {};
  for (let index = 0; index + 1 < headers.length; index += 2) named[headers[index] ?? ''] = headers[index + 1] ?? '';
  return named;
}
