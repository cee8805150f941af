// Port ApiKeyStore: where API keys are kept durably. Only hashes are stored; the key itself is shown once, when it is made.

/** A stored key. */
export interface ApiKeyRecord {
  /** `key_…`, safe to show. */
  readonly id: string;
  /** What the operator called it. Not unique. */
  readonly name: string;
  readonly tenantId: string;
  /** SHA-256 of the whole key, lower-case hex. */
  readonly hash: string;
  /** First characters of the key, to recognise it by: `sk-sluice-AbCd`. */
  readonly hint: string;
  readonly createdAtMs: number;
  /** When the key stopped or stops being valid. */
  readonly expiresAtMs?: number;
  readonly revokedAtMs?: number;
}

/** Keeps keys. Rejects with `store_unavailable` when the store cannot be reached. */
export interface ApiKeyStore {
  /** Durable when it resolves. */
  add(record: ApiKeyRecord): Promise<void>;

  /** All keys, revoked ones included, oldest first. */
  list(): Promise<readonly ApiKeyRecord[]>;

  /** Marks a key as revoked; `not_found` when there is none. Revoking again changes nothing. Returns the record as stored. */
  revoke(id: string, revokedAtMs: number): Promise<ApiKeyRecord>;

  /**
   * A number that grows with every change by any process, cheap to read: whoever caches the list re-reads it when the
   * number differs.
   */
  version(): Promise<number>;
}
