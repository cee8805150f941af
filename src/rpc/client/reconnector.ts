// Keeps one multiplexed connection to a target open: connects on first use, reconnects with backoff, and decides whether a call
// may wait for it.

import { SluiceError, toSluiceError } from '../../core/error.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import type { Log } from '../../telemetry/log.ts';
import { reconnectBackoff } from '../defaults.ts';
import { MultiplexConnection } from './multiplex-connection.ts';
import type { Target } from './target.ts';

/** What a reconnector needs. */
export interface ReconnectorOptions {
  readonly target: Target;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly connectTimeoutMs: number;
  readonly maxMessageBytes: number;
}

interface Waiter {
  readonly resolve: (connection: MultiplexConnection) => void;
  readonly reject: (error: SluiceError) => void;
  /** Goes on waiting when an attempt fails. */
  readonly isPatient: boolean;
}

/**
 * Idle until first used. Then connecting; connected once the server has said welcome; when the connection breaks or the server
 * leaves, connecting again at once, and after each failed attempt resting for a longer while. Calls wait while the first
 * attempt since the last success is under way, and fail at once while it rests or tries again: a caller learns within one attempt that
 * the service is away. Closed is final.
 */
export class Reconnector {
  readonly #options: ReconnectorOptions;
  readonly #open: Set<MultiplexConnection> = new Set();
  #current: MultiplexConnection | undefined;
  #attempt: MultiplexConnection | undefined;
  #rest: Timer | undefined;
  #failures = 0;
  #lastFailure: SluiceError | undefined;
  #waiters: Set<Waiter> = new Set();
  #isClosed = false;

  constructor(options: ReconnectorOptions) {
    this.#options = options;
  }

  /** The connection when there is one, so that a call on the hot path need not wait for a promise. */
  get current(): MultiplexConnection | undefined {
    return this.#current;
  }

  /** The connection, once there is one. Rejects with `inference_unavailable` when it cannot be had soon. */
  connection(): Promise<MultiplexConnection> {
    if (this.#current !== undefined) return Promise.resolve(this.#current);
    if (this.#isClosed)
      return Promise.reject(new SluiceError('inference_unavailable', { detail: 'the client is closed' }));
    if (this.#failures > 0) return Promise.reject(this.#unavailable());
    this.#connect();
    return new Promise((resolve, reject) => this.#waiters.add({ resolve, reject, isPatient: false }));
  }

  /** The connection, however long it takes. Rejects with the signal's reason. */
  async patientConnection(signal: AbortSignal): Promise<MultiplexConnection> {
    if (this.#current !== undefined) return this.#current;
    if (this.#isClosed) throw new SluiceError('cancelled', { detail: 'the client is closed' });
    this.#connect();
    return new Promise((resolve, reject) => {
      const settled = (): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        settled();
        reject(toSluiceError(signal.reason));
      };
      const waiter: Waiter = {
        resolve: (connection) => {
          settled();
          resolve(connection);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
        isPatient: true,
      };
      signal.addEventListener('abort', onAbort);
      this.#waiters.add(waiter);
    });
  }

  /** Breaks every connection off and makes no new one. */
  close(): void {
    this.#isClosed = true;
    this.#rest?.cancel();
    for (const connection of [...this.#open]) connection.close();
    this.#rejectWaiters(new SluiceError('cancelled', { detail: 'the client was closed' }), true);
  }

  #connect(): void {
    if (this.#attempt !== undefined || this.#rest !== undefined || this.#isClosed) return;
    const { target, clock, connectTimeoutMs, maxMessageBytes } = this.#options;
    const connection: MultiplexConnection = new MultiplexConnection({
      target,
      clock,
      connectTimeoutMs,
      maxMessageBytes,
      events: {
        opened: () => this.#opened(connection),
        leaving: () => this.#left(connection),
        closed: (error) => this.#closed(connection, error),
      },
    });
    this.#attempt = connection;
    this.#open.add(connection);
  }

  #opened(connection: MultiplexConnection): void {
    this.#attempt = undefined;
    this.#current = connection;
    if (this.#failures > 0)
      this.#options.log.info({ target: this.#options.target.address }, 'inference service is back');
    this.#failures = 0;
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const waiter of waiters) waiter.resolve(connection);
  }

  #left(connection: MultiplexConnection): void {
    if (this.#current !== connection) return;
    this.#current = undefined;
    this.#connect();
  }

  #closed(connection: MultiplexConnection, error: SluiceError): void {
    this.#open.delete(connection);
    const wasAttempt = this.#attempt === connection;
    const wasCurrent = this.#current === connection;
    if (wasAttempt) this.#attempt = undefined;
    if (wasCurrent) this.#current = undefined;
    if (this.#isClosed || !(wasAttempt || wasCurrent)) return;
    this.#lastFailure = error;
    const fields = { target: this.#options.target.address, reason: error.reason, detail: error.detail };
    if (wasCurrent) {
      this.#options.log.warn(fields, 'lost the inference service');
    } else {
      this.#failures += 1;
      // The first failure is news; the rest of an outage is not.
      if (this.#failures === 1) this.#options.log.warn(fields, 'cannot reach the inference service');
      else this.#options.log.debug({ ...fields, failures: this.#failures }, 'cannot reach the inference service');
      this.#rejectWaiters(this.#unavailable(), false);
    }
    this.#restThenConnect();
  }

  #restThenConnect(): void {
    const { clock, ids } = this.#options;
    const fullMs = Math.min(reconnectBackoff.maxMs, reconnectBackoff.initialMs * 2 ** this.#failures);
    this.#rest = clock.setTimer(fullMs * (0.5 + ids.random() / 2), () => {
      this.#rest = undefined;
      this.#connect();
    });
  }

  #rejectWaiters(error: SluiceError, patientToo: boolean): void {
    for (const waiter of [...this.#waiters]) {
      if (waiter.isPatient && !patientToo) continue;
      this.#waiters.delete(waiter);
      waiter.reject(error);
    }
  }

  #unavailable(): SluiceError {
    const { target } = this.#options;
    const why = this.#lastFailure?.detail ?? this.#lastFailure?.reason ?? 'not connected';
    return new SluiceError('inference_unavailable', { detail: `${target.address}: ${why}`, cause: this.#lastFailure });
  }
}
