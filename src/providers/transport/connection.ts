// A vendor's HTTP API as JSON in and JSON or parts out: sockets, credentials and failures in one place. Every vendor that is
// reached over HTTP builds its provider on it; what its JSON means stays in the vendor's own folder.

import type { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PredictPart } from '../../core/predict.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelCall } from '../../ports/model.ts';
import type { Log } from '../../telemetry/log.ts';
import { parseObject } from '../translation/wire-values.ts';
import { parseBaseUrl } from './base-url.ts';
import { type CredentialOptions, createCredentials, type Headers } from './credentials.ts';
import { defaultLimits, type ProviderLimits } from './defaults.ts';
import { createHttpCaller } from './http-call.ts';
import type { HttpCall } from './http-exchange.ts';
import { type StreamReader, streamParts } from './part-stream.ts';
import { unlessAborted } from './unless-aborted.ts';
import type { FailureContext } from './vendor-error.ts';
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
  /** `http://[user:password@]host:port` of an HTTP proxy for all calls. Absent: direct. */
  readonly proxy?: string | undefined;
  /** The failure that an answer with a status of failure means. */
  readonly failureOf: (answer: WholeAnswer, context: FailureContext) => SluiceError;
  /** How a JSON body is sent. Default: as it is. For vendors that take a field of a request as a header. */
  readonly toPayload?: ((body: JsonObject) => Payload) | undefined;
}

/** A body that is not a JSON object, or not for a path below the base address. */
export interface Payload {
  readonly contentType: string;
  readonly body: string | Uint8Array;
  /** Headers of this call alone. A value joins that of a fixed header of the same name, as HTTP joins lists. */
  readonly headers?: Headers;
}

/** A vendor's API. */
export interface Connection {
  /**
   * Posts any body and returns that of a successful answer as text. `path` hangs on the base address; one that begins with `//`
   * on the base address without its version, for the endpoints that some servers keep outside of `/v1`.
   */
  send(path: string, payload: Payload, call: ModelCall): Promise<string>;
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
  const { name, clock, log, toPayload = jsonPayload } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const base = parseBaseUrl(options.baseUrl, name);
  const { proxy } = options;
  const caller = createHttpCaller({ origin: base.origin, connections: limits.connections, clock, proxy });
  const credentials = createCredentials(options);

  const targetOf = (call: ModelCall): string => `${name}/${call.model}`;
  const failureContext = (call: ModelCall): FailureContext => ({
    target: targetOf(call),
    secrets: [base.host, ...credentials.secrets],
    nowMs: clock.now(),
  });
  const reauthorize = async (
    refused: string,
    call: ModelCall,
    payload: Payload,
  ): Promise<readonly string[] | undefined> => {
    const isRenewed = await credentials.renew(refused);
    log.warn({ provider: name, isRenewed }, 'the provider refused the API key; it was read again');
    return isRenewed ? headersOf(credentials.headers, call, payload) : undefined;
  };
  const httpCall = (path: string, payload: Payload, call: ModelCall, streamed: boolean): HttpCall => {
    const { key } = credentials;
    const whole = path.startsWith('//') ? `${base.path.replace(/\/v\d+$/, '')}${path.slice(1)}` : `${base.path}${path}`;
    return {
      path: `${whole}${base.query}`,
      headers: headersOf(credentials.headers, call, payload),
      body: payload.body,
      streamed,
      timeouts: call.timeouts,
      signal: call.signal,
      target: targetOf(call),
      ...(key === undefined ? {} : { reauthorize: () => reauthorize(key, call, payload) }),
    };
  };
  const send = async (path: string, payload: Payload, call: ModelCall): Promise<string> => {
    if (!credentials.isReady) await unlessAborted(credentials.load(), call.signal);
    const answer = await callWhole(caller, httpCall(path, payload, call, false), limits.maxBodyBytes);
    if (!isSuccess(answer.status)) throw options.failureOf(answer, failureContext(call));
    return answer.body;
  };
  return {
    targetOf,
    failureContext,
    send,
    post: async (path, body, call) => parseObject(await send(path, toPayload(body), call), 'the answer'),
    stream(path, makeBody, call, createReader) {
      const prepare = (): HttpCall => httpCall(path, toPayload(makeBody()), call, true);
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

/** A JSON body. */
export function jsonPayload(body: JsonObject): Payload {
  return { contentType: jsonType, body: JSON.stringify(body) };
}

const jsonType = 'application/json';

/** The fixed headers, the trace context and the request id, by which the provider's log lines can be found. */
function headersOf(fixed: readonly string[], call: ModelCall, payload: Payload): readonly string[] {
  const { requestId, traceparent, tracestate } = call.context;
  const headers = [...fixed, 'x-request-id', requestId];
  const { contentType } = payload;
  if (contentType !== jsonType) headers[headers.indexOf('content-type') + 1] = contentType;
  if (traceparent !== undefined) headers.push('traceparent', traceparent);
  if (tracestate !== undefined) headers.push('tracestate', tracestate);
  for (const [name, value] of Object.entries(payload.headers ?? {})) joinHeader(headers, name, value);
  return headers;
}

function joinHeader(headers: string[], name: string, value: string): void {
  const place = headers.findIndex((known, index) => index % 2 === 0 && known.toLowerCase() === name);
  if (place === -1) headers.push(name, value);
  else headers[place + 1] = `${headers[place + 1]}, ${value}`;
}
