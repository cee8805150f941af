// How a vendor's table of failures is read. A row says what it looks like and its reason, and nothing else: whether to try again, and
// where, follows from the reason alone (core/error-catalogue.ts).

import type { ErrorReason } from '../../core/error-catalogue.ts';
import type { VendorError } from './vendor-error.ts';

/** One row: it matches when all that it names is so. A row that names nothing matches everything. */
export interface VerdictRow {
  readonly reason: ErrorReason;
  /** Any of these statuses, or of this class of them. */
  readonly status?: readonly number[] | '4xx' | '5xx';
  /** The vendor's code or its type is one of these, or like this. */
  readonly word?: ReadonlySet<string> | RegExp;
  /** The message has these words. No message is an empty one. */
  readonly message?: RegExp;
}

/** The reason of the first row that matches. Throws where none does: a table ends with a row for all the rest. */
export function reasonBy(table: readonly VerdictRow[], said: VendorError): ErrorReason {
  for (const row of table) if (matches(row, said)) return row.reason;
  throw new Error('a table of failures has no last row');
}

function matches({ status, word, message }: VerdictRow, said: VendorError): boolean {
  if (status !== undefined && !hasStatus(status, said.status)) return false;
  if (word !== undefined && !isWord(word, said.code) && !isWord(word, said.type)) return false;
  return message === undefined || message.test(said.message ?? '');
}

function hasStatus(wanted: readonly number[] | '4xx' | '5xx', status: number): boolean {
  if (wanted === '4xx') return status >= 400 && status < 500;
  return wanted === '5xx' ? status >= 500 : wanted.includes(status);
}

function isWord(wanted: ReadonlySet<string> | RegExp, word: string | undefined): boolean {
  if (word === undefined) return false;
  return wanted instanceof RegExp ? wanted.test(word) : wanted.has(word);
}
