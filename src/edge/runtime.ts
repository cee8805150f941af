// What all calls of one edge have in common: the ports, the limits, and which calls are open (so that a drain can wait for
// them or end them).

import type { Socket } from 'node:net';
import { SluiceError } from '../core/error.ts';
import { Roster, type RosterMember } from '../core/roster.ts';
import type { Authenticator } from '../ports/authenticator.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log, LogFields } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { Admission } from './admission.ts';
import type { EdgeLimits } from './defaults.ts';

/** As much of a call as the runtime needs: EdgeCall is one. */
export interface OpenCall extends RosterMember {
  readonly request: { readonly socket: Socket };
  readonly response: { destroy(): void };
  /** `waiting` for its answer, being answered, or over. */
  readonly state: 'waiting' | 'answering' | 'closed';
  failure: SluiceError | undefined;
  /** Ends the call early, with an answer that says why where that is still possible. */
  abort(error: SluiceError): void;
}

/** On the socket itself: a WeakMap that changes all the time keeps calls alive past their end, as a Set does (core/roster.ts). */
const callOfSocket: unique symbol = Symbol('the last call on a connection');

interface CallSocket extends Socket {
  [callOfSocket]?: OpenCall | undefined;
}

/** What an EdgeRuntime is made of. */
export interface RuntimeParts {
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly limits: EdgeLimits;
  /** Longest time that a call may take; also the time that it gets when it asks for none. */
  readonly defaultTimeoutMs: number;
}

/** The state that calls share. */
export class EdgeRuntime {
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly limits: EdgeLimits;
  readonly defaultTimeoutMs: number;
  readonly admission: Admission;
  /** True once a drain has begun: new calls are refused and connections are not kept. */
  draining: boolean = false;

  readonly #calls: Roster<OpenCall> = new Roster();
  #idleWaiters: (() => void)[] = [];

  constructor(parts: RuntimeParts) {
    this.authenticator = parts.authenticator;
    this.clock = parts.clock;
    this.log = parts.log;
    this.metrics = parts.metrics;
    this.limits = parts.limits;
    this.defaultTimeoutMs = parts.defaultTimeoutMs;
    this.admission = new Admission(parts.limits, parts.metrics);
  }

  /** A call has begun. */
  opened(call: OpenCall): void {
    this.#calls.add(call);
    (call.request.socket as CallSocket)[callOfSocket] = call;
    this.metrics.set('sluice_http_requests_in_flight', [], this.#calls.size);
  }

  /** A call has ended, its response is closed. */
  closed(call: OpenCall): void {
    this.#calls.delete(call);
    const socket: CallSocket = call.request.socket;
    // A pipelined call may have taken the place already.
    if (socket[callOfSocket] === call) socket[callOfSocket] = undefined;
    this.metrics.set('sluice_http_requests_in_flight', [], this.#calls.size);
    if (this.#calls.size > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const wake of waiters) wake();
  }

  /** The call that is being received or answered on a connection. */
  callOn(socket: Socket): OpenCall | undefined {
    return (socket as CallSocket)[callOfSocket];
  }

  /** Resolves with true when no call is open, with false when `withinMs` have passed first. */
  idle(withinMs: number): Promise<boolean> {
    if (this.#calls.size === 0) return Promise.resolve(true);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = this.clock.setTimer(withinMs, () => resolve(false));
    this.#idleWaiters.push(() => {
      timer.cancel();
      resolve(true);
    });
    return promise;
  }

  /** Ends every open call with `draining`: an answer that has begun ends with an error event. */
  abortAll(): void {
    for (const call of this.#calls) call.abort(new SluiceError('draining'));
  }

  /** Destroys whatever is still open: the last step, for clients that do not read their error either. */
  destroyAll(): void {
    for (const call of this.#calls) call.response.destroy();
  }

  /**
   * Writes the one log line of a call, at a level that fits how it ended: probes that went well are only of interest to who
   * debugs them; a vendor that refuses this server is the operator's matter, under whatever status the caller sees it. Absent
   * fields are left out.
   */
  reportLine(fields: CallLine, failure: SluiceError | undefined): void {
    if (failure === undefined) {
      if (fields.keyId === undefined) this.log.debug(fields, 'request');
      else this.log.info(fields, 'request');
    } else if (failure.reason === 'internal') {
      const stack = failure.cause instanceof Error ? failure.cause.stack : undefined;
      this.log.error({ ...fields, detail: failure.detail, stack }, 'request');
    } else if (failure.entry.httpStatus >= 500) this.log.warn({ ...fields, detail: failure.detail }, 'request');
    else this.log.info({ ...fields, detail: failure.detail }, 'request');
  }
}

/** The fields of a call's log line. */
export interface CallLine extends LogFields {
  readonly status: number;
  readonly keyId: string | undefined;
}
