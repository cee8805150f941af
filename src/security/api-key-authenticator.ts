// Port Authenticator over API keys: all keys are held in memory by their hash, so that a call costs one SHA-256 and no store.

import { SluiceError } from '../core/error.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../ports/api-keys.ts';
import type { Authenticator, Principal } from '../ports/authenticator.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { hashApiKey, looksLikeApiKey } from './api-key.ts';
import { defaultRefreshMs, maxUnknownKeys, maxWaitingCallers, minRefreshIntervalMs, unknownKeyMs } from './defaults.ts';

/** See createApiKeyAuthenticator. */
export interface ApiKeyAuthenticatorOptions {
  readonly store: ApiKeyStore;
  readonly clock: Clock;
  readonly log: Log;
  /** How often the store is asked whether keys changed. Default 500 ms. */
  readonly refreshMs?: number;
}

/** An Authenticator that follows its store. */
export interface ApiKeyAuthenticator extends Authenticator {
  /** Reads all keys and begins to follow changes. Rejects with `store_unavailable`. */
  start(): Promise<void>;
  /** Stops following; a read under way is awaited. Known keys still work. */
  close(): Promise<void>;
}

/**
 * Keys that were made, revoked or changed by any process take effect within `refreshMs` and one read of the store; expiry
 * takes effect at once. While the store is unreachable, known keys go on working, and an unknown key is answered with
 * `store_unavailable` rather than `invalid_api_key`, because nobody can tell.
 */
export function createApiKeyAuthenticator(options: ApiKeyAuthenticatorOptions): ApiKeyAuthenticator {
  return new StoreFollower(options);
}

interface KnownKey {
  readonly record: ApiKeyRecord;
  readonly principal: Principal;
}

class StoreFollower implements ApiKeyAuthenticator {
  readonly #store: ApiKeyStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #refreshMs: number;
  #known: ReadonlyMap<string, KnownKey> = new Map();
  #version: number | undefined;
  /** Hashes of well-formed keys that did not exist, with the monotonic time until which nobody asks again. Oldest first. */
  readonly #unknown: Map<string, number> = new Map();
  #refreshing: Promise<void> | undefined;
  /** The refresh that begins after the one under way: callers who came too late for that one share it. */
  #next: Promise<void> | undefined;
  #waiting = 0;
  #lastRefreshAtMs = Number.NEGATIVE_INFINITY;
  #pollTimer: Timer | undefined;
  #storeIsDown = false;
  #closed = false;
  readonly #delays: Set<() => void> = new Set();

  constructor({ store, clock, log, refreshMs = defaultRefreshMs }: ApiKeyAuthenticatorOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#refreshMs = refreshMs;
  }

  async start(): Promise<void> {
    await this.#refresh();
    this.#schedulePoll();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#pollTimer?.cancel();
    for (const end of this.#delays) end();
    await Promise.allSettled([this.#refreshing, this.#next]);
  }

  authenticate(apiKey: string): Principal | Promise<Principal> {
    const hash = hashApiKey(apiKey);
    const known = this.#known.get(hash);
    if (known !== undefined) return this.#admit(known);
    if (!looksLikeApiKey(apiKey) || this.#isKnownToBeUnknown(hash)) throw new SluiceError('invalid_api_key');
    return this.#lookUp(hash);
  }

  #admit({ record, principal }: KnownKey): Principal {
    if (record.revokedAtMs !== undefined) {
      throw new SluiceError('invalid_api_key', { message: 'The API key was revoked.', detail: record.id });
    }
    if (record.expiresAtMs !== undefined && record.expiresAtMs <= this.#clock.now()) {
      throw new SluiceError('invalid_api_key', { message: 'The API key has expired.', detail: record.id });
    }
    return principal;
  }

  #isKnownToBeUnknown(hash: string): boolean {
    const untilMs = this.#unknown.get(hash);
    return untilMs !== undefined && this.#clock.monotonicMs() < untilMs;
  }

  /** A key made a moment ago, perhaps by another process: it may be in the store though the last poll did not see it. */
  async #lookUp(hash: string): Promise<Principal> {
    if (this.#waiting >= maxWaitingCallers) throw new SluiceError('overloaded', { retryAfterMs: minRefreshIntervalMs });
    this.#waiting += 1;
    try {
      await this.#refreshFromNow();
    } finally {
      this.#waiting -= 1;
    }
    const known = this.#known.get(hash);
    if (known !== undefined) return this.#admit(known);
    this.#rememberUnknown(hash);
    throw new SluiceError('invalid_api_key');
  }

  #rememberUnknown(hash: string): void {
    const oldest = this.#unknown.keys().next().value;
    if (this.#unknown.size >= maxUnknownKeys && oldest !== undefined) this.#unknown.delete(oldest);
    this.#unknown.delete(hash);
    this.#unknown.set(hash, this.#clock.monotonicMs() + unknownKeyMs);
  }

  /** A refresh that begins after this call. One under way does not count: it may have read before the key was made. */
  #refreshFromNow(): Promise<void> {
    this.#next ??= (async () => {
      await this.#untilAllowed();
      while (this.#refreshing !== undefined) await this.#refreshing.catch(() => {}); // its own caller reports it
      this.#next = undefined;
      await this.#refresh();
    })();
    return this.#next;
  }

  /** Unknown keys cost anyone nothing to make up: they must not cost the store more than a few reads a second. */
  async #untilAllowed(): Promise<void> {
    const delayMs = this.#lastRefreshAtMs + minRefreshIntervalMs - this.#clock.monotonicMs();
    if (delayMs <= 0 || this.#closed) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.#delays.delete(end);
        resolve();
      };
      const timer = this.#clock.setTimer(delayMs, end);
      this.#delays.add(end);
    });
  }

  /** Reads the keys again when their version moved. Never two at a time. */
  #refresh(): Promise<void> {
    this.#refreshing ??= this.#readStore().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #readStore(): Promise<void> {
    this.#lastRefreshAtMs = this.#clock.monotonicMs();
    try {
      // The version is read first: a change between the two reads is seen again by the next refresh, never missed.
      const version = await this.#store.version();
      if (version !== this.#version) {
        this.#known = indexByHash(await this.#store.list());
        this.#version = version;
        this.#unknown.clear();
      }
      if (this.#storeIsDown) this.#log.info({}, 'the store of API keys is reachable again');
      this.#storeIsDown = false;
    } catch (error) {
      if (!this.#storeIsDown)
        this.#log.warn(
          { error, known: this.#known.size },
          'the store of API keys cannot be reached; known keys go on working',
        );
      this.#storeIsDown = true;
      throw error;
    }
  }

  #schedulePoll(): void {
    if (this.#closed) return;
    this.#pollTimer = this.#clock.setTimer(this.#refreshMs, () => {
      const again = (): void => this.#schedulePoll();
      this.#refresh().then(again, again); // a failure was logged
    });
  }
}

function indexByHash(records: readonly ApiKeyRecord[]): ReadonlyMap<string, KnownKey> {
  const principalOf = (record: ApiKeyRecord): Principal => ({ tenantId: record.tenantId, keyId: record.id });
  return new Map(records.map((record) => [record.hash, { record, principal: principalOf(record) }]));
}
