// Makes an API key and stores its hash.

import { SluiceError } from '../core/error.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../ports/api-keys.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import { generateApiKey, hashApiKey, hintOfApiKey } from './api-key.ts';
import { maxNameChars } from './defaults.ts';

/** See createApiKey. */
export interface CreateApiKeyOptions {
  readonly store: ApiKeyStore;
  readonly ids: Ids;
  readonly clock: Clock;
  /** What the operator calls it; need not be unique. */
  readonly name: string;
  /** Letters, digits, `.`, `_`, `-`; at most 64. */
  readonly tenantId: string;
  /** Absent: the key does not expire. */
  readonly expiresAtMs?: number;
}

/** A new key. `key` is the only copy there will ever be. */
export interface CreatedApiKey {
  readonly key: string;
  readonly record: ApiKeyRecord;
}

/** Durable when it resolves. Rejects with `invalid_request` for a bad name, tenant or expiry. */
export async function createApiKey(options: CreateApiKeyOptions): Promise<CreatedApiKey> {
  const { store, ids, clock, expiresAtMs } = options;
  const name = options.name.trim();
  if (name === '' || name.length > maxNameChars || hasControlCharacter(name)) {
    throw invalid('name', `The name of a key must have 1 to ${maxNameChars} printable characters.`);
  }
  if (!/^[\w.-]{1,64}$/.test(options.tenantId)) {
    throw invalid('tenantId', 'The tenant of a key must have 1 to 64 letters, digits, dots, dashes or underscores.');
  }
  const createdAtMs = clock.now();
  if (expiresAtMs !== undefined && !(expiresAtMs > createdAtMs)) {
    throw invalid('expiresAtMs', 'The expiry of a key must lie in the future.');
  }
  const key = generateApiKey(ids);
  const record: ApiKeyRecord = {
    id: ids.next('key_'),
    name,
    tenantId: options.tenantId,
    hash: hashApiKey(key),
    hint: hintOfApiKey(key),
    createdAtMs,
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  };
  await store.add(record);
  return { key, record };
}

function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

function invalid(param: string, message: string): SluiceError {
  return new SluiceError('invalid_request', { param, message });
}
