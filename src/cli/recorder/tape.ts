// The bytes of one direction of an interaction as they came: bounded, with the size and time of each piece.

import type { Clock } from '../../ports/clock.ts';
import { maxRecordedBytes, maxRecordedPieces } from './defaults.ts';

/** One piece: how many bytes, and how many milliseconds after the first of the interaction. */
export type Piece = readonly [bytes: number, atMs: number];

/** Collects pieces. Never holds more than `maxRecordedBytes`. */
export class Tape {
  readonly pieces: Piece[] = [];
  /** Bytes that passed, kept or not. */
  totalBytes: number = 0;

  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #chunks: Buffer[] = [];
  #keptBytes: number = 0;

  constructor(clock: Clock, startedAtMs: number) {
    this.#clock = clock;
    this.#startedAtMs = startedAtMs;
  }

  /** False when not all that passed was kept. */
  get isWhole(): boolean {
    return this.#keptBytes === this.totalBytes;
  }

  /** Keeps a piece, or as much of it as fits. */
  add(chunk: Buffer): void {
    this.totalBytes += chunk.length;
    const kept = chunk.subarray(0, maxRecordedBytes - this.#keptBytes);
    if (kept.length === 0) return;
    this.#chunks.push(kept);
    this.#keptBytes += kept.length;
    const last = this.pieces.at(-1);
    if (this.pieces.length < maxRecordedPieces || last === undefined) {
      this.pieces.push([kept.length, Math.round(this.#clock.monotonicMs() - this.#startedAtMs)]);
    } else this.pieces[this.pieces.length - 1] = [last[0] + kept.length, last[1]];
  }

  /** What was kept, as one. */
  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
