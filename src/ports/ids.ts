// Port Ids: fresh identifiers and secrets, so that tests can foresee them.

/** Makes identifiers. */
export interface Ids {
  /** `prefix` + 26 characters that sort by time (Crockford base 32 of a UUIDv7-like value): `req_01J…`. */
  next(prefix: string): string;

  /** `bytes` cryptographically random bytes. */
  randomBytes(bytes: number): Uint8Array;

  /** A float in [0, 1), not for secrets: jitter, sampling, load spreading. */
  random(): number;
}
