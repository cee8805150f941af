// Port Authenticator: turns what a caller presents into who the caller is. Implemented in security/.

/** Who makes a call. */
export interface Principal {
  readonly tenantId: string;
  /** Id of the API key, safe to log. */
  readonly keyId: string;
}

/** Checks credentials without touching a store on the hot path. */
export interface Authenticator {
  /**
   * The principal of an API key. Synchronous for any key that was seen before; a promise only when a store must be asked.
   * Throws or rejects with `invalid_api_key`.
   */
  authenticate(apiKey: string): Principal | Promise<Principal>;
}
