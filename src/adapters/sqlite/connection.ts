// One SQLite database as the writer thread holds it: a connection that writes batches in one commit each, and a read-only one
// beside it. Synchronous; knows nothing of threads.

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import {
  busyTimeoutMs,
  maxPreparedStatements,
  maxRowsPerRead,
  openAttempts,
  openBusyTimeoutMs,
  openPauseMs,
} from './defaults.ts';
import { failureOf, isBusy, UnusableDatabase } from './failure.ts';
import { migrate } from './migrate.ts';
import type { SqlFailure, SqlOutcome, SqlRequest, SqlResult, SqlRow, SqlStatement, ThreadData } from './sql.ts';

/** An open database. */
export interface Connection {
  /**
   * Runs a batch: first the reads, then all writes in one transaction. When it returns, the writes reported as ok are on the
   * disk (WAL with `synchronous=FULL`: the commit waits for fsync). A write that fails takes no other with it. Reads see
   * what was committed before the batch, by any process.
   */
  run(requests: readonly SqlRequest[]): SqlOutcome[];
  close(): void;
}

/**
 * Opens, checks and migrates; tries again for a while where another connection is opening or closing the file. Throws what
 * `failureOf` understands. `pause` blocks the thread.
 */
export function openConnection(data: ThreadData, pause: (pauseMs: number) => void = block): Connection {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return openOnce(data);
    } catch (error) {
      if (attempt >= openAttempts || !isBusy(error)) throw error;
      pause(openPauseMs);
    }
  }
}

/** The writer thread has nothing else to do. */
function block(pauseMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
}

function openOnce({ path, migrations, openedAtMs }: ThreadData): Connection {
  const writer = new DatabaseSync(path, { timeout: openBusyTimeoutMs, defensive: true });
  try {
    useWal(writer);
    migrate(writer, migrations, openedAtMs);
    writer.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    const reader = new DatabaseSync(path, { timeout: busyTimeoutMs, readOnly: true });
    return connect(writer, reader);
  } catch (error) {
    writer.close();
    throw error;
  }
}

function connect(writer: DatabaseSync, reader: DatabaseSync): Connection {
  const prepareWrite = createPreparer(writer);
  const prepareRead = createPreparer(reader);
  return {
    run(requests) {
      const outcomes = new Map<SqlRequest, SqlOutcome>();
      for (const request of requests) {
        if (request.kind === 'read')
          outcomes.set(
            request,
            attempt(() => [read(prepareRead, request.statement)]),
          );
      }
      const writes = requests.filter((request) => request.kind === 'write');
      if (writes.length > 0) commitTogether(writer, prepareWrite, writes, outcomes);
      return requests.map((request) => outcomes.get(request) ?? unanswered);
    },
    close() {
      reader.close();
      writer.exec('PRAGMA optimize');
      writer.close();
    },
  };
}

type Write = Extract<SqlRequest, { kind: 'write' }>;
type Prepare = (sql: string) => Prepared;

interface Prepared {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
}

/** Stands where an outcome was forgotten; never seen unless this file is wrong. */
const unanswered: SqlOutcome = { ok: false, failure: { kind: 'statement', message: 'the request was not run' } };

/** Waits for every other writer of the file, then writes all requests and commits once. */
function commitTogether(
  db: DatabaseSync,
  prepare: Prepare,
  writes: readonly Write[],
  outcomes: Map<SqlRequest, SqlOutcome>,
): void {
  try {
    db.exec('BEGIN IMMEDIATE');
    for (const request of writes) {
      outcomes.set(request, writeOne(db, prepare, request.statements));
      // A full disk makes SQLite roll the whole transaction back by itself: then nothing of this batch is stored.
      if (!db.isTransaction) throw new Error('the transaction was rolled back', { cause: outcomes.get(request) });
    }
    db.exec('COMMIT');
  } catch (error) {
    const failure: SqlFailure = { kind: 'unavailable', message: failureOf(error).message };
    for (const request of writes) outcomes.set(request, { ok: false, failure });
    if (db.isTransaction) db.exec('ROLLBACK');
  }
}

/** All statements or none. One statement is atomic by itself; several need a savepoint inside the shared transaction. */
function writeOne(db: DatabaseSync, prepare: Prepare, statements: readonly SqlStatement[]): SqlOutcome {
  if (statements.length === 1) return attempt(() => statements.map((statement) => write(prepare, statement)));
  db.exec('SAVEPOINT request');
  const outcome = attempt(() => statements.map((statement) => write(prepare, statement)));
  if (!db.isTransaction) return outcome;
  if (!outcome.ok) db.exec('ROLLBACK TO request');
  db.exec('RELEASE request');
  return outcome;
}

function write(prepare: Prepare, { sql, params = [] }: SqlStatement): SqlResult {
  const { statement, returnsRows } = prepare(sql);
  if (!returnsRows) return { changes: Number(statement.run(...params).changes), rows: [] };
  const rows = statement.all(...params).map(plain);
  return { changes: rows.length, rows };
}

function read(prepare: Prepare, { sql, params = [] }: SqlStatement): SqlResult {
  const rows: SqlRow[] = [];
  for (const row of prepare(sql).statement.iterate(...params)) {
    if (rows.length === maxRowsPerRead) throw new Error(`a read returned more than ${maxRowsPerRead} rows: page it`);
    rows.push(plain(row));
  }
  return { changes: 0, rows };
}

function plain(row: Record<string, unknown>): SqlRow {
  return { ...row } as SqlRow;
}

function attempt(run: () => SqlResult[]): SqlOutcome {
  try {
    return { ok: true, results: run() };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}

/** Keeps the statements used most recently. */
function createPreparer(db: DatabaseSync): Prepare {
  const prepared = new Map<string, Prepared>();
  return (sql) => {
    let found = prepared.get(sql);
    if (found === undefined) {
      const statement = db.prepare(sql);
      found = { statement, returnsRows: statement.columns().length > 0 };
      const oldest = prepared.keys().next().value;
      if (prepared.size >= maxPreparedStatements && oldest !== undefined) prepared.delete(oldest);
    } else {
      prepared.delete(sql);
    }
    prepared.set(sql, found);
    return found;
  };
}

function useWal(db: DatabaseSync): void {
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
  if (mode !== 'wal') {
    throw new UnusableDatabase(`the file system does not allow write-ahead logging (journal mode is ${String(mode)})`);
  }
  db.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;');
}
