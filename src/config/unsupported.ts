// What the full design of sluice.yaml has and this version does not. It is refused by name: a setting that is silently ignored
// is worse than none.

import type { ConfigPath } from './path.ts';
import { isSection, valueAt } from './tree.ts';

/** A setting that this version cannot honour. */
export interface UnsupportedSetting {
  readonly path: ConfigPath;
  /** The value as it may be shown. */
  readonly found: string;
  readonly expected: string;
}

/** Sections that later versions have. */
const topLevel: Readonly<Record<string, string>> = {
  state: 'shared state (Redis) is',
  vectors: 'a vector store is',
  redaction: 'redaction is',
  budgets: 'budgets are',
  jobs: 'jobs are',
  retrieval: 'retrieval is',
};

const perModel: Readonly<Record<string, string>> = {
  cache: 'answer caches are',
  degrade: 'degradation is',
  evaluate: 'evaluation is',
  budget: 'budgets are',
};

/** Every such setting in a tree. */
export function unsupportedSettings(tree: unknown): UnsupportedSetting[] {
  return [...topLevelSettings(tree), ...modelSettings(tree), ...engineSettings(tree)];
}

function* topLevelSettings(tree: unknown): Iterable<UnsupportedSetting> {
  for (const [key, what] of Object.entries(topLevel)) {
    if (valueAt(tree, [key]) !== undefined)
      yield { path: [key], found: `the section "${key}"`, expected: without(what) };
  }
}

function* modelSettings(tree: unknown): Iterable<UnsupportedSetting> {
  const models = valueAt(tree, ['models']);
  for (const alias of isSection(models) ? Object.keys(models) : []) {
    for (const [key, what] of Object.entries(perModel)) {
      const path = ['models', alias, key];
      if (valueAt(tree, path) !== undefined) yield { path, found: `the key "${key}"`, expected: without(what) };
    }
  }
}

/** Stores and buses that are chosen by the scheme of an address. Only the scheme is shown: the rest may hold a password. */
function* engineSettings(tree: unknown): Iterable<UnsupportedSetting> {
  for (const [key, expected] of [
    ['store', 'sqlite:PATH'],
    ['bus', 'embedded'],
  ] as const) {
    const scheme = /^([a-z+]+):\/\//.exec(String(valueAt(tree, [key])))?.[1];
    if (scheme === undefined) continue;
    yield {
      path: [key],
      found: `${scheme}://…`,
      expected: `${expected}: ${scheme}:// is not supported by this version`,
    };
  }
}

function without(what: string): string {
  return `a configuration without it: ${what} not supported by this version`;
}
