// Checks that need more than one value: targets that name a provider, addresses that clash, credentials in plain text. They read
// the unvalidated tree, so that they report beside the schema and not only after it.

import { routingFaults } from './check-routing.ts';
import { maxRemoteBodyBytes } from './defaults.ts';
import { describe } from './issues.ts';
import { type ConfigPath, formatPath } from './path.ts';
import type { Problem } from './problem.ts';
import type { SourceOf } from './sources.ts';
import { suggest } from './suggest.ts';
import { isSection, type Section, valueAt } from './tree.ts';
import { parseAddress } from './values.ts';

/** Every such fault of a tree. */
export function crossCheck(tree: Section, sourceOf: SourceOf): Problem[] {
  return [
    ...checkTargets(tree, sourceOf),
    ...checkRouting(tree, sourceOf),
    ...checkListeners(tree, sourceOf),
    ...checkHeaders(tree, sourceOf),
    ...checkBodies(tree, sourceOf),
  ];
}

function* checkTargets(tree: Section, sourceOf: SourceOf): Iterable<Problem> {
  const providers = Object.keys(sectionAt(tree, ['providers']));
  const expected = `a model of a configured provider: ${providers.map((name) => `${name}/…`).join(', ') || 'there is none'}`;
  for (const path of targetPaths(tree)) {
    const target = valueAt(tree, path);
    const [provider, model] = typeof target === 'string' ? target.split(/\/(.*)/s) : [];
    if (provider === undefined || !model || providers.includes(provider)) continue;
    const near = suggest(provider, providers);
    const hint =
      near === undefined ? `add the provider under providers.${provider}` : `did you mean "${near}/${model}"?`;
    yield { path: formatPath(path), source: sourceOf(path), found: describe(path, target), expected, hint };
  }
}

function* targetPaths(tree: Section): Iterable<ConfigPath> {
  for (const alias of Object.keys(sectionAt(tree, ['models']))) {
    const targets = valueAt(tree, ['models', alias, 'targets']);
    for (const [index, target] of Array.isArray(targets) ? targets.entries() : []) {
      const path = ['models', alias, 'targets', index];
      yield isSection(target) ? [...path, 'target'] : path;
    }
  }
}

function* checkRouting(tree: Section, sourceOf: SourceOf): Iterable<Problem> {
  for (const alias of Object.keys(sectionAt(tree, ['models']))) {
    for (const { path, expected } of routingFaults(tree, alias)) {
      yield { path: formatPath(path), source: sourceOf(path), found: describe(path, valueAt(tree, path)), expected };
    }
  }
}

/** Two listeners on one address: the second would fail to start. Port 0 never clashes. */
function* checkListeners(tree: Section, sourceOf: SourceOf): Iterable<Problem> {
  const seen = new Map<string, string>();
  for (const [listener, written] of Object.entries(sectionAt(tree, ['listen']))) {
    const address = typeof written === 'string' ? parseAddress(written) : undefined;
    if (address === undefined || address.port === 0) continue;
    const key = `${address.host}:${address.port}`;
    const other = seen.get(key);
    seen.set(key, listener);
    if (other === undefined) continue;
    const path = ['listen', listener];
    const expected = `another address than listen.${other}`;
    yield { path: formatPath(path), source: sourceOf(path), found: describe(path, written), expected };
  }
}

/** A body that the edge takes must fit into one message to the inference service, where that is another process. */
function* checkBodies(tree: Section, sourceOf: SourceOf): Iterable<Problem> {
  if (valueAt(tree, ['inference']) === undefined) return;
  for (const limit of ['maxBodyBytes', 'maxUploadBytes']) {
    const path = ['limits', limit];
    const value = valueAt(tree, path);
    if (typeof value !== 'number' || value <= maxRemoteBodyBytes) continue;
    const expected = `at most ${maxRemoteBodyBytes}, which a message to the inference service can carry`;
    yield { path: formatPath(path), source: sourceOf(path), found: describe(path, value), expected };
  }
}

const credentialHeader = /authorization|api-?key|token|secret|password|cookie/i;

function* checkHeaders(tree: Section, sourceOf: SourceOf): Iterable<Problem> {
  const owners: ConfigPath[] = Object.keys(sectionAt(tree, ['providers'])).map((name) => ['providers', name]);
  for (const owner of [...owners, ['telemetry', 'otlp']]) {
    for (const [header, value] of Object.entries(sectionAt(tree, [...owner, 'headers']))) {
      if (typeof value !== 'string' || !credentialHeader.test(header)) continue;
      const path = [...owner, 'headers', header];
      yield {
        path: formatPath(path),
        source: sourceOf(path),
        found: describe(path, value),
        expected: 'a reference to a secret: { secret: NAME }',
        hint: `put the value into a file in secrets.dir (mode 600) and write ${header}: { secret: NAME }`,
      };
    }
  }
}

function sectionAt(tree: Section, path: ConfigPath): Section {
  const value = valueAt(tree, path);
  return isSection(value) ? value : {};
}
