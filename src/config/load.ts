// Reads the configuration: the file, then the flags, over the environment and the defaults. Reports every fault at once.

import { dirname, resolve } from 'node:path';
import { type Assignment, environmentAssignments, parseSetFlag } from './assignments.ts';
import { buildConfig } from './build.ts';
import type { Config } from './config.ts';
import { crossCheck } from './cross-check.ts';
import { defaultModels, defaultProviders } from './defaults.ts';
import { readEnvironment, type Variables } from './environment.ts';
import { problemsOf } from './issues.ts';
import { type ConfigPath, formatPath } from './path.ts';
import type { Problem } from './problem.ts';
import { parseTree } from './schema.ts';
import { createSourceOf, type SourceOf } from './sources.ts';
import { removeAt, type Section, setAt, valueAt, withoutNulls } from './tree.ts';
import { unsupportedSettings } from './unsupported.ts';
import { readYamlFile, type YamlFile } from './yaml-file.ts';

/** Where the configuration comes from. */
export interface LoadOptions {
  /** `--config`; default: SLUICE_CONFIG, else no file. */
  readonly file?: string;
  /** The `--set` flags, each `path=value`, in order: the last one counts. */
  readonly set?: readonly string[];
  /** `--data-dir`: the same as a last `--set dataDir=…`. */
  readonly dataDir?: string;
  /** Default: process.env. */
  readonly env?: Variables;
  /** Where relative paths of flags and of the environment start. Default: the working directory. */
  readonly cwd?: string;
}

/** A complete configuration with the absolute paths of the files read, or every reason why there is none. */
export type LoadResult =
  | { readonly config: Config; readonly files: readonly string[] }
  | { readonly problems: readonly Problem[]; readonly files: readonly string[] };

/**
 * Never throws for what a user wrote. Precedence: flags, file, environment, defaults. A section `providers` or `models` that is
 * written replaces the default one as a whole. The config is deeply frozen.
 */
export function loadConfig(options: LoadOptions = {}): LoadResult {
  const { cwd = process.cwd() } = options;
  const environment = readEnvironment(options.env);
  const file = options.file ?? environment.configFile;
  const files = file === undefined ? [] : [resolve(cwd, file)];
  const yaml = file === undefined ? undefined : readYamlFile(resolve(cwd, file));
  const flags = (options.set ?? []).map(parseSetFlag);
  const flagProblems = flags.filter((flag): flag is Problem => 'found' in flag);
  if (yaml !== undefined && 'problems' in yaml) return { problems: [...yaml.problems, ...flagProblems], files };

  const assignments = [
    ...flags.filter((flag): flag is Assignment => 'value' in flag),
    ...dataDirAssignment(options.dataDir),
    ...environmentAssignments(environment),
  ];
  const merged = merge(yaml, assignments);
  const sourceOf = createSourceOf(yaml, merged.applied);
  const problems = [...flagProblems, ...merged.problems, ...crossCheck(merged.tree, sourceOf)];
  problems.push(...takeUnsupported(merged.tree, sourceOf));
  const parsed = parseTree(merged.tree);
  if (!parsed.success) problems.push(...problemsOf(parsed.error.issues, merged.tree, sourceOf));
  if (problems.length > 0 || !parsed.success) return { problems: problems.toSorted(bySource), files };

  const resolvePath = (path: ConfigPath, written: string): string => {
    const source = sourceOf(path);
    return resolve(source.kind === 'file' ? dirname(source.file) : cwd, written);
  };
  return { config: deepFreeze(buildConfig(parsed.data, resolvePath, cwd)), files };
}

interface Merged {
  readonly tree: Section;
  readonly applied: readonly Assignment[];
  readonly problems: readonly Problem[];
}

function merge(yaml: YamlFile | undefined, assignments: readonly Assignment[]): Merged {
  const tree = withoutNulls(yaml?.tree ?? {}) as Section;
  const applied: Assignment[] = [];
  const problems: Problem[] = [];
  addDefaultSections(tree);
  for (const assignment of assignments) {
    const { path, value, source, isFallback } = assignment;
    if (isFallback && valueAt(tree, path) !== undefined) continue;
    if (setAt(tree, path, withoutNulls(value))) applied.push(assignment);
    else
      problems.push({
        path: formatPath(path),
        source,
        found: 'a path through a value that is no section',
        expected: 'the path of a value',
      });
  }
  return { tree, applied, problems };
}

/** Whole sections, so that a file with `providers: { gpu: … }` runs exactly that and loads no local models. */
function addDefaultSections(tree: Section): void {
  tree['providers'] ??= structuredClone(defaultProviders);
  const hasLocal = valueAt(tree, ['providers', 'local', 'type']) === 'local';
  tree['models'] ??= hasLocal ? structuredClone(defaultModels) : {};
}

/** Reports these by name and takes them out, so that the schema does not call them unknown as well. */
function takeUnsupported(tree: Section, sourceOf: SourceOf): Problem[] {
  return unsupportedSettings(tree).map(({ path, found, expected }) => {
    const problem = { path: formatPath(path), source: sourceOf(path, 'key'), found, expected };
    removeAt(tree, path.at(-1) === 'type' ? path.slice(0, -1) : path);
    return problem;
  });
}

function dataDirAssignment(dataDir: string | undefined): Assignment[] {
  if (dataDir === undefined) return [];
  return [
    { path: ['dataDir'], value: dataDir, source: { kind: 'flag', flag: `--data-dir ${dataDir}` }, isFallback: false },
  ];
}

/** In the order of the file; what came from elsewhere after it. */
function bySource(a: Problem, b: Problem): number {
  const [left, right] = [a.source, b.source];
  if (left.kind === 'file' && right.kind === 'file') return left.line - right.line || left.column - right.column;
  return Number(left.kind !== 'file') - Number(right.kind !== 'file');
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
