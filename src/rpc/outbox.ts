// What waits to be written to one end of a multiplexed stream. Frames that become ready in the same turn of the event loop
// leave in one message: a gRPC message costs more than the frames in it.

import { maxBatchBytes } from './defaults.ts';

/** The writable half of a gRPC stream whose messages are bytes already. */
export interface FrameSink {
  /** False when the transport wants no more until `drain`. */
  write(message: Uint8Array): boolean;
  on(event: 'drain', listener: () => void): unknown;
}

/**
 * Frames are given encoded as a message that holds only them; since messages merge when they are concatenated (protobuf
 * encoding guide, "last one wins"), so do these. A frame waits at most for the end of the current turn of the loop.
 */
export class Outbox {
  readonly #sink: FrameSink;
  #frames: Uint8Array[] = [];
  #bytes = 0;
  #isScheduled = false;
  #isBlocked = false;
  #isClosed = false;
  #waiting: (() => void)[] = [];
  readonly #flushed = (): void => {
    this.#isScheduled = false;
    this.#flush();
  };

  constructor(sink: FrameSink) {
    this.#sink = sink;
    sink.on('drain', () => {
      this.#isBlocked = false;
      this.#flush();
    });
  }

  /** Bytes not yet handed to the transport. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  /** Takes a frame. Never refuses: whoever can wait asks `ready` first. */
  push(frame: Uint8Array): void {
    if (this.#isClosed) return;
    this.#frames.push(frame);
    this.#bytes += frame.byteLength;
    if (this.#isScheduled || this.#isBlocked) return;
    this.#isScheduled = true;
    setImmediate(this.#flushed);
  }

  /** Undefined when the transport keeps up; else a promise of when it does again, or of when the outbox is closed. */
  ready(): Promise<void> | undefined {
    if (this.#isClosed || (!this.#isBlocked && this.#bytes <= 2 * maxBatchBytes)) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Writes what waits, whatever the transport says: for the last frames before the stream is ended. */
  flushAll(): void {
    this.#isBlocked = false;
    while (this.#frames.length > 0) this.#sink.write(this.#nextBatch());
  }

  /** Drops what waits and takes nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#frames = [];
    this.#bytes = 0;
    this.#release();
  }

  #flush(): void {
    while (this.#frames.length > 0 && !this.#isBlocked) this.#isBlocked = !this.#sink.write(this.#nextBatch());
    if (!this.#isBlocked) this.#release();
  }

  #nextBatch(): Uint8Array {
    let count = 0;
    let bytes = 0;
    for (const frame of this.#frames) {
      if (count > 0 && bytes + frame.byteLength > maxBatchBytes) break;
      bytes += frame.byteLength;
      count += 1;
    }
    const batch = this.#frames.splice(0, count);
    this.#bytes -= bytes;
    const [only] = batch;
    return count === 1 && only !== undefined ? only : Buffer.concat(batch, bytes);
  }

  #release(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
