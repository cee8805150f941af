// Fetches one file of the hub into a directory: continues a part that is there, verifies, and only then gives it its name.

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SluiceError } from '../../../core/error.ts';
import type { HubFile } from './hub-listing.ts';
import { connectionFailure, type HubSource, hubGet } from './hub-request.ts';

/** The SHA-256 of the content, and the hash by which the hub knows it. */
interface Fingerprint {
  readonly sha256: Hash;
  readonly announced: Hash;
}

/** Returns the SHA-256 of the file, which lies complete and verified at `directory/file.path` when this resolves. */
export async function fetchHubFile(
  source: HubSource,
  commit: string,
  file: HubFile,
  directory: string,
  onReceived: (receivedBytes: number) => void,
): Promise<string> {
  const path = join(directory, ...file.path.split('/'));
  const present = await verifiedSha256(path, file);
  if (present !== undefined) {
    onReceived(file.bytes);
    return present;
  }
  await mkdir(dirname(path), { recursive: true });
  // The checksum in the name ties a part to its content: a newer commit never continues an older file.
  const part = `${path}.${file.checksum.hex.slice(0, 12)}.part`;
  const fingerprint = await receive(source, commit, file, part, onReceived);
  if (fingerprint.announced.digest('hex') !== file.checksum.hex) {
    await rm(part, { force: true });
    throw new SluiceError('upstream_malformed', {
      message: `${file.path} arrived with a wrong checksum and was deleted. Run the command again; if it repeats, the mirror is broken.`,
    });
  }
  await rename(part, path);
  return fingerprint.sha256.digest('hex');
}

/** The SHA-256 of a file that is there and is what the hub announced, else `undefined`. */
async function verifiedSha256(path: string, file: HubFile): Promise<string | undefined> {
  if ((await sizeOf(path)) !== file.bytes) return undefined;
  const fingerprint = newFingerprint(file);
  await addFile(fingerprint, path);
  return fingerprint.announced.digest('hex') === file.checksum.hex ? fingerprint.sha256.digest('hex') : undefined;
}

/** Brings the part to full length. */
async function receive(
  source: HubSource,
  commit: string,
  file: HubFile,
  part: string,
  onReceived: (receivedBytes: number) => void,
): Promise<Fingerprint> {
  let from = (await sizeOf(part)) ?? 0;
  if (from > file.bytes) from = 0;
  const fingerprint = newFingerprint(file);
  if (from === file.bytes && from > 0) {
    await addFile(fingerprint, part);
    return fingerprint;
  }
  const encoded = file.path.split('/').map(encodeURIComponent).join('/');
  const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
  const {
    statusCode,
    headers: answer,
    body,
  } = await hubGet(source, `/${source.repo}/resolve/${commit}/${encoded}`, headers);
  // A server without ranges sends everything again; one that sends another range would spoil the file.
  const continues = statusCode === 206 && String(answer['content-range']).startsWith(`bytes ${from}-`);
  if (!continues) from = 0;
  if (continues) await addFile(fingerprint, part);
  const handle = await open(part, continues ? 'a' : 'w');
  try {
    await write(source, file, body, handle, fingerprint, from, onReceived);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return fingerprint;
}

/** Writes what arrives; the next piece is read when this one is on its way to the disk. */
async function write(
  source: HubSource,
  file: HubFile,
  body: AsyncIterable<Uint8Array>,
  handle: FileHandle,
  fingerprint: Fingerprint,
  from: number,
  onReceived: (receivedBytes: number) => void,
): Promise<void> {
  let received = from;
  try {
    for await (const chunk of body) {
      received += chunk.byteLength;
      if (received > file.bytes) break;
      await handle.appendFile(chunk);
      add(fingerprint, chunk);
      onReceived(received);
    }
  } catch (cause) {
    throw connectionFailure(source, cause);
  }
  if (received === file.bytes) return;
  if (received > file.bytes) await handle.truncate(0);
  throw new SluiceError('upstream_malformed', {
    message: `${file.path} is not of the announced size (${file.bytes} bytes): ${received > file.bytes ? 'more' : 'less'} arrived.`,
  });
}

function newFingerprint(file: HubFile): Fingerprint {
  const sha256 = createHash('sha256');
  if (file.checksum.kind === 'sha256') return { sha256, announced: createHash('sha256') };
  // Git hashes the content behind a header that holds its length.
  return { sha256, announced: createHash('sha1').update(`blob ${file.bytes}\0`) };
}

function add(fingerprint: Fingerprint, bytes: Uint8Array): void {
  fingerprint.sha256.update(bytes);
  fingerprint.announced.update(bytes);
}

async function addFile(fingerprint: Fingerprint, path: string): Promise<void> {
  for await (const chunk of createReadStream(path)) add(fingerprint, chunk);
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
