// A call whose answer is read as a whole, bounded.

import type { IncomingHttpHeaders } from 'node:http';
import { SluiceError } from '../../core/error.ts';
import { maxErrorBodyBytes } from './defaults.ts';
import type { HttpCaller } from './http-call.ts';
import type { AnswerSink, HttpCall, HttpExchange } from './http-exchange.ts';
import { utf8TextOf } from './utf8-text.ts';

/** A whole answer as text. */
export interface WholeAnswer extends Head {
  readonly body: string;
}

/** A whole answer as it came. */
export interface BytesAnswer extends Head {
  readonly body: Buffer;
}

interface Head {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** The same as text. */
export function asText({ status, headers, body }: BytesAnswer): WholeAnswer {
  return { status, headers, body: utf8TextOf(body) };
}

/** True for a status that announces an answer rather than a failure. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/**
 * The whole answer, whatever its status. A body of success above `maxBodyBytes` rejects with `upstream_malformed`; of a
 * body of failure only the beginning is kept, also when the connection breaks in it: the status is what matters.
 */
export function callWhole(caller: HttpCaller, call: HttpCall, maxBodyBytes: number): Promise<BytesAnswer> {
  return new Promise((resolve, reject) => {
    const body = new BodyCollector(call.signal, maxBodyBytes, resolve, reject);
    body.exchange = caller.start(call, body);
  });
}

/** Collects one answer. */
class BodyCollector implements AnswerSink {
  exchange: HttpExchange | undefined;
  readonly #signal: AbortSignal;
  readonly #maxBodyBytes: number;
  readonly #resolve: (answer: BytesAnswer) => void;
  readonly #reject: (error: SluiceError) => void;
  #status: number = 0;
  #headers: IncomingHttpHeaders = {};
  #chunks: Buffer[] = [];
  #bytes: number = 0;

  constructor(
    signal: AbortSignal,
    maxBodyBytes: number,
    resolve: (answer: BytesAnswer) => void,
    reject: (error: SluiceError) => void,
  ) {
    this.#signal = signal;
    this.#maxBodyBytes = maxBodyBytes;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onBytes(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (isSuccess(this.#status)) {
      this.#chunks.push(chunk);
      if (this.#bytes > this.#maxBodyBytes) this.exchange?.abort(bodyTooLong(this.#maxBodyBytes));
    } else if (this.#bytes - chunk.length < maxErrorBodyBytes) this.#chunks.push(chunk);
    else this.exchange?.abort(bodyTooLong(maxErrorBodyBytes));
  }

  onEnd(): void {
    this.#resolve({ status: this.#status, headers: this.#headers, body: joined(this.#chunks) });
  }

  onFail(error: SluiceError): void {
    if (this.#status === 0 || isSuccess(this.#status) || this.#signal.aborted) this.#reject(error);
    else this.onEnd();
  }
}

/** Bytes that arrived in pieces, copied only where there are several. */
export function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
}

/** The failure of a body above its bound. */
export function bodyTooLong(maxBytes: number): SluiceError {
  return new SluiceError('upstream_malformed', { detail: `the answer is longer than ${maxBytes} bytes` });
}
