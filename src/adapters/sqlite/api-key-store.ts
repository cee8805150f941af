// Port ApiKeyStore on SQLite.

import { SluiceError } from '../../core/error.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../../ports/api-keys.ts';
import type { Database } from './database.ts';
import { keysPerPage } from './defaults.ts';
import type { SqlRow, SqlValue } from './sql.ts';

const columns = 'id, name, tenant_id, hash, hint, created_at_ms, expires_at_ms, revoked_at_ms';

/** `version()` is one indexed read and moves exactly with changes of keys, by this process or any other. */
export function createSqliteApiKeyStore(database: Database): ApiKeyStore {
  return {
    async add(record) {
      await database.write([
        { sql: `INSERT INTO api_keys (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, params: toRow(record) },
      ]);
    },

    async list() {
      const records: ApiKeyRecord[] = [];
      for (;;) {
        const last = records.at(-1);
        const rows = await database.read(
          `SELECT ${columns} FROM api_keys WHERE (created_at_ms, id) > (?, ?) ORDER BY created_at_ms, id LIMIT ?`,
          [last?.createdAtMs ?? -1, last?.id ?? '', keysPerPage],
        );
        records.push(...rows.map(fromRow));
        if (rows.length < keysPerPage) return records;
      }
    },

    async revoke(id, revokedAtMs) {
      await database.write([
        {
          sql: 'UPDATE api_keys SET revoked_at_ms = ? WHERE id = ? AND revoked_at_ms IS NULL',
          params: [revokedAtMs, id],
        },
      ]);
      const [row] = await database.read(`SELECT ${columns} FROM api_keys WHERE id = ?`, [id]);
      if (row === undefined) throw new SluiceError('not_found', { message: `There is no API key ${id}.` });
      return fromRow(row);
    },

    async version() {
      const [row] = await database.read('SELECT version FROM api_keys_version');
      return Number(row?.['version']);
    },
  };
}

function toRow(record: ApiKeyRecord): SqlValue[] {
  return [
    record.id,
    record.name,
    record.tenantId,
    record.hash,
    record.hint,
    record.createdAtMs,
    record.expiresAtMs ?? null,
    record.revokedAtMs ?? null,
  ];
}

function fromRow(row: SqlRow): ApiKeyRecord {
  return {
    id: String(row['id']),
    name: String(row['name']),
    tenantId: String(row['tenant_id']),
    hash: String(row['hash']),
    hint: String(row['hint']),
    createdAtMs: Number(row['created_at_ms']),
    ...(row['expires_at_ms'] === null ? {} : { expiresAtMs: Number(row['expires_at_ms']) }),
    ...(row['revoked_at_ms'] === null ? {} : { revokedAtMs: Number(row['revoked_at_ms']) }),
  };
}
