// SQLite for the main thread: a bounded queue of calls in front of one writer thread, which commits them in groups. Never
// waits for the disk itself.

import { SluiceError } from '../../core/error.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { createDatabaseFile } from './database-file.ts';
import {
  closeTimeoutMs,
  firstRestartDelayMs,
  maxBatchesInFlight,
  maxQueuedBytes,
  maxQueuedRequests,
  maxRequestsPerBatch,
  maxRestartDelayMs,
  stuckAfterMs,
} from './defaults.ts';
import { migrations as allMigrations } from './migrations.ts';
import type {
  FromThread,
  Migration,
  SqlFailure,
  SqlOutcome,
  SqlRequest,
  SqlResult,
  SqlRow,
  SqlStatement,
  SqlValue,
} from './sql.ts';
import { type StartThread, startThread, type Thread } from './thread.ts';

/**
 * A database shared by everything in this process, and safely with other processes. Every method rejects with
 * `store_unavailable` when the database cannot be reached, the queue is full or the database is closed.
 */
export interface Database {
  /**
   * Runs the statements in one transaction: all or none, durable when it resolves (on the disk, not only in its cache).
   * Rejects with `already_exists` when a unique key exists. After `store_unavailable` the outcome may be unknown, so a caller
   * that tries again must be idempotent. The statements must not begin or end transactions.
   */
  write(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]>;

  /** Runs one query. Sees every write that resolved before. At most maxRowsPerRead rows: page by key beyond. */
  read(sql: string, params?: readonly SqlValue[]): Promise<readonly SqlRow[]>;

  /** Finishes what is queued, closes the file and ends the thread. Later calls are refused. */
  close(): Promise<void>;
}

/** See openDatabase. */
export interface DatabaseOptions {
  /** Of the file; it and its folder are made when missing, readable by the owner only. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Default: the schema of this version. */
  readonly migrations?: readonly Migration[];
}

/**
 * Opens the database and brings its schema up to date. Rejects with `config_invalid` when the file is not ours or was made by
 * a newer version, with `store_unavailable` when it cannot be opened now. Tests pass their own `start` to fail the thread.
 */
export async function openDatabase(options: DatabaseOptions, start: StartThread = startThread): Promise<Database> {
  createDatabaseFile(options.path);
  const database = new ThreadedDatabase(options, start);
  await database.open();
  return database;
}

interface Call {
  readonly request: SqlRequest;
  readonly bytes: number;
  readonly resolve: (results: readonly SqlResult[]) => void;
  readonly reject: (error: SluiceError) => void;
}

interface Batch {
  readonly calls: readonly Call[];
  readonly watchdog: Timer;
}

/**
 * opening → open: the thread answered `ready`. open → down: the thread died or was stuck; calls in flight and queued are
 * rejected, new ones refused at once, and a new thread is started after a delay that doubles. down → open: the new thread
 * answered `ready`. Any → closing → closed by close(); nothing leaves closed.
 */
type State = 'opening' | 'open' | 'down' | 'closing' | 'closed';

class ThreadedDatabase implements Database {
  readonly #options: DatabaseOptions;
  readonly #startThread: StartThread;
  readonly #migrations: readonly Migration[];
  #state: State = 'opening';
  #thread: Thread | undefined;
  readonly #queue: Call[] = [];
  #queuedBytes = 0;
  readonly #inFlight: Map<number, Batch> = new Map();
  #lastBatchId = 0;
  #pumpScheduled = false;
  #restartDelayMs: number = firstRestartDelayMs;
  #restartTimer: Timer | undefined;
  #drained: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: DatabaseOptions, start: StartThread) {
    this.#options = options;
    this.#startThread = start;
    this.#migrations = options.migrations ?? allMigrations;
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#start((failure) => {
        if (failure === undefined) return resolve();
        this.#state = 'closed';
        reject(openingError(this.#options.path, failure));
      });
    });
  }

  write(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]> {
    return this.#enqueue({ kind: 'write', statements }, bytesOf(statements));
  }

  async read(sql: string, params: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    const statement = { sql, params };
    const results = await this.#enqueue({ kind: 'read', statement }, bytesOf([statement]));
    return results[0]?.rows ?? [];
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#restartTimer?.cancel();
    const thread = this.#thread;
    this.#state = 'closing';
    if (thread !== undefined) await this.#endThread(thread);
    this.#state = 'closed';
    this.#rejectAll('the database was closed');
  }

  async #endThread(thread: Thread): Promise<void> {
    const { promise: gaveUp, resolve: giveUp } = Promise.withResolvers<void>();
    const timer = this.#options.clock.setTimer(closeTimeoutMs, () => {
      this.#options.log.error({ path: this.#options.path }, 'the store did not close in time; its thread is ended');
      thread.kill();
      giveUp();
    });
    const ended = this.#whenDrained().then(() => {
      thread.post({ kind: 'close' });
      return thread.exited;
    });
    await Promise.race([ended, gaveUp]);
    timer.cancel();
  }

  #enqueue(request: SqlRequest, bytes: number): Promise<readonly SqlResult[]> {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal(bytes);
      if (refusal !== undefined) return reject(refusal);
      this.#queue.push({ request, bytes, resolve, reject });
      this.#queuedBytes += bytes;
      this.#schedulePump();
    });
  }

  #refusal(bytes: number): SluiceError | undefined {
    if (this.#state !== 'open') {
      return this.#state === 'down'
        ? unavailable('the database thread is being restarted', maxRestartDelayMs)
        : unavailable(`the database is ${this.#state}`);
    }
    if (this.#queue.length >= maxQueuedRequests) return unavailable('the queue of the database is full', 1_000);
    if (this.#queuedBytes + bytes > maxQueuedBytes) return unavailable('the queue holds too many bytes', 1_000);
    return undefined;
  }

  /** Waits for the end of this turn of the loop, so that callers who wake together share a commit. */
  #schedulePump(): void {
    if (this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    setImmediate(() => {
      this.#pumpScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#thread !== undefined && this.#queue.length > 0 && this.#inFlight.size < maxBatchesInFlight) {
      const calls = this.#queue.splice(0, maxRequestsPerBatch);
      for (const call of calls) this.#queuedBytes -= call.bytes;
      this.#lastBatchId += 1;
      const thread = this.#thread;
      const watchdog = this.#options.clock.setTimer(stuckAfterMs, () => this.#onStuck(thread));
      this.#inFlight.set(this.#lastBatchId, { calls, watchdog });
      thread.post({ kind: 'batch', id: this.#lastBatchId, requests: calls.map((call) => call.request) });
    }
    if (this.#queue.length === 0 && this.#inFlight.size === 0) this.#drained?.();
  }

  #whenDrained(): Promise<void> {
    if (this.#queue.length === 0 && this.#inFlight.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  /** `opened` is called once: with nothing when the thread is ready, with the failure when it will not be. */
  #start(opened: (failure?: SqlFailure) => void): void {
    const { path, clock } = this.#options;
    let answered = false;
    const answer = (failure?: SqlFailure): void => {
      if (answered) return;
      answered = true;
      opened(failure);
    };
    const thread = this.#startThread({ path, migrations: this.#migrations, openedAtMs: clock.now() }, (message) => {
      if (message.kind === 'ready') {
        if (this.#state === 'opening' || this.#state === 'down') this.#state = 'open';
        answer();
      } else if (message.kind === 'refused') answer(message.failure);
      else if (message.kind === 'batch') this.#onBatch(message);
    });
    this.#thread = thread;
    void thread.exited.then((reason) => {
      answer({ kind: 'unavailable', message: reason });
      if (this.#thread !== thread) return; // given up as stuck before
      this.#thread = undefined;
      if (this.#state === 'open') this.#onDown(reason);
      else if (this.#state === 'closing') this.#rejectAll(reason);
    });
  }

  #onBatch({ id, outcomes }: Extract<FromThread, { kind: 'batch' }>): void {
    const batch = this.#inFlight.get(id);
    if (batch === undefined) return; // given up as stuck before
    this.#inFlight.delete(id);
    batch.watchdog.cancel();
    for (const [at, call] of batch.calls.entries()) settle(call, outcomes[at]);
    this.#restartDelayMs = firstRestartDelayMs;
    this.#pump();
  }

  #onStuck(thread: Thread): void {
    if (this.#thread !== thread) return;
    thread.kill(); // a thread inside a system call ends only after it: nobody waits for that
    this.#thread = undefined;
    if (this.#state === 'open') this.#onDown(`the store did not answer for ${stuckAfterMs} ms`);
    else this.#rejectAll('the store does not answer');
  }

  #onDown(reason: string): void {
    this.#state = 'down';
    this.#options.log.error({ path: this.#options.path, reason }, 'the store is down; its thread is started again');
    this.#rejectAll(reason);
    this.#scheduleRestart();
  }

  #scheduleRestart(): void {
    const delayMs = this.#restartDelayMs;
    this.#restartDelayMs = Math.min(delayMs * 2, maxRestartDelayMs);
    this.#restartTimer = this.#options.clock.setTimer(delayMs, () => {
      this.#start((failure) => {
        if (failure === undefined) this.#options.log.info({ path: this.#options.path }, 'the store is back');
        else if (this.#state === 'down') this.#scheduleRestart();
      });
    });
  }

  #rejectAll(reason: string): void {
    for (const batch of this.#inFlight.values()) {
      batch.watchdog.cancel();
      for (const call of batch.calls) call.reject(unavailable(`${reason}; whether the call took effect is unknown`));
    }
    this.#inFlight.clear();
    for (const call of this.#queue.splice(0)) call.reject(unavailable(reason));
    this.#queuedBytes = 0;
    this.#drained?.();
  }
}

function settle(call: Call, outcome: SqlOutcome | undefined): void {
  if (outcome === undefined)
    call.reject(new SluiceError('internal', { detail: 'a batch came back without an outcome' }));
  else if (outcome.ok) call.resolve(outcome.results);
  else call.reject(errorOf(outcome.failure));
}

function errorOf({ kind, message }: SqlFailure): SluiceError {
  if (kind === 'unique') return new SluiceError('already_exists', { detail: message });
  if (kind === 'constraint' || kind === 'statement')
    return new SluiceError('internal', { detail: `sqlite: ${message}` });
  return unavailable(message, 1_000);
}

function openingError(path: string, { kind, message }: SqlFailure): SluiceError {
  const reason = kind === 'unavailable' ? 'store_unavailable' : 'config_invalid';
  return new SluiceError(reason, { message: `The store ${path} cannot be opened: ${message}.` });
}

function unavailable(detail: string, retryAfterMs?: number): SluiceError {
  return new SluiceError('store_unavailable', { detail, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}

/** A cheap estimate: what grows with the caller's data is counted, the fixed cost of a call is not. */
function bytesOf(statements: readonly SqlStatement[]): number {
  let bytes = 0;
  for (const { params = [] } of statements) {
    for (const value of params) {
      if (typeof value === 'string') bytes += 2 * value.length;
      else if (value instanceof Uint8Array) bytes += value.byteLength;
    }
  }
  return bytes;
}
