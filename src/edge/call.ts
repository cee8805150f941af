// One HTTP call, from its first header to its last byte: who makes it, how long it may take, how it ended. It decides
// nothing about dialects and writes nothing to the socket itself.

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { CallAbort } from '../core/call-abort.ts';
import type { CallContext } from '../core/call-context.ts';
import { downgradedHeader } from '../core/downgraded-header.ts';
import { SluiceError } from '../core/error.ts';
import { headerSafe } from '../core/header-safe.ts';
import type { RoutingHints } from '../core/routing-hints.ts';
import type { Usage, UsageSource } from '../core/usage.ts';
import type { Principal } from '../ports/authenticator.ts';
import type { Timer } from '../ports/clock.ts';
import { type ActiveSpan, endSpan, failSpan, startHttpSpan } from '../telemetry/tracing.ts';
import type { AcceptedBodies } from './accepted-bodies.ts';
import type { PlaceFinder } from './caller-place.ts';
import type { ErrorStyle } from './error-style.ts';
import type { CallLine, EdgeRuntime } from './runtime.ts';
import { clientRequestIdOf, traceHeadersOf } from './trace-headers.ts';

/** The part of an answer that every operation has; PredictResponse and EmbedResponse are such. */
export interface Answered {
  /** `provider/model` that answered. */
  readonly target: string;
  readonly attempts: number;
  /** Fields of the request that the target could not honour; the x-sluice-downgraded header. */
  readonly downgrades?: readonly string[];
  readonly usage: Usage;
  /** Where figures came from that are the answer itself and not its usage: a count of tokens. */
  readonly usageSource?: UsageSource;
}

/** What a call is made of. */
export interface CallOrigin {
  readonly runtime: EdgeRuntime;
  readonly errorStyle: ErrorStyle;
  /** The route's pattern: a bounded set, so that it can label metrics. */
  readonly route: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Path parameters; `*` is the wildcard. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly accepts?: AcceptedBodies | undefined;
}

/** For a response that ends by itself. */
export function ignoreAbort(): void {}

/**
 * A call under way. It is `waiting` until the first byte of an answer is written, then `answering` until the response is
 * closed, then `closed`; it never goes back. Whatever ends it early (client gone, deadline, drain, slow reader) goes through
 * `abort`: the signal stops the model, and `onAbort` ends the response as far as it has come.
 */
export class EdgeCall {
  readonly runtime: EdgeRuntime;
  readonly errorStyle: ErrorStyle;
  readonly route: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly parameters: Readonly<Record<string, string>>;
  readonly requestId: string;

  /** The parsed body, or its bytes where the route reads them itself (`accepts`); undefined when there was none. */
  body: unknown;
  /** Bodies that the route takes; absent: JSON. */
  readonly accepts: AcceptedBodies | undefined;
  /** Where in the body a place of the internal request is; a route sets it once the body is parsed. Absent: they are the same. */
  findPlace: PlaceFinder | undefined;
  /** The model that was asked for; a route sets it for the log line. */
  model: string | undefined;
  /** Who answered; known with the first part of a stream, usage with the last. */
  answered: Partial<Answered> | undefined;
  /** Methods that the path has, for the answer to a wrong one. */
  allow: string | undefined;
  /** Bytes of body held for this call; given back when it closes. */
  heldBodyBytes: number = 0;
  rosterPlace: number = -1;
  state: 'waiting' | 'answering' | 'closed' = 'waiting';
  /** Why it did not end well. */
  failure: SluiceError | undefined;
  /**
   * Ends the response after an abort; set by whoever writes it, to a function that is there already: V8 makes `call.onAbort = () => …`
   * old at birth, and it would keep the whole call alive until the next full collection (docs/adr/0007).
   */
  onAbort: (call: EdgeCall, error: SluiceError) => void = ignoreAbort;

  readonly #abort: CallAbort = new CallAbort();
  readonly #span: ActiveSpan;
  readonly #startedAtMs: number;
  #context: CallContext | undefined;
  #principal: Principal | undefined;
  #isStream: boolean = false;
  #isFinished: boolean = false;
  #deadline: Timer | undefined;
  #stall: Timer | undefined;

  constructor(origin: CallOrigin) {
    this.runtime = origin.runtime;
    this.errorStyle = origin.errorStyle;
    this.route = origin.route;
    this.request = origin.request;
    this.response = origin.response;
    this.parameters = origin.parameters;
    this.requestId = origin.requestId;
    this.accepts = origin.accepts;
    this.#startedAtMs = this.runtime.clock.monotonicMs();
    this.#span = startHttpSpan(this.request.method ?? 'GET', this.route, traceHeadersOf(this.request.headers));
    this.runtime.opened(this);
    // Both come once; `once` would make a function more for each.
    this.response.on('finish', () => {
      this.#isFinished = true;
    });
    this.response.on('close', () => this.#close());
  }

  /** The request's headers. */
  get headers(): IncomingHttpHeaders {
    return this.request.headers;
  }

  /** Aborts with a SluiceError once the answer is no longer wanted. Pass it to every port. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The context to pass to every port. Only a call with a key has one. */
  get context(): CallContext {
    if (this.#context === undefined) throw new SluiceError('internal', { detail: 'an open route asked for a context' });
    return this.#context;
  }

  /** Counts the call as its key's and starts its deadline. Throws `rate_limited` when the key has too many. */
  begin(principal: Principal, timeoutMs: number, hints?: RoutingHints): void {
    // The client can be gone while its key is looked up; then nothing would ever count the call out again.
    if (this.state === 'closed') throw new SluiceError('cancelled');
    this.runtime.admission.enterKey(principal.keyId);
    this.#principal = principal;
    this.#context = {
      requestId: this.requestId,
      tenantId: principal.tenantId,
      keyId: principal.keyId,
      deadlineAtMs: this.runtime.clock.now() + timeoutMs,
      ...(this.#span.traceparent === undefined ? {} : { traceparent: this.#span.traceparent }),
      ...(this.#span.tracestate === undefined ? {} : { tracestate: this.#span.tracestate }),
    };
    if (hints !== undefined) this.#context = { ...this.#context, routing: hints };
    this.#deadline = this.runtime.clock.setTimer(timeoutMs, () => this.abort(new SluiceError('deadline_exceeded')));
  }

  /** Counts the call as a stream. Throws `too_many_streams` or `overloaded`. */
  beginStream(): void {
    this.runtime.admission.enterStream(this.context.keyId);
    this.#isStream = true;
  }

  /** Ends the call early. The first reason wins; after the response is closed it does nothing. */
  abort(error: SluiceError): void {
    if (this.state === 'closed' || this.signal.aborted) return;
    this.failure ??= error;
    this.#abort.abort(error);
    this.onAbort(this, error);
  }

  /** Cuts the client off unless `disarmStall` comes in time: called whenever bytes wait for it to read. */
  armStall(): void {
    if (this.#stall !== undefined || this.state === 'closed') return;
    this.#stall = this.runtime.clock.setTimer(this.runtime.limits.slowConsumerTimeoutMs, () => this.#cutOff());
  }

  /** The client has read everything so far. */
  disarmStall(): void {
    this.#stall?.cancel();
    this.#stall = undefined;
  }

  /** The headers that every answer has. */
  responseHeaders(): Record<string, string | number> {
    const headers: Record<string, string | number> = { 'x-sluice-request-id': this.requestId };
    headers[this.errorStyle.requestIdHeader] = this.requestId;
    if (this.#span.traceparent !== undefined) headers['traceparent'] = this.#span.traceparent;
    const answered = this.answered;
    if (answered?.target !== undefined) headers['x-sluice-model'] = headerSafe(answered.target);
    if (answered?.attempts !== undefined) headers['x-sluice-attempts'] = answered.attempts;
    if (answered?.downgrades !== undefined) headers['x-sluice-downgraded'] = downgradedHeader(answered.downgrades);
    // Of a stream the usage is known when the headers are gone; there it is marked in the usage itself.
    const source = this.#isStream ? undefined : (answered?.usageSource ?? answered?.usage?.source);
    if (source === 'estimated') headers['x-sluice-usage-source'] = source;
    if (this.runtime.draining) headers['connection'] = 'close';
    return headers;
  }

  #cutOff(): void {
    const error = new SluiceError('slow_consumer');
    // The signal may have aborted before, for example at the deadline: the socket must go all the same.
    this.abort(error);
    this.failure ??= error;
    this.response.destroy();
  }

  #close(): void {
    if (this.state === 'closed') return;
    // Closed before the last byte was handed to the system: the client left.
    if (!this.#isFinished) this.abort(new SluiceError('cancelled'));
    this.state = 'closed';
    this.#deadline?.cancel();
    this.disarmStall();
    const { runtime } = this;
    if (this.#isStream) runtime.admission.leaveStream(this.context.keyId);
    if (this.#principal !== undefined) runtime.admission.leaveKey(this.#principal.keyId);
    runtime.admission.releaseBody(this.heldBodyBytes);
    this.#report();
    runtime.closed(this);
  }

  #report(): void {
    const { failure, answered, runtime } = this;
    const status = this.response.headersSent ? this.response.statusCode : 499;
    const durationMs = runtime.clock.monotonicMs() - this.#startedAtMs;
    runtime.metrics.add('sluice_http_requests_total', [this.route, String(status), failure?.reason ?? '']);
    runtime.metrics.observe('sluice_http_request_duration_seconds', [this.route], durationMs / 1000);
    if (failure === undefined) endSpan(this.#span, answered?.usage);
    else failSpan(this.#span, failure);
    const line: CallLine = {
      requestId: this.requestId,
      clientRequestId: clientRequestIdOf(this.headers),
      method: this.request.method,
      route: this.route,
      status,
      reason: failure?.reason,
      tenantId: this.#principal?.tenantId,
      keyId: this.#principal?.keyId,
      model: this.model,
      target: answered?.target,
      attempts: answered?.attempts,
      inputTokens: answered?.usage?.inputTokens,
      outputTokens: answered?.usage?.outputTokens,
      stream: this.#isStream,
      durationMs: Math.round(durationMs * 100) / 100,
    };
    runtime.reportLine(line, failure);
  }
}
