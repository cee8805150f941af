// Makes the folder in which Sluice keeps its files.

import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SluiceError } from '../core/error.ts';

/**
 * Makes a folder and those above it that are missing, for this user only. Level by level: Node's recursive mkdir never returns
 * below `/proc`. Rejects with `config_invalid`, naming the path and what to do.
 */
export async function makeFolder(path: string): Promise<void> {
  const existing = await stat(path).catch(() => undefined);
  if (existing?.isDirectory()) return;
  if (existing !== undefined) throw unusable(path, 'it is a file, not a folder');
  if (dirname(path) !== path) await makeFolder(dirname(path));
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (failure) {
    if (failure instanceof Error && 'code' in failure && failure.code === 'EEXIST') return; // another process was faster
    throw unusable(path, failure instanceof Error ? failure.message : String(failure));
  }
}

function unusable(path: string, why: string): SluiceError {
  return new SluiceError('config_invalid', {
    message: `Cannot use the folder ${path}: ${why}. Choose another with --data-dir DIR.`,
  });
}
