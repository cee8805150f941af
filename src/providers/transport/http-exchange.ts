// One HTTP request and its answer on a pooled socket: phases, time limits, cancellation and back-pressure. What the bytes
// mean is the sink's business; which socket carries them is the caller's (http-call.ts).

import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { type AbortListener, listenForAbort, stopListening } from '../../core/call-abort.ts';
import { abortReason, SluiceError, toSluiceError } from '../../core/error.ts';
import type { AttemptTimeouts } from '../../ports/model.ts';
import type { DeadlineWatch, Watched } from './deadlines.ts';
import { drainMs, maxErrorBodyBytes } from './defaults.ts';
import type { Lane } from './lanes.ts';
import { type Progress, transportError } from './transport-error.ts';

/** What is sent, and how long it may take. */
export interface HttpCall {
  /** Default POST. */
  readonly method?: 'GET' | 'POST';
  /** Path and query on the provider's origin. */
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** Null for a GET. */
  readonly body: string | Uint8Array | null;
  /** True: firstTokenMs and idleMs apply. False: only connectMs and totalMs. */
  readonly streamed: boolean;
  readonly timeouts: AttemptTimeouts;
  readonly signal: AbortSignal;
  /** `provider/model`, for errors. */
  readonly target: string;
  /**
   * Asked once when the answer is 401: the headers with newer credentials, or undefined when there are none; then the 401
   * is the answer. A request that was refused for its credentials has not run, so sending it again is no second attempt.
   */
  readonly reauthorize?: () => Promise<readonly string[] | undefined>;
}

/** Receives the answer: `onHead`, any `onBytes`, then exactly one of `onEnd` and `onFail`. `onFail` may come at any time. */
export interface AnswerSink {
  onHead(status: number, headers: IncomingHttpHeaders): void;
  /** The bytes belong to the sink from now on. */
  onBytes(chunk: Buffer): void;
  onEnd(): void;
  onFail(error: SluiceError): void;
}

/** What an exchange needs from its pool. */
export interface ExchangeHost {
  readonly deadlines: DeadlineWatch;
  monotonicMs(): number;
  /** Sends the exchange when there is a socket, or lets it wait. */
  admit(exchange: HttpExchange): void;
  /** Takes an exchange out of the waiting line. */
  withdraw(exchange: HttpExchange): void;
  /** The exchange has left its lane. */
  release(lane: Lane, hasFailed: boolean): void;
}

/**
 * Phases: `waiting` for a socket, `connecting` (handed to undici), `sent`, `answering`, `settled`. From any of them the
 * exchange settles once: the answer ended, the transport failed, a limit passed, the signal aborted, or the sink lost
 * interest. A settled exchange that still holds its socket (`draining`: the sink has all it needs but the body has not
 * ended) gives the server a moment to end the body, so that the socket can be used again, and drops it otherwise.
 *
 * undici's own header and body timers are off: they are coarse (half a second), do not stop while we hold the socket back,
 * and cannot tell a first token from a header. One deadline watch serves all exchanges instead.
 */
export class HttpExchange implements Dispatcher.DispatchHandler, Watched, AbortListener {
  readonly call: HttpCall;
  headers: readonly string[];
  deadlineMs: number;
  rosterPlace: number = -1;
  readonly #sink: AnswerSink;
  readonly #host: ExchangeHost;
  readonly #startedAtMs: number;
  readonly #totalAtMs: number;
  #phase: 'waiting' | Progress | 'draining' | 'settled' = 'waiting';
  #controller: Dispatcher.DispatchController | undefined;
  #lane: Lane | undefined;
  #isPaused: boolean = false;
  #isStarted: boolean = false;
  #reason: SluiceError | undefined;
  /** A 401 that is held back until it is known whether newer credentials exist. */
  #challenge: Challenge | undefined;
  #wasChallenged: boolean = false;

  constructor(call: HttpCall, sink: AnswerSink, host: ExchangeHost) {
    this.call = call;
    this.headers = call.headers;
    this.#sink = sink;
    this.#host = host;
    this.#startedAtMs = host.monotonicMs();
    this.#totalAtMs = this.#startedAtMs + call.timeouts.totalMs;
    this.deadlineMs = Math.min(this.#startedAtMs + call.timeouts.connectMs, this.#totalAtMs);
  }

  /** Begins. Called once. */
  start(): void {
    const { signal } = this.call;
    if (signal.aborted) {
      this.abort(abortReason(signal));
      return;
    }
    listenForAbort(signal, this);
    this.#host.deadlines.add(this);
    this.#host.admit(this);
  }

  /** Stops reading from the socket; the server feels it once the buffers between are full. The idle limit stands still. */
  pause(): void {
    if (this.#isPaused || this.#phase !== 'answering') return;
    this.#isPaused = true;
    this.deadlineMs = this.#totalAtMs;
    this.#controller?.pause();
  }

  /** Reads on after `pause`. May deliver bytes before it returns. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.renew();
    this.#controller?.resume();
  }

  /** The model gave a sign of life: from now on, and again from each call, idleMs applies. */
  renew(): void {
    this.#isStarted = true;
    if (this.#phase !== 'answering' || this.#isPaused) return;
    this.#setDeadline(this.#host.monotonicMs() + this.call.timeouts.idleMs);
  }

  /** Ends the exchange with this failure, closing its socket at once: upstream sees the end of the connection. */
  abort(error: SluiceError): void {
    if (this.#phase === 'settled' || this.#phase === 'draining') return;
    const wasWaiting = this.#phase === 'waiting';
    this.#settle('settled');
    this.#reason = error;
    if (wasWaiting) this.#host.withdraw(this);
    this.#controller?.abort(error);
    this.#sink.onFail(error);
  }

  /** The sink has its whole answer and wants no more bytes. Neither `onEnd` nor `onFail` follows. */
  drain(): void {
    if (this.#phase !== 'answering') return;
    this.#settle('draining');
    this.#isPaused = false;
    this.deadlineMs = this.#host.monotonicMs() + drainMs;
    this.#host.deadlines.add(this);
    this.#controller?.resume();
  }

  /** A deadline passed. */
  expire(): void {
    if (this.#phase === 'draining') {
      this.#settle('settled');
      this.#controller?.abort(new Error('the body did not end'));
      return;
    }
    this.abort(this.#timeoutError());
  }

  /** The signal aborted. */
  handleEvent(): void {
    this.abort(abortReason(this.call.signal));
  }

  /** Called by the pool just before it hands the exchange to undici. */
  onDispatch(lane: Lane): void {
    this.#phase = 'connecting';
    this.#lane = lane;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#reason !== undefined) {
      controller.abort(this.#reason);
      return;
    }
    this.#controller = controller;
    this.#phase = 'sent';
    const { streamed, timeouts } = this.call;
    this.#setDeadline(streamed ? this.#startedAtMs + timeouts.firstTokenMs : this.#totalAtMs);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#phase !== 'sent') return;
    this.#phase = 'answering';
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity' && status < 300) {
      const detail = `content-encoding ${encoding} although identity was asked for`;
      this.abort(new SluiceError('upstream_malformed', { detail, upstream: { target: this.call.target } }));
    } else if (status === 401 && this.call.reauthorize !== undefined && !this.#wasChallenged) {
      this.#wasChallenged = true;
      this.#challenge = { headers, chunks: [], bytes: 0 };
    } else this.#sink.onHead(status, headers);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase !== 'answering') return;
    const challenge = this.#challenge;
    if (challenge === undefined) this.#sink.onBytes(chunk);
    else if (challenge.bytes < maxErrorBodyBytes) {
      challenge.bytes += chunk.length;
      challenge.chunks.push(chunk);
    }
  }

  onResponseEnd(): void {
    this.#controller = undefined;
    this.#isPaused = false;
    this.#release(false);
    if (this.#phase === 'draining') this.#settle('settled');
    if (this.#phase !== 'answering') return;
    if (this.#challenge !== undefined) void this.#answerChallenge(this.#challenge);
    else {
      this.#settle('settled');
      this.#sink.onEnd();
    }
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#controller = undefined;
    this.#release(true);
    if (this.#phase === 'draining') this.#settle('settled');
    if (this.#phase === 'settled' || this.#phase === 'waiting') return;
    const failure = transportError(error, this.#phase as Progress, this.call.target);
    this.#settle('settled');
    this.#reason = failure;
    this.#sink.onFail(failure);
  }

  /** Sends again with newer credentials, or passes the 401 on. Never rejects. */
  async #answerChallenge(challenge: Challenge): Promise<void> {
    this.#challenge = undefined;
    let headers: readonly string[] | undefined;
    try {
      headers = await this.call.reauthorize?.();
    } catch (error) {
      return this.abort(toSluiceError(error));
    }
    if (this.#phase !== 'answering') return;
    if (headers === undefined) {
      this.#sink.onHead(401, challenge.headers);
      for (const chunk of challenge.chunks) this.#sink.onBytes(chunk);
      this.#settle('settled');
      return this.#sink.onEnd();
    }
    this.headers = headers;
    this.#phase = 'waiting';
    this.#setDeadline(this.#host.monotonicMs() + this.call.timeouts.connectMs);
    this.#host.admit(this);
  }

  #setDeadline(atMs: number): void {
    this.deadlineMs = Math.min(atMs, this.#totalAtMs);
    this.#host.deadlines.update(this);
  }

  /** Once for each dispatch: undici's proxy client reports a refusal (407) as an error and then goes on with its answer. */
  #release(hasFailed: boolean): void {
    const lane = this.#lane;
    if (lane === undefined) return;
    this.#lane = undefined;
    this.#host.release(lane, hasFailed);
  }

  #settle(phase: 'draining' | 'settled'): void {
    this.#phase = phase;
    stopListening(this.call.signal, this);
    this.#host.deadlines.remove(this);
  }

  #timeoutError(): SluiceError {
    const { connectMs, firstTokenMs, idleMs, totalMs } = this.call.timeouts;
    const upstream = { target: this.call.target };
    const failed = (detail: string): SluiceError => new SluiceError('upstream_timeout', { detail, upstream });
    if (this.#host.monotonicMs() >= this.#totalAtMs) return failed(`not complete within ${totalMs} ms`);
    if (this.#phase === 'waiting') {
      const detail = `all connections to the provider were in use for ${connectMs} ms`;
      return new SluiceError('overloaded', { detail, upstream });
    }
    if (this.#phase === 'connecting') return failed(`no connection within ${connectMs} ms`);
    return failed(this.#isStarted ? `nothing for ${idleMs} ms` : `no first token within ${firstTokenMs} ms`);
  }
}

interface Challenge {
  readonly headers: IncomingHttpHeaders;
  readonly chunks: Buffer[];
  bytes: number;
}
