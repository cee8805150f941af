// What a repository of the hub holds at one commit, with sizes and checksums: `GET /api/models/{repo}/revision/{revision}`
// with `blobs=true`, as the huggingface_hub library asks it.

import { SluiceError } from '../../../core/error.ts';
import { isJsonObject, type JsonValue } from '../../../core/json.ts';
import { connectionFailure, type HubSource, hubGet } from './hub-request.ts';

/** A file as the hub announces it. */
export interface HubFile {
  /** Relative, with `/`; never leaves the repository. */
  readonly path: string;
  readonly bytes: number;
  /** Large files carry the SHA-256 of their content, small ones git's SHA-1 of the blob. */
  readonly checksum: { readonly kind: 'sha256' | 'git-sha1'; readonly hex: string };
}

/** The files of one commit. */
export interface HubListing {
  readonly commit: string;
  readonly files: readonly HubFile[];
}

/** A listing is a few hundred bytes per file; more than this is no listing. */
const maxListingBytes = 8_000_000;

/** Lists a repository. Entries that are no plain files inside it are left out. */
export async function listHubFiles(source: HubSource, revision: string): Promise<HubListing> {
  const path = `/api/models/${source.repo}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const { body } = await hubGet(source, path, { accept: 'application/json' });
  let text = '';
  try {
    for await (const chunk of body.setEncoding('utf8')) {
      text += chunk;
      if (text.length > maxListingBytes) throw malformed('it is too long');
    }
  } catch (cause) {
    throw connectionFailure(source, cause);
  }
  const listing = parseJson(text);
  if (!isJsonObject(listing)) throw malformed('it is not a JSON object');
  const { sha, siblings } = listing;
  if (typeof sha !== 'string' || !/^[0-9a-f]{7,64}$/.test(sha) || !Array.isArray(siblings)) {
    throw malformed('commit or files are missing');
  }
  return { commit: sha, files: siblings.flatMap((sibling) => fileOf(sibling) ?? []) };
}

function fileOf(sibling: JsonValue): HubFile | undefined {
  if (!isJsonObject(sibling)) return undefined;
  const { rfilename: path, size, blobId, lfs } = sibling;
  if (typeof path !== 'string' || !isInside(path)) return undefined;
  if (isJsonObject(lfs) && typeof lfs['sha256'] === 'string' && isSize(lfs['size'])) {
    return { path, bytes: lfs['size'], checksum: { kind: 'sha256', hex: lfs['sha256'].toLowerCase() } };
  }
  if (typeof blobId !== 'string' || !isSize(size)) return undefined;
  return { path, bytes: size, checksum: { kind: 'git-sha1', hex: blobId.toLowerCase() } };
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isInside(path: string): boolean {
  return !path.includes('\\') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function parseJson(text: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed('it is not JSON', cause);
  }
}

function malformed(problem: string, cause?: unknown): SluiceError {
  return new SluiceError('upstream_malformed', {
    message: `The hub's list of files cannot be read: ${problem}.`,
    cause,
  });
}
