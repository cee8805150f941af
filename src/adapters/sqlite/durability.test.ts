// What was acknowledged survives kill -9 of the writing process.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { createSqliteApiKeyStore } from './api-key-store.ts';
import { openDatabase } from './database.ts';

/** Adds keys from 16 callers at once and prints the id of each after it was acknowledged; what is printed late is only not counted. */
const writer = `
import { createSqliteApiKeyStore } from ${JSON.stringify(import.meta.resolve('./api-key-store.ts'))};
import { openDatabase } from ${JSON.stringify(import.meta.resolve('./database.ts'))};
import { createSystemClock } from ${JSON.stringify(import.meta.resolve('../system/clock.ts'))};
const none = () => {};
const log = { debug: none, info: none, warn: none, error: none, child: () => log };
const [path, name] = process.argv.slice(-2);
const store = createSqliteApiKeyStore(await openDatabase({ path, log, clock: createSystemClock() }));
let count = 0;
await Promise.all(Array.from({ length: 16 }, async () => {
  for (;;) {
    const id = 'key_' + name + '_' + (count += 1);
    await store.add({ id, name, tenantId: 't', hash: id, hint: 'h', createdAtMs: count });
    process.stdout.write(id + '\\n');
  }
}));
`;

function startWriter(path: string, name: string): { acknowledged: string[]; kill(atLeast: number): Promise<void> } {
  const args = ['--input-type=module', '-e', writer, '--', path, name];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: string[] = [];
  const lines = createInterface({ input: child.stdout });
  let wake = (): void => {};
  lines.on('line', (line) => {
    acknowledged.push(line);
    wake();
  });
  const exited = once(child, 'exit');
  const read = once(lines, 'close');
  return {
    acknowledged,
    async kill(atLeast) {
      await new Promise<void>((resolve, reject) => {
        wake = () => acknowledged.length >= atLeast && resolve();
        void exited.then(() => reject(new Error('the writer ended by itself')));
        wake();
      });
      child.kill('SIGKILL');
      await exited;
      await read;
    },
  };
}

test('sqlite: nothing acknowledged is lost when writing processes are killed with -9, two at a time', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-kill-'));
  try {
    const path = join(dir, 'sluice.db');
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const writers = [startWriter(path, `a${round}`), startWriter(path, `b${round}`)];
      await Promise.all(writers.map((child, at) => child.kill(200 + 137 * (round + at))));
      acknowledged.push(...writers.flatMap((child) => child.acknowledged));
    }
    const database = await openDatabase({ path, clock: new FakeClock(), log: createRecordingLog() });
    const stored = new Set((await createSqliteApiKeyStore(database).list()).map((record) => record.id));
    const check = await database.read('PRAGMA integrity_check');
    await database.close();
    assert.ok(acknowledged.length >= 1_200);
    assert.deepEqual(
      acknowledged.filter((id) => !stored.has(id)),
      [],
    );
    assert.deepEqual(check, [{ integrity_check: 'ok' }]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
