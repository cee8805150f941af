// Fetches the files that the engine needs from a Hugging Face repository (or a mirror of the hub): resumable, verified, atomic.
// It runs on the command line only; a server never downloads a model by itself.

import { join } from 'node:path';
import { SluiceError } from '../../core/error.ts';
import { fetchHubFile } from './hub/hub-file.ts';
import { type HubFile, listHubFiles } from './hub/hub-listing.ts';
import { companionFiles, requiredFiles, weightFiles } from './weight-files.ts';

/** The public hub. */
const defaultBaseUrl = 'https://huggingface.co';

/** What to fetch and where to put it. */
export interface PullOptions {
  /** `owner/name`. */
  readonly repo: string;
  /** Files go to `directory/owner/name`. */
  readonly directory: string;
  /** Branch, tag or commit; default `main`. All files come from the one commit that it names when the fetch begins. */
  readonly revision?: string;
  /** A mirror of the hub, without a trailing slash. */
  readonly baseUrl?: string;
  /** Called for every piece that arrives, and once for a file that is there already. */
  readonly onProgress?: (progress: PullProgress) => void;
  readonly signal: AbortSignal;
}

/** How far one file is. */
export interface PullProgress {
  readonly file: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

/** A file as it lies on disk, verified. */
export interface PulledFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A model that can be mounted. */
export interface PulledModel {
  readonly directory: string;
  readonly files: readonly PulledFile[];
}

/**
 * Fetches a model. What arrived before an interruption is kept and continued; a file is visible under its name only when its
 * size and checksum are right. Rejects with `upstream_unavailable` when the hub cannot be reached, `not_found` when it has no
 * such repository, `upstream_malformed` when a file is not what the hub announced, `invalid_request` when the repository has no
 * weights that the engine can run.
 */
export async function pullModel(options: PullOptions): Promise<PulledModel> {
  if (!/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(options.repo)) {
    throw new SluiceError('invalid_request', { message: `'${options.repo}' is not a repository: write owner/name.` });
  }
  const source = {
    baseUrl: (options.baseUrl ?? defaultBaseUrl).replace(/\/+$/, ''),
    repo: options.repo,
    signal: options.signal,
  };
  const listing = await listHubFiles(source, options.revision ?? 'main');
  const directory = join(options.directory, ...options.repo.split('/'));
  const files: PulledFile[] = [];
  for (const file of neededFiles(options.repo, listing.files)) {
    const onReceived = (receivedBytes: number): void =>
      options.onProgress?.({ file: file.path, receivedBytes, totalBytes: file.bytes });
    const sha256 = await fetchHubFile(source, listing.commit, file, directory, onReceived);
    files.push({ path: file.path, bytes: file.bytes, sha256 });
  }
  return { directory, files };
}

/** The best weights with their external data, and what is read beside them. Small files first: a mistake shows early. */
function neededFiles(repo: string, files: readonly HubFile[]): readonly HubFile[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const weights = weightFiles.find((path) => byPath.has(path));
  const missing = requiredFiles.find((path) => !byPath.has(path));
  if (weights === undefined || missing !== undefined) {
    throw new SluiceError('invalid_request', {
      message: `'${repo}' cannot be run here: it has no ${missing ?? `ONNX weights (${weightFiles.join(', ')})`}.`,
    });
  }
  // Weights of more than 2 GB lie beside the graph: model.onnx_data, model.onnx_data_1, …
  const isWeight = (path: string): boolean => path === weights || path.startsWith(`${weights}_data`);
  return [
    ...companionFiles.flatMap((path) => byPath.get(path) ?? []),
    ...files.filter((file) => isWeight(file.path) && !file.path.slice(weights.length).includes('/')),
  ];
}
