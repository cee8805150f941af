// HTTP calls whose answers are bytes: what the binary tensor data extension needs and a connection of JSON does not give.

import type { IncomingHttpHeaders } from 'node:http';
import type { SluiceError } from '../../core/error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelCall } from '../../ports/model.ts';
import type { Log } from '../../telemetry/log.ts';
import { parseBaseUrl } from '../transport/base-url.ts';
import { type CredentialOptions, createCredentials } from '../transport/credentials.ts';
import { createHttpCaller } from '../transport/http-call.ts';
import type { AnswerSink, HttpCall, HttpExchange } from '../transport/http-exchange.ts';
import { unlessAborted } from '../transport/unless-aborted.ts';
import type { FailureContext } from '../transport/vendor-error.ts';
import { bodyTooLong, isSuccess } from '../transport/whole-call.ts';
import { maxMessageBytes } from './defaults.ts';
import { failureOfAnswer } from './errors.ts';

/** What a caller is made of. */
export interface RestCallerOptions extends CredentialOptions {
  /** The provider's name in the configuration. */
  readonly name: string;
  /** What `/v2/…` hangs on, such as `http://triton:8000`. */
  readonly baseUrl: string;
  /** Most calls at a time; each has a connection of its own. */
  readonly concurrency: number;
  /** `http://[user:password@]host:port` of an HTTP proxy. Absent: direct. */
  readonly proxy?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** A successful answer. */
export interface BytesAnswer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What is sent. */
export interface RestRequest {
  readonly method: 'GET' | 'POST';
  /** Begins with `/v2/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | null;
}

/** Sends calls. */
export interface RestCaller {
  /** Rejects with the failure that an answer with a status of failure means. */
  send(request: RestRequest, call: ModelCall): Promise<BytesAnswer>;
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Opens no socket before the first call. Throws `config_invalid` when the address is not one. */
export function createRestCaller(options: RestCallerOptions): RestCaller {
  const { name, clock, log, proxy } = options;
  const base = parseBaseUrl(options.baseUrl, name);
  const caller = createHttpCaller({ origin: base.origin, connections: options.concurrency, clock, proxy });
  const credentials = createCredentials(options);
  const failureContext = (call: ModelCall): FailureContext => ({
    target: `${name}/${call.model}`,
    secrets: [base.host, ...credentials.secrets],
    nowMs: clock.now(),
  });
  const renewed = async (
    key: string,
    request: RestRequest,
    call: ModelCall,
  ): Promise<readonly string[] | undefined> => {
    const isRenewed = await credentials.renew(key);
    log.warn({ provider: name, isRenewed }, 'the provider refused the API key; it was read again');
    return isRenewed ? headersOf(credentials.headers, request, call) : undefined;
  };
  return {
    async send(request, call) {
      if (!credentials.isReady) await unlessAborted(credentials.load(), call.signal);
      const { key } = credentials;
      const { method, path, body } = request;
      const http: HttpCall = {
        method,
        path: `${base.path}${path}${base.query}`,
        headers: headersOf(credentials.headers, request, call),
        body,
        streamed: false,
        timeouts: call.timeouts,
        signal: call.signal,
        target: `${name}/${call.model}`,
        ...(key === undefined ? {} : { reauthorize: () => renewed(key, request, call) }),
      };
      const {
        status,
        headers,
        body: bytes,
      } = await new Promise<Collected>((resolve, reject) => {
        const sink = new BytesCollector(resolve, reject);
        sink.exchange = caller.start(http, sink);
      });
      if (isSuccess(status)) return { headers, body: bytes };
      throw failureOfAnswer({ status, headers, body: bytes.toString('utf8') }, failureContext(call));
    },
    ready: () => credentials.load(),
    close: () => caller.close(),
  };
}

/** The fixed headers, those of the request over them, the trace context and the request id. */
function headersOf(fixed: readonly string[], request: RestRequest, { context }: ModelCall): readonly string[] {
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < fixed.length; at += 2) headers[fixed[at] ?? ''] = fixed[at + 1] ?? '';
  if (request.body === null) delete headers['content-type'];
  Object.assign(headers, request.headers, { 'x-request-id': context.requestId });
  if (context.traceparent !== undefined) headers['traceparent'] = context.traceparent;
  if (context.tracestate !== undefined) headers['tracestate'] = context.tracestate;
  return Object.entries(headers).flat();
}

interface Collected extends BytesAnswer {
  readonly status: number;
}

/** Collects one answer, whatever its status. A body above the bound fails the call. */
class BytesCollector implements AnswerSink {
  exchange: HttpExchange | undefined;
  readonly #resolve: (answer: Collected) => void;
  readonly #reject: (error: SluiceError) => void;
  #status: number = 0;
  #headers: IncomingHttpHeaders = {};
  #chunks: Buffer[] = [];
  #bytes: number = 0;

  constructor(resolve: (answer: Collected) => void, reject: (error: SluiceError) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onBytes(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > maxMessageBytes) this.exchange?.abort(bodyTooLong(maxMessageBytes));
    else this.#chunks.push(chunk);
  }

  onEnd(): void {
    this.#resolve({ status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks) });
  }

  onFail(error: SluiceError): void {
    this.#reject(error);
  }
}
