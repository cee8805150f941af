// Hot reload: notices that the configuration file changed, loads it again, and hands it on only when it is valid.

import { createHash } from 'node:crypto';
import { type FSWatcher, readFileSync, realpathSync, statSync, watch } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config.ts';
import { defaultDebounceMs, defaultPollMs } from './defaults.ts';
import type { LoadResult } from './load.ts';
import type { Problem } from './problem.ts';

/** The part of the Clock port that is needed here (config may not import ports). */
export interface WatchTimers {
  setTimer(delayMs: number, run: () => void): { cancel(): void };
}

/** What differs between two configurations. */
export interface ConfigChange {
  /** Paths of one or two steps whose value differs, such as `models.chat` or `store`. */
  readonly changed: readonly string[];
  /** Those of them that only take effect after a restart. */
  readonly needRestart: readonly string[];
}

/** See watchConfig. */
export interface WatchOptions {
  /** The file that was loaded. */
  readonly file: string;
  /** The configuration that serves now. */
  readonly current: Config;
  /** Loads again, with the same flags. */
  readonly load: () => LoadResult;
  readonly timers: WatchTimers;
  /** A valid configuration that differs from the one before. */
  readonly onChange: (config: Config, change: ConfigChange) => void;
  /** The file is invalid or gone; the configuration before serves on. Called once for each content. */
  readonly onRefused: (problems: readonly Problem[]) => void;
  readonly debounceMs?: number;
  readonly pollMs?: number;
}

/** A running watch. */
export interface ConfigWatch {
  /** Loads the file now, also when it seems unchanged (SIGHUP). */
  reload(): void;
  close(): void;
}

/** Sections that are read once, when listeners are opened and stores are connected. */
const readOnce: ReadonlySet<string> = new Set([
  'dataDir',
  'listen',
  'inference',
  'rpc',
  'store',
  'bus',
  'secrets',
  'limits',
  'telemetry',
]);

/**
 * Watches the folder of the file, and of what it links to, not the file: editors replace it and Kubernetes swaps a link beside
 * it. A poll of the content does the rest where no events come. A change is loaded `debounceMs` after its last event.
 */
export function watchConfig(options: WatchOptions): ConfigWatch {
  const { file, load, timers, debounceMs = defaultDebounceMs, pollMs = defaultPollMs } = options;
  let { current } = options;
  let seen = fingerprint(file);
  let pending: { cancel(): void } | undefined;
  let poll: { cancel(): void } | undefined;

  const apply = (): void => {
    const result = load();
    if ('problems' in result) {
      options.onRefused(result.problems);
      return;
    }
    const change = diff(current, result.config);
    if (change.changed.length === 0) return;
    current = result.config;
    options.onChange(current, change);
  };
  const applyIfChanged = (): void => {
    const now = fingerprint(file);
    if (now === seen) return;
    seen = now;
    apply();
  };
  const onEvent = (): void => {
    pending?.cancel();
    pending = timers.setTimer(debounceMs, () => {
      folders.renew();
      applyIfChanged();
    });
  };
  const folders = createFolderWatch(file, onEvent);
  const onPoll = (): void => {
    folders.renew();
    applyIfChanged();
    poll = timers.setTimer(pollMs, onPoll);
  };
  poll = timers.setTimer(pollMs, onPoll);

  return {
    reload() {
      seen = fingerprint(file);
      apply();
    },
    close() {
      pending?.cancel();
      poll?.cancel();
      folders.close();
    },
  };
}

/** What changed between two configurations, section by section. */
function diff(before: Config, after: Config): ConfigChange {
  const changed: string[] = [];
  const needRestart: string[] = [];
  for (const section of union(before, after)) {
    const [old, now] = [sectionOf(before, section), sectionOf(after, section)];
    if (isDeepStrictEqual(old, now)) continue;
    const isComparable = isRecord(old) && isRecord(now);
    const keys = isComparable ? union(old, now).filter((key) => !isDeepStrictEqual(old[key], now[key])) : [];
    const paths = keys.length === 0 ? [section] : keys.map((key) => `${section}.${key}`);
    changed.push(...paths);
    if (readOnce.has(section)) needRestart.push(...paths);
  }
  return { changed, needRestart };
}

function union(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

function sectionOf(config: Config, section: string): unknown {
  return (config as unknown as Record<string, unknown>)[section];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Tells contents apart; a file that cannot be read is a content of its own. */
function fingerprint(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
  }
}

/**
 * Watches the folders through which the file is reached. A folder that cannot be watched (no inotify watches left, a network
 * file system) is left to the poll. `renew` follows links that were swapped and folders that were replaced.
 */
function createFolderWatch(file: string, onEvent: () => void): { renew(): void; close(): void } {
  const watchers = new Map<string, { readonly watcher: FSWatcher; readonly inode: number }>();
  const drop = (folder: string): void => {
    watchers.get(folder)?.watcher.close();
    watchers.delete(folder);
  };
  const follow = (folder: string, inode: number): void => {
    if (watchers.get(folder)?.inode === inode) return;
    drop(folder);
    const watcher = watch(folder, { persistent: false }, onEvent);
    watcher.on('error', () => drop(folder));
    watchers.set(folder, { watcher, inode });
  };
  const renew = (): void => {
    const wanted = foldersOf(file);
    for (const folder of watchers.keys()) if (!wanted.has(folder)) drop(folder);
    for (const folder of wanted) {
      try {
        follow(folder, statSync(folder).ino);
      } catch {
        drop(folder); // the poll notices changes all the same
      }
    }
  };
  renew();
  return {
    renew,
    close() {
      for (const folder of [...watchers.keys()]) drop(folder);
    },
  };
}

function foldersOf(file: string): ReadonlySet<string> {
  const folders = new Set([dirname(resolve(file))]);
  try {
    folders.add(dirname(realpathSync(file)));
  } catch {
    // gone for now; its own folder is watched
  }
  return folders;
}
