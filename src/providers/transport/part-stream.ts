// A streamed answer as the async iterator of its parts, with back-pressure down to the socket. The vendor's events are
// turned into parts by a StreamReader; this file knows only bytes, limits and who waits for whom.

import type { IncomingHttpHeaders } from 'node:http';
import { SluiceError, toSluiceError } from '../../core/error.ts';
import type { PredictPart } from '../../core/predict.ts';
import { maxErrorBodyBytes, type ProviderLimits } from './defaults.ts';
import type { HttpCaller } from './http-call.ts';
import type { AnswerSink, HttpCall, HttpExchange } from './http-exchange.ts';
import { saysSomething } from './progress.ts';
import { SseParser } from './sse-parser.ts';
import { SurrogateJoiner } from './surrogate-joiner.ts';
import { utf8TextOf } from './utf8-text.ts';
import { bodyTooLong, isSuccess, joined, type WholeAnswer } from './whole-call.ts';

/** The last part of a stream. */
export type EndPart = Extract<PredictPart, { type: 'end' }>;

/** Turns one vendor's events into parts. One per stream; its methods throw SluiceErrors, which end the stream. */
export interface StreamReader {
  /** The headers of an answer that streams, before its events; for readers whose vendor says something in them. */
  head?(headers: IncomingHttpHeaders): void;
  /** One event. Adds parts to `out`; returns true when the answer is complete, its `end` included. */
  read(event: string, data: string, out: PredictPart[]): boolean;
  /**
   * Whether the event just read was a step of the answer, though no part of it says anything: figures that grew, a finish reason, a
   * piece of something that is collected. False for what only shows that the connection lives, however often it comes and
   * whatever its name: heartbeats, empty deltas, and what was said before. Asked only where the parts of the event say nothing.
   */
  isProgress(): boolean;
  /** The body ended well before `read` said that the answer is complete: adds `end`, or throws `upstream_truncated`. */
  finish(out: PredictPart[]): void;
  /** Asked for `end` when it is read, where something must still be found out for it, such as an estimate of usage. */
  settle?(end: EndPart): EndPart | Promise<EndPart>;
  /** The vendor answered with one JSON body although a stream was asked for: adds all parts of it. */
  whole(answer: WholeAnswer, out: PredictPart[]): void;
}

/** True for an event under a name that chunks do not have on wires without names of events: a heartbeat's, or a proxy's. */
export function isForeignEvent(event: string): boolean {
  return event !== '' && event !== 'message' && event !== 'error';
}

/** What a stream is made of. */
export interface PartStreamOptions {
  readonly caller: HttpCaller;
  readonly signal: AbortSignal;
  readonly limits: ProviderLimits;
  /** Asked at the first `next()`. A promise only where credentials must be fetched first. */
  readonly prepare: () => PreparedStream | Promise<PreparedStream>;
  /** The failure that an answer with a status of failure means. */
  readonly failure: (answer: WholeAnswer) => SluiceError;
}

/** A call that is ready to be sent, and what will read its answer. */
export interface PreparedStream {
  readonly call: HttpCall;
  readonly reader: StreamReader;
}

/** The parts of one answer; see PartStream. */
export function streamParts(options: PartStreamOptions): AsyncIterableIterator<PredictPart> {
  return new PartStream(options);
}

type Result = IteratorResult<PredictPart, undefined>;
const done: Result = Object.freeze({ done: true, value: undefined });

/**
 * Nothing is sent before the first `next()`. Bytes are parsed as they arrive until `maxBufferedParts` parts wait; then
 * parsing stops within the chunk and the socket is paused, so that what is held is that many parts and the bytes already
 * read from the socket. Once half of the parts are read, parsing goes on.
 *
 * A failure of the upstream comes after the parts that arrived before it; an abort of the signal comes at once, instead of
 * them. `return()` closes the connection. A `next()` while another waits is answered after it.
 */
class PartStream implements AsyncIterableIterator<PredictPart>, AnswerSink {
  readonly #options: PartStreamOptions;
  #state: 'new' | 'open' | 'body-ended' | 'over' = 'new';
  #exchange: HttpExchange | undefined;
  #reader: StreamReader | undefined;
  #target: string | undefined;
  #parser: SseParser;
  readonly #joiner: SurrogateJoiner = new SurrogateJoiner();
  #parts: PredictPart[] = [];
  #head: number = 0;
  #failure: SluiceError | undefined;
  #waiter: { resolve(result: Result | Promise<Result>): void; reject(error: SluiceError): void } | undefined;
  #waiting: Promise<Result> | undefined;
  /** Set when the body is not a stream of events but something to be read whole: an error, or JSON. */
  #whole: { status: number; headers: IncomingHttpHeaders; chunks: Buffer[]; bytes: number } | undefined;
  #isPumping: boolean = false;
  /** Parsing has stopped because enough parts wait. */
  #isHeld: boolean = false;
  /** A part has been read: from then on idleMs applies to the events, before it firstTokenMs. */
  #hasBegun: boolean = false;

  constructor(options: PartStreamOptions) {
    this.#options = options;
    this.#parser = new SseParser(options.limits.maxLineBytes);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#waiting !== undefined) return this.#waiting.then(() => this.next());
    if (this.#state === 'new') this.#start();
    const { maxBufferedParts } = this.#options.limits;
    if (this.#isHeld && this.#parts.length - this.#head <= maxBufferedParts / 2) this.#pump();
    const part = this.#shift();
    if (part !== undefined) return Promise.resolve(this.#handOut(part));
    if (this.#state === 'over') {
      const failure = this.#failure;
      this.#failure = undefined;
      return failure === undefined ? Promise.resolve(done) : Promise.reject(failure);
    }
    this.#waiting = new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
    return this.#waiting;
  }

  return(): Promise<Result> {
    this.#parts = [];
    this.#head = 0;
    if (this.#state !== 'over') {
      this.#state = 'over';
      this.#exchange?.abort(new SluiceError('cancelled'));
    }
    this.#failure = undefined;
    this.#takeWaiter()?.resolve(done);
    return Promise.resolve(done);
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    const type = headers['content-type'] ?? '';
    if (!isSuccess(status) || type.includes('json') || type.includes('html')) {
      this.#whole = { status, headers, chunks: [], bytes: 0 };
    } else this.#reader?.head?.(headers);
  }

  onBytes(chunk: Buffer): void {
    if (this.#state !== 'open') return;
    if (this.#whole !== undefined) this.#collect(this.#whole, chunk);
    else {
      this.#parser.push(chunk);
      this.#pump();
    }
  }

  onEnd(): void {
    if (this.#state !== 'open') return;
    if (this.#whole !== undefined) this.#readWhole(this.#whole);
    else {
      this.#state = 'body-ended';
      this.#pump();
    }
  }

  onFail(error: SluiceError): void {
    if (this.#state !== 'open') return;
    if (this.#options.signal.aborted) {
      this.#parts = [];
      this.#head = 0;
      this.#end(error);
    } else if (this.#whole !== undefined) {
      // A cut error body is still an error with a status.
      if (isSuccess(this.#whole.status)) this.#end(error);
      else this.#readWhole(this.#whole);
    } else {
      this.#failure = error;
      this.#state = 'body-ended';
      this.#pump();
    }
  }

  /** Without a promise when there is nothing to wait for: the first `next()` then sends within its own turn. */
  #start(): void {
    this.#state = 'open';
    try {
      const prepared = this.#options.prepare();
      if (prepared instanceof Promise) {
        prepared.then(
          (ready) => this.#send(ready),
          (error: unknown) => this.#fail(error),
        );
      } else this.#send(prepared);
    } catch (error) {
      this.#fail(error);
    }
  }

  #send({ call, reader }: PreparedStream): void {
    if (this.#state !== 'open') return;
    this.#reader = reader;
    this.#target = call.target;
    this.#exchange = this.#options.caller.start(call, this);
  }

  /** Parses until enough parts wait or the bytes are used up, then hands a part to whoever waits. */
  #pump(): void {
    if (this.#isPumping) return; // `resume` below brought bytes at once: the loop sees them.
    this.#isPumping = true;
    try {
      while (this.#parse() && this.#isHeld) {
        this.#isHeld = false;
        this.#exchange?.resume();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isPumping = false;
    }
    this.#deliver();
  }

  /** True when all bytes are used up and more may come. */
  #parse(): boolean {
    const reader = this.#reader;
    if (reader === undefined || this.#state === 'over') return false;
    const { maxBufferedParts } = this.#options.limits;
    const parser = this.#parser;
    let hasProgress = false;
    while (this.#parts.length - this.#head < maxBufferedParts) {
      if (!parser.read()) {
        if (hasProgress && this.#hasBegun) this.#exchange?.renew();
        return this.#isOpenAtEndOfBytes(reader);
      }
      const before = this.#parts.length;
      const isComplete = reader.read(parser.event, parser.data, this.#parts);
      hasProgress ||= this.#hasProgress(reader, before);
      this.#joiner.join(this.#parts, before);
      if (this.#parts.length > 0) this.#hasBegun = true;
      if (isComplete) return this.#complete();
    }
    this.#isHeld = true;
    this.#exchange?.renew();
    this.#exchange?.pause();
    return false;
  }

  /** True when the event just read is a step of the answer: its parts from `before` on, or else what its reader says. */
  #hasProgress(reader: StreamReader, before: number): boolean {
    return saysSomething(this.#parts, before) || reader.isProgress();
  }

  /** All bytes that came are used up. When none can follow, this is where a stream without `end` is found out. */
  #isOpenAtEndOfBytes(reader: StreamReader): boolean {
    if (this.#state !== 'body-ended') return true;
    if (this.#failure === undefined && !this.#readLast(reader)) {
      const before = this.#parts.length;
      reader.finish(this.#parts);
      this.#joiner.join(this.#parts, before);
    }
    this.#state = 'over';
    return false;
  }

  /**
   * Reads an event whose blank line is missing at the end of a body that ended well. True when it was the end. Throws
   * `upstream_truncated` when what is there is not a whole event: then something was cut, whatever the HTTP framing says.
   */
  #readLast(reader: StreamReader): boolean {
    const parser = this.#parser;
    const last = parser.readLast();
    if (last === 'nothing') return false;
    if (last === 'fragment' || !isWholeEvent(parser.data)) {
      const upstream = this.#target === undefined ? {} : { upstream: { target: this.#target } };
      throw new SluiceError('upstream_truncated', { detail: 'the body ends within an event', ...upstream });
    }
    const before = this.#parts.length;
    const isComplete = reader.read(parser.event, parser.data, this.#parts);
    this.#joiner.join(this.#parts, before);
    return isComplete;
  }

  /** The reader has its `end`: a transport failure that comes now changes nothing. */
  #complete(): false {
    this.#state = 'over';
    this.#failure = undefined;
    this.#exchange?.drain();
    return false;
  }

  #shift(): PredictPart | undefined {
    const part = this.#parts[this.#head];
    if (part === undefined) return undefined;
    this.#head += 1;
    // Parts that were read are let go in one sweep, not one by one: a backlog that never empties must not keep them.
    if (this.#head * 2 >= this.#parts.length) {
      this.#parts.splice(0, this.#head);
      this.#head = 0;
    }
    return part;
  }

  /** Answers the waiting `next()`, when there is one and something to say. */
  #deliver(): void {
    if (this.#waiter === undefined) return;
    const part = this.#shift();
    if (part !== undefined) this.#takeWaiter()?.resolve(this.#handOut(part));
    else if (this.#state === 'over') {
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure === undefined) this.#takeWaiter()?.resolve(done);
      else this.#takeWaiter()?.reject(failure);
    }
  }

  #handOut(part: PredictPart): Result | Promise<Result> {
    const settled = part.type === 'end' ? (this.#reader?.settle?.(part) ?? part) : part;
    if (settled instanceof Promise) return settled.then((value) => ({ done: false, value }));
    return { done: false, value: settled };
  }

  #takeWaiter(): { resolve(result: Result | Promise<Result>): void; reject(error: SluiceError): void } | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    this.#waiting = undefined;
    return waiter;
  }

  /** Our side found the fault: parts that were read before it still come first. */
  #fail(error: unknown): void {
    const failure = toSluiceError(error);
    this.#state = 'over';
    this.#exchange?.abort(failure);
    this.#end(failure);
  }

  #end(failure: SluiceError | undefined): void {
    this.#state = 'over';
    this.#failure = failure;
    this.#deliver();
  }

  #collect(whole: { status: number; chunks: Buffer[]; bytes: number }, chunk: Buffer): void {
    const isError = !isSuccess(whole.status);
    const maxBytes = isError ? maxErrorBodyBytes : this.#options.limits.maxBodyBytes;
    whole.bytes += chunk.length;
    if (whole.bytes <= maxBytes) whole.chunks.push(chunk);
    else this.#exchange?.abort(bodyTooLong(maxBytes));
  }

  /** The body of a failure, or of a server that does not stream. */
  #readWhole(whole: { status: number; headers: IncomingHttpHeaders; chunks: Buffer[] }): void {
    const answer = { status: whole.status, headers: whole.headers, body: utf8TextOf(joined(whole.chunks)) };
    try {
      if (!isSuccess(whole.status)) throw this.#options.failure(answer);
      this.#reader?.whole(answer, this.#parts);
      this.#end(undefined);
    } catch (error) {
      this.#end(toSluiceError(error));
    }
  }
}

/** What was cut is not JSON any more: every event of every vendor is an object, or the mark of the end. */
function isWholeEvent(data: string): boolean {
  const text = data.trim();
  if (text === '[DONE]') return true;
  if (!text.startsWith('{') && !text.startsWith('[')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
