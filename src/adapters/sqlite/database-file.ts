// Makes the database file before SQLite does, so that it is readable by its owner only.

import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { SluiceError } from '../../core/error.ts';

/** Mode 0600; SQLite gives its -wal and -shm files the mode of the database. An existing file is left as it is. */
export function createDatabaseFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SluiceError('store_unavailable', {
      message: `The store ${path} cannot be opened: ${why}.`,
      cause: error,
    });
  }
}
