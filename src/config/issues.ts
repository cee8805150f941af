// Turns what the schema found into problems: one for each fault, with what is there, what was expected, and a hint.

import type { z } from 'zod';
import { oneOf } from './expected.ts';
import { knownKeysAt } from './known-keys.ts';
import { type ConfigPath, formatPath } from './path.ts';
import type { Problem } from './problem.ts';
import type { SourceOf } from './sources.ts';
import { suggest } from './suggest.ts';
import { isSection, type Section, valueAt } from './tree.ts';
import { addressForm, addressHint } from './values.ts';

type Issue = z.core.$ZodIssue;

/** The problems behind issues of a tree. */
export function problemsOf(issues: readonly Issue[], tree: Section, sourceOf: SourceOf): Problem[] {
  return issues.flatMap((issue) => fromIssue(issue, toPath(issue.path), tree, sourceOf));
}

function fromIssue(issue: Issue, path: ConfigPath, tree: Section, sourceOf: SourceOf): Problem[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], tree, sourceOf));
    case 'invalid_key':
      return [
        at(
          path,
          'key',
          issue.issues[0]?.message ?? issue.message,
          tree,
          sourceOf,
          `the name ${JSON.stringify(path.at(-1))}`,
        ),
      ];
    case 'invalid_union':
      return fromUnion(issue, path, tree, sourceOf);
    case 'custom':
      return [
        withHint(
          at(path, 'value', issue.message, tree, sourceOf),
          issue.params?.['hint'] ?? hintFor(issue, path, tree),
        ),
      ];
    default:
      return [withHint(at(path, 'value', issue.message, tree, sourceOf), hintFor(issue, path, tree))];
  }
}

/** What to write instead, for the mistakes that people make. */
function hintFor(issue: Issue, path: ConfigPath, tree: Section): string | undefined {
  const found = valueAt(tree, path);
  if (issue.message === addressForm) return addressHint(found);
  if (path.at(-1) === 'apiKey' && typeof found === 'string') {
    const secret = String(path.at(-2));
    return `put the value into the file ${secret} in secrets.dir (mode 600) and write apiKey: { secret: ${secret} }`;
  }
  const wantsNumber = issue.code === 'invalid_type' && issue.expected === 'number';
  return wantsNumber && /^-?[\d.]+$/.test(String(found)) ? 'write the number without quotes' : undefined;
}

/** A choice by `type`, or between forms: then the form that was begun is the one to complain about. */
function fromUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: ConfigPath,
  tree: Section,
  sourceOf: SourceOf,
): Problem[] {
  if (issue.errors.length === 0) {
    const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
    const found = valueAt(tree, path);
    const near = typeof found === 'string' ? suggest(found, options) : undefined;
    return [withHint(at(path, 'value', oneOf(options), tree, sourceOf), near && `did you mean "${near}"?`)];
  }
  const begun = issue.errors.filter(
    (form) => !form.some((inner) => inner.path.length === 0 && inner.code === 'invalid_type'),
  );
  const [only] = begun;
  if (begun.length !== 1 || only === undefined) return [at(path, 'value', issue.message, tree, sourceOf)];
  return only.flatMap((inner) => fromIssue(inner, [...path, ...toPath(inner.path)], tree, sourceOf));
}

function unknownKey(path: ConfigPath, tree: Section, sourceOf: SourceOf): Problem {
  const section = path.slice(0, -1);
  const known = knownKeysAt(section, (at) => valueAt(tree, at));
  const near = suggest(String(path.at(-1)), known);
  const expected = known.length === 0 ? 'a known key' : `one of ${known.join(', ')}`;
  const found = `the unknown key ${JSON.stringify(path.at(-1))}`;
  return withHint(at(path, 'key', expected, tree, sourceOf, found), near && `did you mean "${near}"?`);
}

function at(
  path: ConfigPath,
  what: 'key' | 'value',
  expected: string,
  tree: Section,
  sourceOf: SourceOf,
  found?: string,
): Problem {
  return {
    path: formatPath(path),
    source: sourceOf(path, what),
    found: found ?? describe(path, valueAt(tree, path)),
    expected,
  };
}

/** A value as it may be shown: short, and never a credential. */
export function describe(path: ConfigPath, value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (isSection(value)) return 'a section';
  if (typeof value !== 'string') return String(value);
  if (path.some((step) => step === 'apiKey' || step === 'headers')) return 'text (not shown: it may be a secret)';
  const shown = value.replace(/\/\/[^/@]*@/, '//…@');
  return JSON.stringify(shown.length > 80 ? `${shown.slice(0, 80)}…` : shown);
}

function withHint(problem: Problem, hint: unknown): Problem {
  return typeof hint === 'string' ? { ...problem, hint } : problem;
}

function toPath(path: readonly PropertyKey[]): ConfigPath {
  return path.map((step) => (typeof step === 'number' ? step : String(step)));
}
