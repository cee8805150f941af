// The vocabulary of the SQLite adapter: what is asked of the database and what comes back. Plain data, because it crosses a
// thread boundary.

/** A value that SQLite can store. Integers beyond 2^53 must be read as text. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** One statement with positional parameters (`?`). */
export interface SqlStatement {
  readonly sql: string;
  readonly params?: readonly SqlValue[];
}

/** A row by column name. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** What a written statement did. `rows` are those of a RETURNING clause. */
export interface SqlResult {
  /** Rows changed; for a statement with RETURNING, the rows returned. */
  readonly changes: number;
  readonly rows: readonly SqlRow[];
}

/** One call: statements that are written all or not at all, or one query. */
export type SqlRequest =
  | { readonly kind: 'write'; readonly statements: readonly SqlStatement[] }
  | { readonly kind: 'read'; readonly statement: SqlStatement };

/** Why a call failed. `unavailable` may pass if it is tried again; `statement` is a fault of ours. */
export interface SqlFailure {
  readonly kind: 'unique' | 'constraint' | 'unavailable' | 'unusable' | 'statement';
  readonly message: string;
}

/** How one call ended. */
export type SqlOutcome =
  | { readonly ok: true; readonly results: readonly SqlResult[] }
  | { readonly ok: false; readonly failure: SqlFailure };

/** What the thread is told when it starts. */
export interface ThreadData {
  readonly path: string;
  readonly migrations: readonly Migration[];
  /** Unix time that is recorded with the migrations. */
  readonly openedAtMs: number;
}

/** One step of the schema. Steps are only ever added: an applied one is never edited (its text is checked). */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** Messages to the thread. */
export type ToThread =
  | { readonly kind: 'batch'; readonly id: number; readonly requests: readonly SqlRequest[] }
  | { readonly kind: 'close' };

/** Messages from the thread. After `closed` it ends by itself. */
export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly failure: SqlFailure }
  | { readonly kind: 'batch'; readonly id: number; readonly outcomes: readonly SqlOutcome[] }
  | { readonly kind: 'closed' };
