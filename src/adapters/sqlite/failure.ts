// What an error of SQLite means for whoever called: decided here once, by the result code (sqlite.org/rescode.html).

import type { SqlFailure } from './sql.ts';

/** A database that will not become usable by waiting: not ours, made by a newer version, on an unfit file system. */
export class UnusableDatabase extends Error {
  override readonly name: string = 'UnusableDatabase';
}

/** Primary result codes. */
const busy = 5;
const constraint = 19;
const notADatabase = 26;
/** BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, AUTH. */
const environmental: ReadonlySet<number> = new Set([5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 23]);
/** Extended result codes of a broken UNIQUE or PRIMARY KEY. */
const unique: ReadonlySet<number> = new Set([2067, 1555, 2579]);

/** True where another connection is in the way. */
export function isBusy(error: unknown): boolean {
  return (codeOf(error) & 0xff) === busy;
}

function codeOf(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : 0;
}

/** The failure behind anything thrown. */
export function failureOf(error: unknown): SqlFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UnusableDatabase) return { kind: 'unusable', message };
  const code = codeOf(error);
  const primary = code & 0xff;
  if (primary === notADatabase) return { kind: 'unusable', message: 'the file is not a SQLite database' };
  if (primary === constraint) return { kind: unique.has(code) ? 'unique' : 'constraint', message };
  return { kind: environmental.has(primary) ? 'unavailable' : 'statement', message };
}
