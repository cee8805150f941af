// Each rule is shown on a made-up tree that breaks it and nothing else, and on one that keeps it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkClosure, checkCycles, checkFollowed, checkLevels, type Violation } from './layer-rules.ts';
import { withTree } from './made-up-tree.ts';
import { readSourceGraph, type SourceGraph } from './source-graph.ts';

/** A tree in which each file imports the named ones. */
type Tree = Readonly<Record<string, readonly string[]>>;

function graphOf(tree: Tree): SourceGraph {
  const imports = Object.entries(tree).flatMap(([from, targets]) => targets.map((to) => ({ from, to, line: 1 })));
  return { files: Object.keys(tree).sort(), imports, unfollowed: [] };
}

function messages(violations: readonly Violation[]): string[] {
  return violations.map(({ file, message }) => `${file}: ${message}`);
}

/** [what the import is, importing file, imported file] */
const forbidden: readonly (readonly [string, string, string])[] = [
  ['core imports ports', 'src/core/a.ts', 'src/ports/b.ts'],
  ['core imports telemetry', 'src/core/a.ts', 'src/telemetry/b.ts'],
  ['ports imports telemetry', 'src/ports/a.ts', 'src/telemetry/b.ts'],
  ['ports imports config', 'src/ports/a.ts', 'src/config/b.ts'],
  ['telemetry imports ports', 'src/telemetry/a.ts', 'src/ports/b.ts'],
  ['telemetry imports adapters', 'src/telemetry/a.ts', 'src/adapters/otel/b.ts'],
  ['config imports edge', 'src/config/a.ts', 'src/edge/b.ts'],
  ['edge imports config', 'src/edge/a.ts', 'src/config/b.ts'],
  ['edge imports inference', 'src/edge/a.ts', 'src/inference/b.ts'],
  ['edge imports rpc', 'src/edge/a.ts', 'src/rpc/b.ts'],
  ['edge imports the generated code of rpc', 'src/edge/a.ts', 'src/rpc/generated/b.ts'],
  ['inference imports providers', 'src/inference/a.ts', 'src/providers/local/b.ts'],
  ['jobs imports adapters', 'src/jobs/a.ts', 'src/adapters/sqlite/b.ts'],
  ['security imports edge', 'src/security/a.ts', 'src/edge/b.ts'],
  ['retrieval imports roles', 'src/retrieval/a.ts', 'src/roles/b.ts'],
  ['an adapter imports its sibling', 'src/adapters/redis/a.ts', 'src/adapters/sqlite/b.ts'],
  ['a provider imports its sibling', 'src/providers/vertex/a.ts', 'src/providers/openai/b.ts'],
  ['the shared provider imports a sibling', 'src/providers/openai-compatible/a.ts', 'src/providers/openai/b.ts'],
  ['the transport imports a vendor', 'src/providers/transport/a.ts', 'src/providers/openai-compatible/b.ts'],
  ['the translation imports the transport', 'src/providers/translation/a.ts', 'src/providers/transport/b.ts'],
  ['open-inference imports rpc', 'src/open-inference/a.ts', 'src/rpc/b.ts'],
  ['roles imports the command line', 'src/roles/a.ts', 'src/cli/b.ts'],
  ['roles imports the entry', 'src/roles/a.ts', 'src/main.ts'],
  ['product imports a test', 'src/core/a.ts', 'src/core/b.test.ts'],
  ['product imports a fixture', 'src/core/a.ts', 'test/fixtures/b.ts'],
  ['product imports a script', 'src/roles/a.ts', 'scripts/b.ts'],
];

for (const [what, from, to] of forbidden) {
  test(`layers: refuse that ${what}`, () => {
    const found = checkLevels(graphOf({ [from]: [to], [to]: [] }));
    assert.equal(found.length, 1, messages(found).join('\n'));
    assert.equal(found[0]?.file, from);
    assert.ok(found[0]?.message.startsWith(`imports ${to}`), found[0]?.message);
  });
}

test('layers: allow every import of the design', () => {
  const tree: Tree = {
    'src/core/a.ts': ['src/core/b.ts'],
    'src/core/b.ts': [],
    'src/ports/a.ts': ['src/core/a.ts'],
    'src/telemetry/a.ts': ['src/core/a.ts'],
    'src/config/a.ts': ['src/core/a.ts'],
    'src/edge/routes/a.ts': ['src/edge/b.ts', 'src/core/a.ts', 'src/ports/a.ts', 'src/telemetry/a.ts'],
    'src/edge/b.ts': [],
    'src/rpc/a.ts': ['src/rpc/generated/sluice/b.ts'],
    'src/rpc/generated/sluice/b.ts': [],
    'src/providers/vertex/a.ts': ['src/providers/openai-compatible/a.ts', 'src/providers/vertex/b.ts'],
    'src/providers/vertex/b.ts': ['src/providers/transport/a.ts', 'src/providers/translation/a.ts'],
    'src/providers/openai-compatible/a.ts': ['src/providers/transport/a.ts', 'src/providers/translation/a.ts'],
    'src/providers/transport/a.ts': ['src/providers/translation/a.ts'],
    'src/providers/translation/a.ts': [],
    'src/adapters/sqlite/a.ts': ['src/ports/a.ts'],
    'src/roles/all.ts': ['src/edge/b.ts', 'src/rpc/a.ts', 'src/config/a.ts', 'src/adapters/sqlite/a.ts'],
    'src/cli/serve.ts': ['src/roles/all.ts', 'src/config/a.ts', 'src/core/a.ts'],
    'src/main.ts': ['src/cli/serve.ts', 'src/roles/all.ts', 'src/config/a.ts'],
    'src/edge/b.test.ts': ['src/inference/service.ts', 'test/fixtures/clock.ts', 'src/adapters/sqlite/a.ts'],
    'src/inference/service.ts': ['src/ports/a.ts'],
    'test/fixtures/clock.ts': ['src/ports/a.ts'],
    'scripts/a.ts': ['src/core/a.ts', 'src/config/a.ts'],
  };
  assert.deepEqual(messages(checkLevels(graphOf(tree))), []);
  assert.deepEqual(messages(checkCycles(graphOf(tree))), []);
});

test('layers: refuse folders and files that the design does not name', () => {
  const tree: Tree = { 'src/utils/a.ts': [], 'src/loose.ts': [], 'src/adapters/loose.ts': [], 'src/main.ts': [] };
  assert.deepEqual(messages(checkLevels(graphOf(tree))), [
    'src/adapters/loose.ts: adapters/ holds only folders, one per technology',
    'src/loose.ts: only src/main.ts lies directly in src/',
    'src/utils/a.ts: src/utils/ is not a folder of the design',
  ]);
});

test('layers: report each import cycle once, with its shortest circle', () => {
  const tree: Tree = {
    'src/core/a.ts': ['src/core/b.ts'],
    'src/core/b.ts': ['src/core/c.ts'],
    'src/core/c.ts': ['src/core/a.ts', 'src/core/d.ts'],
    'src/core/d.ts': [],
    'src/core/self.ts': ['src/core/self.ts'],
  };
  assert.deepEqual(messages(checkCycles(graphOf(tree))), [
    'src/core/a.ts: import cycle: src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts',
    'src/core/self.ts: import cycle: src/core/self.ts → src/core/self.ts',
  ]);
});

test('layers: a cycle of types alone is a cycle', () => {
  const files = {
    'src/core/a.ts': `import type { B } from './b.ts';\nexport interface A { b: B }`,
    'src/core/b.ts': `export interface B { a: import('./a.ts').A }`,
  };
  assert.equal(withTree(files, (root) => checkCycles(readSourceGraph(root, ['src']))).length, 1);
});

test('layers: the closure of the edge names the chain by which it reaches inference', () => {
  const graph = graphOf({
    'src/roles/edge.ts': ['src/roles/start.ts', 'src/edge/a.ts'],
    'src/roles/start.ts': ['src/rpc/a.ts', 'src/inference/service.ts'],
    'src/edge/a.ts': [],
  });
  assert.deepEqual(messages(checkClosure(graph, 'src/roles/edge.ts', ['src/inference', 'src/jobs', 'src/providers'])), [
    'src/roles/edge.ts: must not reach src/inference/, but does: ' +
      'src/roles/edge.ts → src/roles/start.ts → src/inference/service.ts',
  ]);
});

test('layers: an import that cannot be followed is a violation', () => {
  const graph = withTree({ 'src/core/a.ts': `await import(name);` }, (root) => readSourceGraph(root, ['src']));
  assert.equal(checkFollowed(graph).length, 1);
});

/** The exit status and output of check-layers.ts on a tree. */
function runCheck(
  files: Readonly<Record<string, string>>,
  minFiles: number,
): { status: number | null; output: string } {
  return withTree(files, (root) => {
    const script = join(import.meta.dirname, 'check-layers.ts');
    const run = spawnSync(process.execPath, [script, '--root', root, '--min-files', String(minFiles)], {
      encoding: 'utf8',
    });
    return { status: run.status, output: run.stdout + run.stderr };
  });
}

test('check-layers: passes on a clean tree and fails on each kind of violation', () => {
  assert.equal(runCheck({ 'src/core/a.ts': '' }, 1).status, 0);
  assert.match(runCheck({ 'src/core/a.ts': `import '../ports/b.ts';`, 'src/ports/b.ts': '' }, 1).output, /level 0/);
  assert.equal(runCheck({ 'src/core/a.ts': `import './a.ts';` }, 1).status, 1);
  const edge = { 'src/roles/edge.ts': `import type {} from '../jobs/a.ts';`, 'src/jobs/a.ts': '' };
  assert.match(runCheck(edge, 1).output, /must not reach src\/jobs/);
});

test('check-layers: fails on a test file whose hooks reach other files', () => {
  assert.match(runCheck({ 'src/core/a.test.ts': 'afterEach(() => {});' }, 1).output, /afterEach outside a suite/);
});

test('check-layers: fails when it reads too few files', () => {
  const { status, output } = runCheck({ 'src/core/a.ts': '' }, 2);
  assert.equal(status, 1);
  assert.match(output, /read only 1 files/);
});
