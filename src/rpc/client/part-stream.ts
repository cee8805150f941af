// The reading end of a streamed answer: an async iterable that is fed by a transport and tells it how fast to go.

import { SluiceError } from '../../core/error.ts';
import type { PredictPart } from '../../core/predict.ts';

/** The transport behind a stream. */
export interface PartSource {
  /** The first `next()`: start the call. May throw; the stream then fails with it. */
  start(): void;
  /** The reader took a part: one more may come. */
  taken(): void;
  /** The reader is gone, or does not want the rest: stop the far side. Not called once the stream is over. */
  stop(): void;
  /** Called once, when the stream is over in whatever way. */
  over(): void;
}

interface Waiting {
  readonly resolve: (result: IteratorResult<PredictPart>) => void;
  readonly reject: (error: SluiceError) => void;
}

/**
 * Not started until the first `next()`; then open; over after `end`, a failure, or the reader's `return()`. Parts that arrived
 * before a failure of the far side are still delivered; when the reader itself stops (signal, deadline, return) they are not.
 */
export class PartStream implements AsyncIterableIterator<PredictPart> {
  #source: PartSource | undefined;
  #isStarted = false;
  #isOver = false;
  #queue: PredictPart[] = [];
  #waiting: Waiting[] = [];
  #failure: SluiceError | undefined;

  /** Connects the transport; before anybody reads. */
  feedFrom(source: PartSource): this {
    this.#source = source;
    return this;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** True when nothing more is expected from the transport. */
  get isOver(): boolean {
    return this.#isOver;
  }

  next(): Promise<IteratorResult<PredictPart>> {
    if (!this.#isStarted) this.#start();
    const part = this.#queue.shift();
    if (part !== undefined) {
      if (!this.#isOver) this.#source?.taken();
      return Promise.resolve({ done: false, value: part });
    }
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<PredictPart>> {
    const wasOpen = this.#isStarted && !this.#isOver;
    this.#isStarted = true;
    this.#queue = [];
    this.#failure = undefined;
    if (wasOpen) {
      this.#finish();
      this.#source?.stop();
    }
    this.#isOver = true;
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The transport received a part. */
  push(part: PredictPart): void {
    if (this.#isOver) return;
    const isLast = part.type === 'end';
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#queue.push(part);
    else {
      if (!isLast) this.#source?.taken();
      waiting.resolve({ done: false, value: part });
    }
    if (isLast) this.#finish();
  }

  /** The far side failed or the connection did. */
  fail(error: SluiceError): void {
    if (this.#isOver) return;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#failure = error;
    else waiting.reject(error);
    this.#finish();
  }

  /** The far side says that the stream is over. Without `end` before it, that is a truncated answer. */
  endReached(): void {
    this.fail(new SluiceError('upstream_truncated'));
  }

  /** The reader stops: its signal aborted or its deadline passed. What waits to be read is dropped. */
  abort(error: SluiceError): void {
    if (this.#isOver) return;
    this.#queue = [];
    this.fail(error);
    this.#source?.stop();
  }

  #start(): void {
    this.#isStarted = true;
    if (this.#isOver) return;
    try {
      this.#source?.start();
    } catch (error) {
      this.fail(error instanceof SluiceError ? error : new SluiceError('internal', { cause: error }));
    }
  }

  #finish(): void {
    this.#isOver = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { resolve } of waiting) resolve({ done: true, value: undefined });
    this.#source?.over();
  }
}
