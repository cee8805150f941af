// The calls under way in a server: how many there may be, when each must end, and how they all end when the server stops.

import type { CallContext } from '../../core/call-context.ts';
import { SluiceError } from '../../core/error.ts';
import type { ErrorReason } from '../../core/error-catalogue.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Inference } from '../../ports/inference.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** How a call came in. */
export type Transport = 'unary' | 'multiplex';

/** What OpenCalls needs. */
export interface OpenCallsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly maxConcurrentCalls: number;
}

/** All calls under way, over every connection. */
export class OpenCalls {
  readonly options: OpenCallsOptions;
  readonly #calls: Set<OpenCall> = new Set();
  #isDraining = false;
  #idle: (() => void) | undefined;

  constructor(options: OpenCallsOptions) {
    this.options = options;
  }

  /** True once no new call is taken. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Takes a call. Throws `draining`, `overloaded`, or `deadline_exceeded` when there is no time left. */
  begin(method: keyof Inference, transport: Transport, context: CallContext): OpenCall {
    if (this.#isDraining) throw new SluiceError('draining');
    if (this.#calls.size >= this.options.maxConcurrentCalls) throw new SluiceError('overloaded');
    if (context.deadlineAtMs <= this.options.clock.now()) throw new SluiceError('deadline_exceeded');
    const call = new OpenCall(this.options, method, transport, context, () => this.#ended(call));
    this.#calls.add(call);
    this.options.metrics.set('sluice_rpc_calls_in_flight', [], this.#calls.size);
    return call;
  }

  /** Takes no new call, and resolves when none is left. Those left after `withinMs` end with `draining`. */
  async drain(withinMs: number): Promise<void> {
    this.#isDraining = true;
    if (this.#calls.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.options.clock.setTimer(withinMs, () => this.cancelAll());
      const idle = (): void => {
        timer.cancel();
        resolve();
      };
      this.#idle = idle;
    });
  }

  /** Takes no new call and ends every call with `draining`. */
  cancelAll(): void {
    this.#isDraining = true;
    for (const call of [...this.#calls]) call.cancel(new SluiceError('draining'));
  }

  #ended(call: OpenCall): void {
    this.#calls.delete(call);
    this.options.metrics.set('sluice_rpc_calls_in_flight', [], this.#calls.size);
    if (this.#calls.size === 0) this.#idle?.();
  }
}

/**
 * One call under way. It is over once `end` was called, by whoever answers it. `cancel` (from the caller, the deadline or the
 * server) aborts its signal and asks the `onCancel` handler to answer; the handler must call `end`.
 */
export class OpenCall {
  readonly context: CallContext;
  readonly #options: OpenCallsOptions;
  readonly #method: keyof Inference;
  readonly #transport: Transport;
  readonly #controller: AbortController = new AbortController();
  readonly #ended: () => void;
  readonly #deadline: Timer;
  readonly #startedMs: number;
  #onCancel: ((error: SluiceError) => void) | undefined;
  #isOver = false;

  constructor(
    options: OpenCallsOptions,
    method: keyof Inference,
    transport: Transport,
    context: CallContext,
    ended: () => void,
  ) {
    this.context = context;
    this.#options = options;
    this.#method = method;
    this.#transport = transport;
    this.#ended = ended;
    this.#startedMs = options.clock.monotonicMs();
    const leftMs = context.deadlineAtMs - options.clock.now();
    this.#deadline = options.clock.setTimer(leftMs, () => this.cancel(new SluiceError('deadline_exceeded')));
  }

  /** Aborts when the call is cancelled, with the SluiceError that says why. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** True once the call has been answered. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Says how to answer a cancelled call. One handler; called at once when the call is cancelled already. */
  onCancel(answer: (error: SluiceError) => void): void {
    this.#onCancel = answer;
    if (this.signal.aborted && !this.#isOver) answer(this.signal.reason as SluiceError);
  }

  /** Aborts the call, unless it is over or was cancelled before. A caller that leaves at its deadline has run out of time. */
  cancel(error: SluiceError): void {
    if (this.#isOver || this.signal.aborted) return;
    const isLate = error.reason === 'cancelled' && this.#options.clock.now() >= this.context.deadlineAtMs;
    const reason = isLate ? new SluiceError('deadline_exceeded') : error;
    this.#controller.abort(reason);
    this.#onCancel?.(reason);
  }

  /** Marks the call as answered, with its failure if it has one. Only the first call counts. */
  end(error?: SluiceError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deadline.cancel();
    const outcome: ErrorReason | 'ok' = error?.reason ?? 'ok';
    const { clock, metrics } = this.#options;
    metrics.add('sluice_rpc_calls_total', [this.#method, this.#transport, outcome]);
    metrics.observe('sluice_rpc_call_duration_seconds', [this.#method], (clock.monotonicMs() - this.#startedMs) / 1000);
    if (error !== undefined) this.#logFailure(error);
    this.#ended();
  }

  #logFailure(error: SluiceError): void {
    const { requestId, tenantId } = this.context;
    const fields = { requestId, tenantId, method: this.#method, reason: error.reason, detail: error.detail };
    if (error.reason === 'internal') this.#options.log.error({ ...fields, cause: error.cause }, 'call failed');
    else this.#options.log.debug(fields, 'call failed');
  }
}
