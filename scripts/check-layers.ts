// Holds the folder rules of ARCHITECTURE.md: who may import whom, no import cycle of any kind, and an edge that can be
// deployed without the inference code. Run by `npm run check`; `--root DIR` checks another tree (used by its test).

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkClosure, checkCycles, checkFollowed, checkLevels } from './layer-rules.ts';
import { readSourceGraph } from './source-graph.ts';

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
  ...(existsSync(join(root, edgeEntry)) ? checkClosure(graph, edgeEntry, edgeNeverReaches) : []),
];

for (const { file, line, message } of violations) console.error(`${file}:${line}: ${message}`);
if (sourceFiles < minFiles) console.error(`read only ${sourceFiles} files of src/, expected at least ${minFiles}`);
console.log(`${sourceFiles} source files, ${graph.imports.length} imports, ${violations.length} violations`);
if (violations.length > 0 || sourceFiles < minFiles) process.exitCode = 1;
