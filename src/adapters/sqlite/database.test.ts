import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { SluiceError } from '../../core/error.ts';
import type { ErrorReason } from '../../core/error-catalogue.ts';
import { type Database, type DatabaseOptions, openDatabase } from './database.ts';
import { maxQueuedRequests, stuckAfterMs } from './defaults.ts';
import type { FromThread, Migration, ToThread } from './sql.ts';
import { startThread, type Thread } from './thread.ts';

const migrations: readonly Migration[] = [
  { name: 'notes', sql: 'CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, bytes BLOB) STRICT' },
];

interface Setup {
  readonly dir: string;
  readonly options: DatabaseOptions;
  readonly clock: FakeClock;
  readonly log: ReturnType<typeof createRecordingLog>;
  /** Opens the database with a thread that the test can reach. */
  open(): Promise<{ database: Database; threads: Thread[] }>;
}

/** Runs a test in its own folder and closes what it opened. */
async function withSetup(run: (setup: Setup) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-db-'));
  const clock = new FakeClock();
  const log = createRecordingLog();
  const options = { path: join(dir, 'sub', 'sluice.db'), clock, log, migrations };
  const opened: Database[] = [];
  const open: Setup['open'] = async () => {
    const threads: Thread[] = [];
    const database = await openDatabase(options, (data, onMessage) => {
      const thread = startThread(data, onMessage);
      threads.push(thread);
      return thread;
    });
    opened.push(database);
    return { database, threads };
  };
  try {
    await run({ dir, options, clock, log, open });
  } finally {
    for (const database of opened) await database.close();
    rmSync(dir, { recursive: true, force: true });
    assert.equal(clock.pendingTimers, 0, 'timers were left behind');
  }
}

function is(reason: ErrorReason, text?: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof SluiceError && error.reason === reason && (text?.test(`${error.message} ${error.detail}`) ?? true);
}

const insert = (id: number, text: string): { sql: string; params: (string | number)[] } => ({
  sql: 'INSERT INTO notes (id, text) VALUES (?, ?)',
  params: [id, text],
});

test('sqlite: writes and reads every kind of value', () =>
  withSetup(async ({ open }) => {
    const { database } = await open();
    const bytes = Uint8Array.of(0, 255, 7);
    await database.write([{ sql: 'INSERT INTO notes VALUES (?, ?, ?)', params: [2 ** 53 - 1, 'a\u0000ü', bytes] }]);
    assert.deepEqual(await database.read('SELECT * FROM notes'), [{ id: 2 ** 53 - 1, text: 'a\u0000ü', bytes }]);
    assert.deepEqual(await database.read('SELECT id FROM notes WHERE text = ?', ['none']), []);
  }));

test('sqlite: a write is all or nothing, and RETURNING gives rows', () =>
  withSetup(async ({ open }) => {
    const { database } = await open();
    const results = await database.write([
      insert(1, 'one'),
      { sql: "UPDATE notes SET text = 'uno' WHERE id = 1 RETURNING id, text" },
      { sql: 'DELETE FROM notes WHERE id = 99' },
    ]);
    assert.deepEqual(results, [
      { changes: 1, rows: [] },
      { changes: 1, rows: [{ id: 1, text: 'uno' }] },
      { changes: 0, rows: [] },
    ]);
    await assert.rejects(database.write([insert(2, 'two'), insert(1, 'again')]), is('already_exists'));
    assert.deepEqual(await database.read('SELECT id FROM notes'), [{ id: 1 }]);
  }));

test('sqlite: one bad write in a group takes no other with it', () =>
  withSetup(async ({ open }) => {
    const { database } = await open();
    const outcomes = await Promise.allSettled([
      database.write([insert(1, 'one')]),
      database.write([insert(1, 'clash')]),
      database.write([insert(2, 'two'), { sql: 'INSERT INTO notes (id) VALUES (3)' }]),
      database.write([{ sql: 'INSERT INTO nowhere VALUES (1)' }]),
      database.write([insert(4, 'four'), insert(5, 'five')]),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.reason : 'ok')),
      ['ok', 'already_exists', 'internal', 'internal', 'ok'],
    );
    assert.deepEqual(await database.read('SELECT id FROM notes ORDER BY id'), [{ id: 1 }, { id: 4 }, { id: 5 }]);
  }));

test('sqlite: the file is readable by its owner only, and every commit waits for the disk', () =>
  withSetup(async ({ open, options }) => {
    const { database } = await open();
    await database.write([insert(1, 'one')]);
    assert.equal(statSync(options.path).mode & 0o777, 0o600);
    assert.equal(statSync(`${options.path}-wal`).mode & 0o777, 0o600);
    assert.deepEqual(await database.read('PRAGMA journal_mode'), [{ journal_mode: 'wal' }]);
    // 2 is FULL: the commit returns after fsync. It is a setting of the writing connection, so it is asked there.
    assert.deepEqual((await database.write([{ sql: 'PRAGMA synchronous' }]))[0]?.rows, [{ synchronous: 2 }]);
  }));

test('sqlite: a query cannot write, and a query without an end is cut off', () =>
  withSetup(async ({ open }) => {
    const { database } = await open();
    await assert.rejects(database.read("INSERT INTO notes VALUES (1, 'x', NULL)"), is('store_unavailable', /readonly/));
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n';
    await assert.rejects(database.read(endless), is('internal', /more than 10000 rows/));
    assert.equal((await database.read(`${endless} LIMIT 10000`)).length, 10_000);
  }));

test('sqlite: two handles on one file take turns and see each other', () =>
  withSetup(async ({ open }) => {
    const [left, right] = [(await open()).database, (await open()).database];
    const writes: Promise<unknown>[] = [];
    for (let id = 0; id < 400; id += 1) writes.push((id % 2 ? left : right).write([insert(id, `note ${id}`)]));
    await Promise.all(writes);
    for (const handle of [left, right]) {
      assert.deepEqual(await handle.read('SELECT count(*) AS count FROM notes'), [{ count: 400 }]);
    }
  }));

test('sqlite: when the thread dies, waiting calls get store_unavailable and a new thread takes over', () =>
  withSetup(async ({ open, clock, log }) => {
    const { database, threads } = await open();
    await database.write([insert(1, 'one')]);
    const pending = Array.from({ length: 20 }, (_, at) => database.write([insert(100 + at, `pending ${at}`)]));
    threads[0]?.kill();
    const outcomes = await Promise.allSettled(pending);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') assert.ok(is('store_unavailable')(outcome.reason));
    }
    await threads[0]?.exited;
    await assert.rejects(database.read('SELECT 1'), is('store_unavailable', /being restarted/));
    clock.advance(100);
    while (threads.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await untilOpen(database);
    assert.deepEqual(await database.read('SELECT text FROM notes WHERE id = 1'), [{ text: 'one' }]);
    assert.deepEqual(
      log.lines.map((line) => [line.level, line.message]),
      [
        ['error', 'the store is down; its thread is started again'],
        ['info', 'the store is back'],
      ],
    );
  }));

test('sqlite: close finishes what is queued, twice is once, and later calls are refused', () =>
  withSetup(async ({ open }) => {
    const { database } = await open();
    const writes = Array.from({ length: 1_000 }, (_, id) => database.write([insert(id, `note ${id}`)]));
    const closed = database.close();
    await assert.rejects(database.write([insert(9_999, 'late')]), is('store_unavailable', /closing/));
    await Promise.all([...writes, closed, database.close()]);
    await assert.rejects(database.read('SELECT 1'), is('store_unavailable', /closed/));
    const again = await open();
    assert.deepEqual(await again.database.read('SELECT count(*) AS count FROM notes'), [{ count: 1_000 }]);
  }));

/** A thread that does only what the test says. */
function createDeafThread(): {
  start: typeof startThread;
  sent: ToThread[];
  say(message: FromThread): void;
  end(): void;
} {
  const sent: ToThread[] = [];
  let say: (message: FromThread) => void = () => {};
  let end: () => void = () => {};
  return {
    sent,
    say: (message) => say(message),
    end: () => end(),
    start(_data, onMessage) {
      say = onMessage;
      const exited = new Promise<string>((resolve) => {
        end = () => resolve('the thread ended');
      });
      queueMicrotask(() => onMessage({ kind: 'ready' }));
      const post = (message: ToThread): void => {
        sent.push(message);
        if (message.kind === 'close') end();
      };
      return { post, exited, kill: () => {} };
    },
  };
}

test('sqlite: a disk that hangs costs the callers a bounded wait, not for ever', () =>
  withSetup(async ({ options, clock, log }) => {
    const deaf = createDeafThread();
    const database = await openDatabase(options, deaf.start);
    const stuck = assert.rejects(database.write([insert(1, 'one')]), is('store_unavailable', /unknown/));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(deaf.sent.length, 1);
    const queued = Array.from({ length: 3 }, () => assert.rejects(database.read('SELECT 1'), is('store_unavailable')));
    clock.advance(stuckAfterMs);
    await Promise.all([stuck, ...queued]);
    await assert.rejects(database.read('SELECT 1'), is('store_unavailable', /restarted/));
    assert.match(String(log.lines[0]?.fields['reason']), /did not answer for 15000 ms/);
    await database.close();
  }));

test('sqlite: the queue is bounded in calls and in bytes', () =>
  withSetup(async ({ options }) => {
    const deaf = createDeafThread();
    const database = await openDatabase(options, deaf.start);
    const rejected: unknown[] = [];
    const keep = (error: unknown): void => void rejected.push(error);
    for (let at = 0; at < maxQueuedRequests; at += 1) database.read('SELECT 1').catch(keep);
    await assert.rejects(database.read('SELECT 1'), is('store_unavailable', /queue of the database is full/));
    await new Promise((resolve) => setImmediate(resolve));
    const large = { sql: 'SELECT ?', params: ['x'.repeat(33 * 1024 * 1024)] };
    await assert.rejects(database.write([large]), is('store_unavailable', /too many bytes/));
    const closed = database.close();
    deaf.end();
    await closed;
    assert.equal(rejected.length, maxQueuedRequests);
  }));

test('sqlite: a file of something else, a newer schema or an edited step is refused with the reason', () =>
  withSetup(async ({ dir, options, open }) => {
    const text = join(dir, 'text.db');
    writeFileSync(text, 'this is not a database, but it is long enough to look like one to somebody.'.repeat(20));
    await assert.rejects(
      openDatabase({ ...options, path: text }),
      is('config_invalid', /text\.db .*not a SQLite database/),
    );

    const foreign = join(dir, 'foreign.db');
    const other = new DatabaseSync(foreign);
    other.exec('CREATE TABLE theirs (id INTEGER)');
    other.close();
    const before = readFileSync(foreign);
    await assert.rejects(openDatabase({ ...options, path: foreign }), is('config_invalid', /another program/));
    assert.ok(readFileSync(foreign).length >= before.length);

    await (await open()).database.close();
    const newer = openDatabase({ ...options, migrations: [] });
    await assert.rejects(newer, is('config_invalid', /newer version/));
    const edited = [{ name: 'notes', sql: 'CREATE TABLE notes (id TEXT)' }];
    await assert.rejects(
      openDatabase({ ...options, migrations: edited }),
      is('config_invalid', /schema step 1 \(notes\) differs/),
    );
    await assert.rejects(openDatabase({ ...options, path: dir }), is('store_unavailable', /cannot be opened/));
  }));

test('sqlite: a failing migration leaves the schema as it was; a good one keeps the data', () =>
  withSetup(async ({ options, open }) => {
    const first = await open();
    await first.database.write([insert(1, 'kept')]);
    await first.database.close();
    const broken = { name: 'broken', sql: 'CREATE TABLE half (id INTEGER) STRICT; INSERT INTO nowhere VALUES (1)' };
    await assert.rejects(
      openDatabase({ ...options, migrations: [...migrations, broken] }),
      is('config_invalid', /nowhere/),
    );
    const good = { name: 'tags', sql: "ALTER TABLE notes ADD COLUMN tag TEXT NOT NULL DEFAULT 'none'" };
    const database = await openDatabase({ ...options, migrations: [...migrations, good] });
    assert.deepEqual(await database.read('SELECT text, tag FROM notes'), [{ text: 'kept', tag: 'none' }]);
    assert.deepEqual(await database.read("SELECT name FROM sqlite_schema WHERE name = 'half'"), []);
    await database.close();
  }));

async function untilOpen(database: Database): Promise<void> {
  for (;;) {
    try {
      await database.read('SELECT 1');
      return;
    } catch (error) {
      if (!is('store_unavailable')(error)) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
