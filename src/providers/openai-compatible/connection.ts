// A vendor's HTTP API as JSON in and JSON or parts out: sockets, credentials and failures in one place. Every vendor that is
// reached over HTTP builds its provider on it; what its JSON means stays in the vendor's own folder.

import { abortReason, type SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PredictPart } from '../../core/predict.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelCall } from '../../ports/model.ts';
import type { Log } from '../../telemetry/log.ts';
import { parseObject } from './answer-fields.ts';
import { parseBaseUrl } from './base-url.ts';
import { type CredentialOptions, createCredentials } from './credentials.ts';
import { defaultLimits, type ProviderLimits } from './defaults.ts';
import type { FailureContext } from './errors.ts';
import { createHttpCaller } from './http-call.ts';
import type { HttpCall } from './http-exchange.ts';
import { type StreamReader, streamParts } from './part-stream.ts';
import { callWhole, isSuccess, type WholeAnswer } from './whole-call.ts';

/** What a connection is made of. */
export interface ConnectionOptions extends CredentialOptions {
  /** The provider's name in the configuration: the first half of its targets. */
  readonly name: string;
  /** What the paths of the calls hang on, such as `http://vllm:8000/v1`. A query is kept (Azure). */
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<ProviderLimits> | undefined;
  /** The failure that an answer with a status of failure means. */
  readonly failureOf: (answer: WholeAnswer, context: FailureContext) => SluiceError;
}

/** A vendor's API. */
export interface Connection {
  /** Posts and returns the body of a successful answer. Rejects with the failure that any other answer means. */
  post(path: string, body: JsonObject, call: ModelCall): Promise<JsonObject>;
  /** Posts at the first `next()`; `makeBody` is asked then. */
  stream(
    path: string,
    makeBody: () => JsonObject,
    call: ModelCall,
    createReader: () => StreamReader,
  ): AsyncIterable<PredictPart>;
  /** What a failure needs that is found within a successful answer. */
  failureContext(call: ModelCall): FailureContext;
  targetOf(call: ModelCall): string;
  /** Resolves when the credentials have been read. The network is not asked: one provider that is down stops no others. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Opens no socket before the first call. Throws `config_invalid` when the address is not one. */
export function createConnection(options: ConnectionOptions): Connection {
  const { name, clock, log } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const base = parseBaseUrl(options.baseUrl, name);
  const caller = createHttpCaller({ origin: base.origin, connections: limits.connections, clock });
  const credentials = createCredentials(options);

  const targetOf = (call: ModelCall): string => `${name}/${call.model}`;
  const failureContext = (call: ModelCall): FailureContext => ({
    target: targetOf(call),
    secrets: [base.host, ...credentials.secrets],
    nowMs: clock.now(),
  });
  const reauthorize = async (refused: string, call: ModelCall): Promise<readonly string[] | undefined> => {
    const isRenewed = await credentials.renew(refused);
    log.warn({ provider: name, isRenewed }, 'the provider refused the API key; it was read again');
    return isRenewed ? headersOf(credentials.headers, call) : undefined;
  };
  const httpCall = (path: string, body: JsonObject, call: ModelCall, streamed: boolean): HttpCall => {
    const { key } = credentials;
    return {
      path: `${base.path}${path}${base.query}`,
      headers: headersOf(credentials.headers, call),
      body: JSON.stringify(body),
      streamed,
      timeouts: call.timeouts,
      signal: call.signal,
      target: targetOf(call),
      ...(key === undefined ? {} : { reauthorize: () => reauthorize(key, call) }),
    };
  };
  return {
    targetOf,
    failureContext,
    async post(path, body, call) {
      if (!credentials.isReady) await unlessAborted(credentials.load(), call.signal);
      const answer = await callWhole(caller, httpCall(path, body, call, false), limits.maxBodyBytes);
      if (!isSuccess(answer.status)) throw options.failureOf(answer, failureContext(call));
      return parseObject(answer.body, 'the answer');
    },
    stream(path, makeBody, call, createReader) {
      const prepare = (): HttpCall => httpCall(path, makeBody(), call, true);
      return streamParts({
        caller,
        signal: call.signal,
        limits,
        prepare: () => (credentials.isReady ? prepare() : unlessAborted(credentials.load(), call.signal).then(prepare)),
        createReader,
        failure: (answer) => options.failureOf(answer, failureContext(call)),
      });
    },
    ready: () => credentials.load(),
    close: () => caller.close(),
  };
}

/** The fixed headers, the trace context and the request id, by which the provider's log lines can be found. */
function headersOf(fixed: readonly string[], call: ModelCall): readonly string[] {
  const { requestId, traceparent, tracestate } = call.context;
  const headers = [...fixed, 'x-request-id', requestId];
  if (traceparent !== undefined) headers.push('traceparent', traceparent);
  if (tracestate !== undefined) headers.push('tracestate', tracestate);
  return headers;
}

/** Settles as the promise does, or rejects once the signal aborts: a slow source of keys must not hold a call that is over. */
async function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw abortReason(signal);
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(abortReason(signal));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}
