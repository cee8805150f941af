// `sluice keys create|list|revoke`: works on the store directly, also beside a running server, which follows within a second.

import { dirname } from 'node:path';
import { createPinoLog } from '../../adapters/pino/log.ts';
import { createSqliteApiKeyStore } from '../../adapters/sqlite/api-key-store.ts';
import { openDatabase } from '../../adapters/sqlite/database.ts';
import { createSystemClock } from '../../adapters/system/clock.ts';
import { createSystemIds } from '../../adapters/system/ids.ts';
import type { Config } from '../../config/config.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../../ports/api-keys.ts';
import { makeFolder } from '../../roles/make-folder.ts';
import { createApiKey } from '../../security/create-api-key.ts';
import { type Command, exitCode, soleOperand, UsageError } from '../command.ts';
import { configOptions, withConfig } from '../config-options.ts';
import { formatTable } from '../table.ts';

const clock = createSystemClock();

/** Makes a key and shows it once. */
export const keysCreate: Command = {
  name: 'keys create',
  summary: 'Create an API key. It is shown once; only its hash is stored.',
  options: {
    name: { type: 'string', short: 'n', value: 'NAME', help: 'What the key is for. Required.' },
    tenant: { type: 'string', value: 'TENANT', help: 'Whom its calls belong to. Default: default.' },
    'expires-in': { type: 'string', value: 'TIME', help: 'Such as 12h or 90d. Default: it does not expire.' },
    quiet: { type: 'boolean', short: 'q', help: 'Print only the key.' },
    ...configOptions,
  },
  run: (input, context) =>
    withConfig(input, context, async (config) => {
      const name = input.value('name');
      if (name === undefined) throw new UsageError('expected --name NAME');
      const lifetimeMs = parseLifetimeMs(input.value('expires-in'));
      const { key, record } = await withKeys(config, (store) =>
        createApiKey({
          store,
          ids: createSystemIds(clock),
          clock,
          name,
          tenantId: input.value('tenant') ?? 'default',
          ...(lifetimeMs === undefined ? {} : { expiresAtMs: clock.now() + lifetimeMs }),
        }),
      );
      context.terminal.line(key);
      if (!input.flag('quiet')) {
        context.terminal.note(`Created ${record.id} (${record.name}). Keep the key: it cannot be shown again.`);
      }
      return exitCode.ok;
    }),
};

/** Lists keys without showing any. */
export const keysList: Command = {
  name: 'keys list',
  summary: 'List API keys: id, name, tenant, first characters, state.',
  options: { json: { type: 'boolean', help: 'Print JSON.' }, ...configOptions },
  run: (input, { terminal, ...context }) =>
    withConfig(input, { terminal, ...context }, async (config) => {
      const keys = await withKeys(config, (store) => store.list());
      if (input.flag('json')) {
        const shown = keys.map(({ hash: _, ...record }) => ({ ...record, state: stateOf(record) }));
        terminal.line(JSON.stringify(shown, null, 2));
      } else if (keys.length === 0) {
        terminal.note('There are no keys yet. Create one with: sluice keys create --name NAME');
      } else {
        const rows = keys.map((key) => [
          key.id,
          key.name,
          key.tenantId,
          `${key.hint}…`,
          day(key.createdAtMs),
          stateOf(key),
        ]);
        terminal.line(formatTable(['ID', 'NAME', 'TENANT', 'KEY', 'CREATED', 'STATE'], rows));
      }
      return exitCode.ok;
    }),
};

/** Revokes a key. */
export const keysRevoke: Command = {
  name: 'keys revoke',
  operands: '<id>',
  summary: 'Revoke an API key. Running servers refuse it within a second.',
  options: configOptions,
  run: (input, context) =>
    withConfig(input, context, async (config) => {
      const id = soleOperand(input, 'the id of a key, such as key_01J… (see: sluice keys list)');
      const record = await withKeys(config, (store) => store.revoke(id, clock.now()));
      context.terminal.note(`Revoked ${record.id} (${record.name}).`);
      return exitCode.ok;
    }),
};

async function withKeys<T>(config: Config, action: (store: ApiKeyStore) => Promise<T>): Promise<T> {
  const { path } = config.store;
  await makeFolder(dirname(path));
  const database = await openDatabase({ path, clock, log: createPinoLog({ level: 'warn', format: 'pretty' }) });
  try {
    return await action(createSqliteApiKeyStore(database));
  } finally {
    await database.close();
  }
}

function stateOf(key: Pick<ApiKeyRecord, 'revokedAtMs' | 'expiresAtMs'>): string {
  if (key.revokedAtMs !== undefined) return `revoked ${day(key.revokedAtMs)}`;
  if (key.expiresAtMs === undefined) return 'valid';
  return key.expiresAtMs <= clock.now() ? `expired ${day(key.expiresAtMs)}` : `valid until ${day(key.expiresAtMs)}`;
}

function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function parseLifetimeMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,6})([mhd])$/.exec(text);
  if (match === null)
    throw new UsageError(`--expires-in: expected a number with m, h or d, such as 90d, not '${text}'`);
  return Number(match[1]) * (unitMs[match[2] ?? ''] ?? 0);
}
