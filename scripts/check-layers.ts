// Holds the folder rules of ARCHITECTURE.md: who may import whom, no import cycle of any kind, and an edge that can be
// deployed without the inference code; also that test files can share a process. Run by `npm run check`; `--root DIR` checks another tree (used by its test).

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isolatedTests } from './isolated-tests.ts';
import { checkClosure, checkCycles, checkFollowed, checkLevels, type Violation } from './layer-rules.ts';
import { readSourceGraph } from './source-graph.ts';
import { processWideHooks } from './test-rules.ts';

/** A check that reads nothing passes for the wrong reason. Raise the figure as the tree grows, never lower it silently. */
const minSourceFiles = 200;

/** The edge must be deployable alone: it reaches models only through the port, over rpc. */
const edgeEntry = 'src/roles/edge.ts';
const edgeNeverReaches = ['src/inference', 'src/jobs', 'src/providers'];

const { values } = parseArgs({
  options: { root: { type: 'string' }, 'min-files': { type: 'string' } },
});
const root = resolve(values.root ?? join(import.meta.dirname, '..'));
const minFiles = Number(values['min-files'] ?? minSourceFiles);

const graph = readSourceGraph(root, ['src', 'test', 'scripts', 'bench', 'examples']);
const sourceFiles = graph.files.filter((file) => file.startsWith('src/')).length;
const violations = [
  ...checkFollowed(graph),
  ...checkLevels(graph),
  ...checkCycles(graph),
  ...checkHooks(),
  ...(existsSync(join(root, edgeEntry)) ? checkClosure(graph, edgeEntry, edgeNeverReaches) : []),
];

for (const { file, line, message } of violations) console.error(`${file}:${line}: ${message}`);
if (sourceFiles < minFiles) console.error(`read only ${sourceFiles} files of src/, expected at least ${minFiles}`);
console.log(`${sourceFiles} source files, ${graph.imports.length} imports, ${violations.length} violations`);
if (violations.length > 0 || sourceFiles < minFiles) process.exitCode = 1;

function checkHooks(): Violation[] {
  const tests = graph.files.filter((file) => file.endsWith('.test.ts') && isolatedTests[file] === undefined);
  return tests.flatMap((file) =>
    processWideHooks(file, readFileSync(join(root, file), 'utf8')).map((hook) => ({
      file,
      line: 1,
      message: `${hook} outside a suite runs for every test of every file; put it and its tests into describe()`,
    })),
  );
}
