// Brings a database to the schema of this version, safely beside other processes that do the same.

import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { UnusableDatabase } from './failure.ts';
import type { Migration } from './sql.ts';

/** `SLUI` in the header of the file (PRAGMA application_id), so that another program's database is not written into. */
const applicationId = 0x534c5549;

/**
 * Applies what is missing, all in one transaction: a crash leaves the old schema or the new one. Throws UnusableDatabase when
 * the file belongs to something else, was made by a newer version, or has a step whose text differs from ours.
 */
export function migrate(db: DatabaseSync, migrations: readonly Migration[], nowMs: number): void {
  refuseForeign(db);
  if (isCurrent(db, migrations)) return; // the usual start takes no write lock
  db.exec('BEGIN IMMEDIATE');
  try {
    refuseForeign(db); // another process may have been first
    db.exec(`PRAGMA application_id = ${applicationId}`);
    db.exec(`CREATE TABLE IF NOT EXISTS schema_migrations (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at_ms INTEGER NOT NULL) STRICT`);
    const applied = checkApplied(db, migrations);
    const insert = db.prepare('INSERT INTO schema_migrations (id, name, checksum, applied_at_ms) VALUES (?, ?, ?, ?)');
    for (const [at, migration] of migrations.entries()) {
      if (at < applied) continue;
      db.exec(migration.sql);
      insert.run(at + 1, migration.name, checksumOf(migration), nowMs);
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function isCurrent(db: DatabaseSync, migrations: readonly Migration[]): boolean {
  const table = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'").get();
  return table !== undefined && checkApplied(db, migrations) === migrations.length;
}

/** The number of steps applied, all of them known to this version and unchanged. */
function checkApplied(db: DatabaseSync, migrations: readonly Migration[]): number {
  const rows = db.prepare('SELECT id, name, checksum FROM schema_migrations ORDER BY id').all();
  for (const [at, row] of rows.entries()) {
    const known = migrations[at];
    if (known === undefined) {
      throw new UnusableDatabase(
        `the database has schema ${rows.length} and this version of Sluice knows only ${migrations.length}: it was made by a newer version`,
      );
    }
    if (row['id'] !== at + 1 || row['checksum'] !== checksumOf(known)) {
      throw new UnusableDatabase(`schema step ${at + 1} (${String(row['name'])}) differs from that of this version`);
    }
  }
  return rows.length;
}

function refuseForeign(db: DatabaseSync): void {
  const id = db.prepare('PRAGMA application_id').get()?.['application_id'];
  if (id === applicationId) return;
  const table = db.prepare("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' LIMIT 1").get();
  if (id !== 0 || table !== undefined) throw new UnusableDatabase('the file is a database of another program');
}

/** Spacing does not count, so that formatting this source is not a change of schema. */
function checksumOf(migration: Migration): string {
  return hash('sha256', migration.sql.replaceAll(/\s+/g, ' ').trim(), 'hex');
}
