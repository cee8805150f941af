// The schema of the embedded store, as the steps that lead to it. Forward only; an applied step is never edited.

import type { Migration } from './sql.ts';

/** In order. The number of a step is its place in the list, from 1. */
export const migrations: readonly Migration[] = [
  {
    name: 'api keys',
    // The counter row, moved by triggers in the same transaction, tells every process that keys changed. PRAGMA data_version
    // would not do: it moves with every write to any table, and its value means nothing to another connection.
    sql: `
      CREATE TABLE api_keys (
        id            TEXT PRIMARY KEY,
        name          TEXT NOT NULL,
        tenant_id     TEXT NOT NULL,
        hash          TEXT NOT NULL UNIQUE,
        hint          TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL,
        expires_at_ms INTEGER,
        revoked_at_ms INTEGER
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX api_keys_by_age ON api_keys (created_at_ms, id);
      CREATE TABLE api_keys_version (version INTEGER NOT NULL) STRICT;
      INSERT INTO api_keys_version (version) VALUES (1);
      CREATE TRIGGER api_keys_inserted AFTER INSERT ON api_keys
        BEGIN UPDATE api_keys_version SET version = version + 1; END;
      CREATE TRIGGER api_keys_updated AFTER UPDATE ON api_keys
        BEGIN UPDATE api_keys_version SET version = version + 1; END;
      CREATE TRIGGER api_keys_deleted AFTER DELETE ON api_keys
        BEGIN UPDATE api_keys_version SET version = version + 1; END;`,
  },
  {
    name: 'responses',
    // Rows hold whole conversations, hence a table with rowids and the keys in indexes of their own.
    sql: `
      CREATE TABLE responses (
        tenant_id     TEXT NOT NULL,
        id            TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL,
        expires_at_ms INTEGER NOT NULL,
        previous_id   TEXT,
        body          TEXT NOT NULL,
        input         TEXT NOT NULL,
        PRIMARY KEY (tenant_id, id)
      ) STRICT;
      CREATE INDEX responses_by_expiry ON responses (expires_at_ms);
      CREATE TABLE response_items (
        tenant_id   TEXT NOT NULL,
        item_id     TEXT NOT NULL,
        response_id TEXT NOT NULL,
        PRIMARY KEY (tenant_id, item_id, response_id),
        FOREIGN KEY (tenant_id, response_id) REFERENCES responses (tenant_id, id) ON DELETE CASCADE
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX response_items_by_response ON response_items (tenant_id, response_id);`,
  },
];
