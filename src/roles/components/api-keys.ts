// Component: who may call. Verifies API keys in memory, and on the first start of a development machine creates a key.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSqliteApiKeyStore } from '../../adapters/sqlite/api-key-store.ts';
import type { Database } from '../../adapters/sqlite/database.ts';
import type { ApiKeyStore } from '../../ports/api-keys.ts';
import type { Authenticator } from '../../ports/authenticator.ts';
import { createApiKeyAuthenticator } from '../../security/api-key-authenticator.ts';
import { createApiKey } from '../../security/create-api-key.ts';
import { isLoopback } from '../addresses.ts';
import type { Component } from '../lifecycle.ts';
import { makeFolder } from '../make-folder.ts';
import type { Runtime } from '../runtime.ts';

/** Verified keys, and the development key when this start made it. */
export interface ApiKeys {
  readonly authenticator: Authenticator;
  readonly developmentKey: string | undefined;
}

/** Name of the file in the data directory that holds the development key. */
export const developmentKeyFile: string = 'dev-key';

/** API keys from the store. */
export function apiKeysComponent(runtime: Runtime, store: Component<Database>): Component<ApiKeys> {
  return {
    name: 'api-keys',
    needs: [store],
    async start(use) {
      const { clock, log } = runtime;
      const keys = createSqliteApiKeyStore(use(store));
      const developmentKey = await firstKey(runtime, keys);
      const authenticator = createApiKeyAuthenticator({ store: keys, clock, log });
      await authenticator.start();
      return { value: { authenticator, developmentKey }, stop: () => authenticator.close() };
    },
  };
}

/** A store without keys gets one, but only where no other machine can use it: when HTTP listens on loopback. */
async function firstKey(runtime: Runtime, keys: ApiKeyStore): Promise<string | undefined> {
  const { listen, dataDir } = runtime.config.current();
  if ((await keys.list()).length > 0) return undefined;
  if (!isLoopback(listen.http.host)) {
    runtime.log.warn({}, 'there are no API keys yet: create one with `sluice keys create --name NAME`');
    return undefined;
  }
  const { ids, clock } = runtime;
  const { key } = await createApiKey({ store: keys, ids, clock, name: 'development', tenantId: 'default' });
  await makeFolder(dataDir);
  await writeFile(join(dataDir, developmentKeyFile), `${key}\n`, { mode: 0o600 });
  return key;
}
