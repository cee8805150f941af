// The Secrets on a folder with one file for each secret, as Kubernetes, Docker and systemd mount them.

import { constants } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SluiceError } from '../../core/error.ts';
import type { Secrets } from '../../ports/secrets.ts';
import { maxSecretBytes } from './defaults.ts';

/** See createFileSecrets. */
export interface FileSecretsOptions {
  /** The folder. It need not exist while no secret is asked for. */
  readonly dir: string;
  /** Values that win over files, by name: those of the environment. */
  readonly overrides?: ReadonlyMap<string, string>;
}

/**
 * Reads the file at each call, so that a rotated secret is seen. Every refusal is `config_invalid` and says how to mend it.
 *
 * A file that other users of the machine can read is refused: other-readable, in a folder that others may enter. Two kinds
 * of mount are exempt because they are world-readable by design and private to the container: Kubernetes volumes (known by
 * their `..data` link) and /run/secrets.
 */
export function createFileSecrets({ dir, overrides = new Map() }: FileSecretsOptions): Secrets {
  return {
    async get(name) {
      if (!isSecretName(name)) {
        throw invalid(`The name of a secret must be letters, digits, "-", "_" and ".", not ${JSON.stringify(name)}.`);
      }
      const value = overrides.get(name) ?? (await readSecret(dir, name));
      const trimmed = value.replace(/\r?\n$/, '');
      if (trimmed === '') throw invalid(`The secret "${name}" is empty.`);
      return trimmed;
    },
  };
}

/** A plain file name: nothing that could leave the folder, and no hidden file. */
function isSecretName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(name);
}

async function readSecret(dir: string, name: string): Promise<string> {
  const path = join(dir, name);
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK); // a FIFO must not hang the start
  } catch (error) {
    throw unreadable(path, name, error);
  }
  try {
    const stats = await file.stat(); // of the open file: what is checked is what is read
    if (!stats.isFile()) throw invalid(`The secret "${name}" is not a file: ${path}.`);
    if (stats.size > maxSecretBytes)
      throw invalid(`The secret "${name}" is longer than ${maxSecretBytes} bytes: ${path}.`);
    if ((stats.mode & 0o004) !== 0 && (await isOpenToOthers(dir))) {
      throw invalid(`The secret file ${path} can be read by other users: run "chmod 600 ${path}".`);
    }
    const { bytesRead, buffer } = await file.read(Buffer.alloc(stats.size), 0, stats.size, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function isOpenToOthers(dir: string): Promise<boolean> {
  if (resolve(dir) === '/run/secrets') return false;
  if (((await stat(dir)).mode & 0o001) === 0) return false;
  return !(await readdir(dir)).includes('..data');
}

function unreadable(path: string, name: string, error: unknown): SluiceError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const variable = `SLUICE_SECRET_${name.toUpperCase().replaceAll(/[.-]/g, '_')}`;
  return code === 'ENOENT'
    ? invalid(`The secret "${name}" is not set: put its value into ${path} (mode 600) or into ${variable}.`, error)
    : invalid(`The secret "${name}" cannot be read from ${path}: ${code}.`, error);
}

function invalid(message: string, cause?: unknown): SluiceError {
  return new SluiceError('config_invalid', { message, cause });
}
