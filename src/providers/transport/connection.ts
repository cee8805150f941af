// A vendor's HTTP API as JSON in and JSON, bytes or parts out: sockets, credentials and failures in one place. Every vendor that is
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
import { type PreparedStream, type StreamReader, streamParts } from './part-stream.ts';
import { unlessAborted } from './unless-aborted.ts';
import { utf8TextOf } from './utf8-text.ts';
import type { FailureContext } from './vendor-error.ts';
import { asText, type BytesAnswer, callWhole, isSuccess, type WholeAnswer } from './whole-call.ts';

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

/** What is sent when it is not a JSON object. */
export interface Payload {
  /** Default `POST`. */
  readonly method?: 'GET' | 'POST';
  readonly contentType: string;
  /** Null: none, and no content type. */
  readonly body: string | Uint8Array | null;
  /** Headers of this call alone. A value joins that of a fixed header of the same name, as HTTP joins lists. */
  readonly headers?: Headers;
}

/** What a stream is asked with, and what reads its answer: made in one step, as the reader must know how the request was put. */
export interface StreamedCall {
  readonly path: string;
  readonly body: JsonObject;
  readonly reader: StreamReader;
}

/** A vendor's API. */
export interface Connection {
  /** The same as `send`, for answers that are not text or whose headers matter. */
  receive(path: string, payload: Payload, call: ModelCall): Promise<BytesAnswer>;
  /**
   * Sends any body and returns that of a successful answer as text. `path` hangs on the base address; one that begins with `//`
   * on the base address without its version, for the endpoints that some servers keep outside of `/v1`.
   */
  send(path: string, payload: Payload, call: ModelCall): Promise<string>;
  /**
   * Posts and returns the body of a successful answer. Rejects with the failure that any other answer means. Numbers that a double
   * cannot hold stay as they are written, unless `parse` says otherwise: JSON.parse for answers full of numbers that are doubles.
   */
  post(path: string, body: JsonObject, call: ModelCall, parse?: (text: string) => unknown): Promise<JsonObject>;
  /** Posts at the first `next()`. `begin` is asked then: what it throws ends the stream. */
  stream(call: ModelCall, begin: () => StreamedCall): AsyncIterable<PredictPart>;
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
      ...(payload.method === undefined ? {} : { method: payload.method }),
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
  const receive = async (path: string, payload: Payload, call: ModelCall): Promise<BytesAnswer> => {
    if (!credentials.isReady) await unlessAborted(credentials.load(), call.signal);
    const answer = await callWhole(caller, httpCall(path, payload, call, false), limits.maxBodyBytes);
    if (!isSuccess(answer.status)) throw options.failureOf(asText(answer), failureContext(call));
    return answer;
  };
  const send = async (path: string, payload: Payload, call: ModelCall): Promise<string> =>
    utf8TextOf((await receive(path, payload, call)).body);
  return {
    targetOf,
    failureContext,
    receive,
    send,
    post: async (path, body, call, parse) => parseObject(await send(path, toPayload(body), call), 'the answer', parse),
    stream(call, begin) {
      const prepare = (): PreparedStream => {
        const { path, body, reader } = begin();
        return { call: httpCall(path, toPayload(body), call, true), reader };
      };
      return streamParts({
        caller,
        signal: call.signal,
        limits,
        prepare: () => (credentials.isReady ? prepare() : unlessAborted(credentials.load(), call.signal).then(prepare)),
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
  const { contentType, body } = payload;
  if (body === null) headers.splice(headers.indexOf('content-type'), 2);
  else if (contentType !== jsonType) headers[headers.indexOf('content-type') + 1] = contentType;
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
