// Admission: how much may be under way at one time, over all keys and for each. Counts only; it never waits and queues nothing.

import { SluiceError } from '../core/error.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { defaultRetryAfterMs, type EdgeLimits } from './defaults.ts';

interface KeyLoad {
  requests: number;
  streams: number;
}

/** Counters with limits. Every `enter` that returned needs exactly one `leave`. The map holds only keys with calls under way. */
export class Admission {
  readonly #limits: EdgeLimits;
  readonly #metrics: Metrics;
  readonly #keys: Map<string, KeyLoad> = new Map();
  #requests: number = 0;
  #streams: number = 0;
  #bodyBytes: number = 0;

  constructor(limits: EdgeLimits, metrics: Metrics) {
    this.#limits = limits;
    this.#metrics = metrics;
  }

  /** Refuses with `overloaded` before anything is spent on a call, its credentials included. */
  checkCapacity(): void {
    if (this.#requests >= this.#limits.maxConcurrentRequests) throw overloaded('calls under way');
  }

  /** One more call of a key. Throws `overloaded` or `rate_limited`. */
  enterKey(keyId: string): void {
    this.checkCapacity();
    const load = this.#keys.get(keyId);
    if (load !== undefined && load.requests >= this.#limits.maxConcurrentRequestsPerKey) {
      throw new SluiceError('rate_limited', {
        message: `The API key has ${load.requests} calls under way, the most that it may have.`,
        retryAfterMs: defaultRetryAfterMs,
      });
    }
    this.#requests += 1;
    if (load === undefined) this.#keys.set(keyId, { requests: 1, streams: 0 });
    else load.requests += 1;
  }

  leaveKey(keyId: string): void {
    const load = this.#load(keyId);
    this.#requests -= 1;
    load.requests -= 1;
    if (load.requests === 0) this.#keys.delete(keyId);
  }

  /** One more open stream of a key that has entered. Throws `overloaded` or `too_many_streams`. */
  enterStream(keyId: string): void {
    if (this.#streams >= this.#limits.maxConcurrentStreams) throw overloaded('open streams');
    const load = this.#load(keyId);
    if (load.streams >= this.#limits.maxConcurrentStreamsPerKey) {
      throw new SluiceError('too_many_streams', {
        message: `The API key has ${load.streams} streams open, the most that it may have.`,
        retryAfterMs: defaultRetryAfterMs,
      });
    }
    load.streams += 1;
    this.#setStreams(this.#streams + 1);
  }

  leaveStream(keyId: string): void {
    this.#load(keyId).streams -= 1;
    this.#setStreams(this.#streams - 1);
  }

  /** Reserves memory for a piece of a body. Throws `overloaded` when all bodies together would hold too much. */
  holdBody(bytes: number): void {
    if (this.#bodyBytes + bytes > this.#limits.maxBufferedBodyBytes) throw overloaded('request bodies');
    this.#bodyBytes += bytes;
  }

  releaseBody(bytes: number): void {
    this.#bodyBytes -= bytes;
  }

  /** What is counted now: all zero when nothing is under way. */
  get load(): { requests: number; streams: number; bodyBytes: number; keys: number } {
    return { requests: this.#requests, streams: this.#streams, bodyBytes: this.#bodyBytes, keys: this.#keys.size };
  }

  #load(keyId: string): KeyLoad {
    const load = this.#keys.get(keyId);
    if (load === undefined) throw new SluiceError('internal', { detail: `key ${keyId} leaves without having entered` });
    return load;
  }

  #setStreams(count: number): void {
    this.#streams = count;
    this.#metrics.set('sluice_streams_open', [], count);
  }
}

function overloaded(what: string): SluiceError {
  return new SluiceError('overloaded', { detail: `too many ${what}`, retryAfterMs: defaultRetryAfterMs });
}
