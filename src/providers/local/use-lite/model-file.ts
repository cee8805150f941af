// Keeps the converted USE-lite model in a cache directory: made on first use, checked on every load, made again when damaged.

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { convertUseLite, type Precision, useLiteGraphVersion } from './convert.ts';
import { readUseLiteWeights } from './weights.ts';

/**
 * The path of a model file whose checksum was verified just now. Converts (about 0.3 s of CPU, so call it off the event loop)
 * when there is no file, no checksum, or the two disagree. Safe when several processes do this at once: files appear whole,
 * and all of them write the same bytes. Rejects with the file system's error when the directory cannot be written.
 */
export async function ensureUseLiteModel(cacheDir: string, precision: Precision = 'int8'): Promise<string> {
  const path = join(cacheDir, `use-lite-${precision}-v${useLiteGraphVersion}.onnx`);
  const checksumPath = `${path}.sha256`;
  if (await matches(path, checksumPath)) return path;
  await mkdir(cacheDir, { recursive: true });
  const bytes = convertUseLite(await readUseLiteWeights(), precision);
  await writeWhole(path, bytes);
  // The checksum comes last: a crash in between leaves a file without one, which is made again.
  await writeWhole(checksumPath, `${digest(bytes)}\n`);
  return path;
}

async function matches(path: string, checksumPath: string): Promise<boolean> {
  try {
    const [bytes, checksum] = await Promise.all([readFile(path), readFile(checksumPath, 'utf8')]);
    return digest(bytes) === checksum.trim();
  } catch (error) {
    // Only absence means "make it": a file that is there but unreadable is for the operator to see.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Writes beside the target and renames, so that no reader ever sees half a file. */
async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
