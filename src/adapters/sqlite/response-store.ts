// Port ResponseStore on SQLite. Every statement names the tenant, so that an id of another tenant is the same as none.

import type { Clock, Timer } from '../../ports/clock.ts';
import type { ResponseStore, StoredResponse } from '../../ports/response-store.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Database } from './database.ts';
import { expiredResponsesPerBatch, expirySweepIntervalMs, fullSweepPauseMs } from './defaults.ts';
import type { SqlRow } from './sql.ts';

/** What the store is made of. */
export interface ResponseStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** How long an answer is kept after it was put. */
  readonly ttlMs: number;
}

/** The store, which sweeps out expired answers until it is closed. */
export interface SqliteResponseStore extends ResponseStore {
  /** Stops the sweeping. The database is its owner's to close. */
  close(): void;
}

const columns = 'tenant_id, id, created_at_ms, previous_id, body, input';

/** Expired rows are invisible at once and are deleted in small batches, so that no sweep holds up a write for long. */
export function createSqliteResponseStore({ database, clock, log, ttlMs }: ResponseStoreOptions): SqliteResponseStore {
  let isClosed = false;
  let timer: Timer = clock.setTimer(expirySweepIntervalMs, sweep);

  function sweep(): void {
    removeExpired(database, clock.now()).then(
      (removed) => sweepAgain(removed === expiredResponsesPerBatch ? fullSweepPauseMs : expirySweepIntervalMs),
      (failure: unknown) => {
        log.warn({ error: String(failure) }, 'expired responses could not be removed; the next sweep tries again');
        sweepAgain(expirySweepIntervalMs);
      },
    );
  }

  function sweepAgain(afterMs: number): void {
    if (!isClosed) timer = clock.setTimer(afterMs, sweep);
  }

  return {
    async put(response) {
      const { tenantId, id, createdAtMs, previousId = null, body, input, itemIds } = response;
      await database.write([
        {
          sql: `INSERT INTO responses (${columns}, expires_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)`,
          params: [tenantId, id, createdAtMs, previousId, body, input, clock.now() + ttlMs],
        },
        {
          sql: `INSERT OR IGNORE INTO response_items (tenant_id, response_id, item_id)
                SELECT ?, ?, value FROM json_each(?)`,
          params: [tenantId, id, JSON.stringify(itemIds)],
        },
      ]);
    },

    async get(tenantId, id) {
      const [row] = await database.read(
        `SELECT ${columns}, (SELECT json_group_array(item_id) FROM response_items AS item
           WHERE item.tenant_id = responses.tenant_id AND item.response_id = responses.id) AS item_ids
         FROM responses WHERE tenant_id = ? AND id = ? AND expires_at_ms > ?`,
        [tenantId, id, clock.now()],
      );
      return row === undefined ? undefined : fromRow(row);
    },

    async delete(tenantId, id) {
      const [result] = await database.write([
        {
          sql: 'DELETE FROM responses WHERE tenant_id = ? AND id = ? AND expires_at_ms > ?',
          params: [tenantId, id, clock.now()],
        },
      ]);
      return (result?.changes ?? 0) > 0;
    },

    async locateItems(tenantId, itemIds) {
      if (itemIds.length === 0) return new Map();
      // Of several answers with the item the newest counts: SQLite gives the bare column of the row that has the maximum.
      const rows = await database.read(
        `SELECT item.item_id, item.response_id, MAX(response.created_at_ms)
         FROM response_items AS item
         JOIN responses AS response ON response.tenant_id = item.tenant_id AND response.id = item.response_id
         WHERE item.tenant_id = ? AND item.item_id IN (SELECT value FROM json_each(?)) AND response.expires_at_ms > ?
         GROUP BY item.item_id`,
        [tenantId, JSON.stringify(itemIds), clock.now()],
      );
      return new Map(rows.map((row) => [String(row['item_id']), String(row['response_id'])]));
    },

    close() {
      isClosed = true;
      timer.cancel();
    },
  };
}

/** One batch, the longest expired first; returns how many there were. Their item ids go with them (ON DELETE CASCADE). */
async function removeExpired(database: Database, nowMs: number): Promise<number> {
  const [result] = await database.write([
    {
      sql: `DELETE FROM responses WHERE rowid IN
              (SELECT rowid FROM responses WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?)`,
      params: [nowMs, expiredResponsesPerBatch],
    },
  ]);
  return result?.changes ?? 0;
}

function fromRow(row: SqlRow): StoredResponse {
  return {
    tenantId: String(row['tenant_id']),
    id: String(row['id']),
    createdAtMs: Number(row['created_at_ms']),
    ...(row['previous_id'] === null ? {} : { previousId: String(row['previous_id']) }),
    body: String(row['body']),
    input: String(row['input']),
    itemIds: JSON.parse(String(row['item_ids'])) as string[],
  };
}
