import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openConnection } from './connection.ts';

test('sqlite connection: a file that another connection keeps from changing its mode is tried again', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-connection-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'sluice.db');
  const other = new DatabaseSync(path);
  other.exec('PRAGMA user_version = 1; BEGIN; SELECT * FROM sqlite_schema');
  let pauses = 0;
  const connection = openConnection({ path, migrations: [], openedAtMs: 0 }, () => {
    pauses += 1;
    other.close();
  });
  connection.close();
  assert.equal(pauses, 1);
});
