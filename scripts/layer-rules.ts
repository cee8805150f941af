// Who may import whom, as pure functions over a SourceGraph. check-layers.ts runs them on this repository, their test on
// made-up trees that break one rule each.

import type { Import, SourceGraph } from './source-graph.ts';

/** One broken rule at one place. */
export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/**
 * The folders of src/ and their level. A folder imports from lower levels only; what a level may import besides is in
 * `forbiddenBecause`. A new folder must be added here, which is the point: nobody adds one by accident. `jobs` and `retrieval` are the
 * asynchronous product and the semantic memory of the design: they have their level before they have their first file.
 */
export const levelOfFolder: Readonly<Record<string, number>> = {
  core: 0,
  ports: 1,
  config: 1,
  telemetry: 1,
  'open-inference': 1,
  edge: 2,
  inference: 2,
  jobs: 2,
  retrieval: 2,
  security: 2,
  providers: 2,
  adapters: 2,
  rpc: 2,
  roles: 3,
  cli: 3,
};

/** The only file directly in src/. It may import everything and nothing imports it. */
const entryFile = 'src/main.ts';

/** Folders with one sub-folder per vendor or technology; these sub-folders do not know each other. */
const folderOfSiblings: ReadonlySet<string> = new Set(['providers', 'adapters']);

/**
 * The siblings that others may build upon, the lowest first: each may import those before it, and every sibling that is not
 * listed may import them all. What carries calls to vendors knows how their JSON is read, and neither knows a vendor.
 */
const sharedSiblings: readonly string[] = [
  'providers/translation',
  'providers/transport',
  'providers/openai-compatible',
];

/** Every import that crosses levels, folders or siblings in a way that is not allowed. Test files may import anything. */
export function checkLevels(graph: SourceGraph): Violation[] {
  const misplaced = graph.files.filter(isProduct).flatMap((file) => placement(file));
  const forbidden = graph.imports
    .filter((edge) => isProduct(edge.from))
    .flatMap((edge) => {
      const message = forbiddenBecause(edge.from, edge.to);
      return message === undefined ? [] : [{ file: edge.from, line: edge.line, message }];
    });
  return [...misplaced, ...forbidden];
}

/** One violation for each group of files that import each other in a circle, with the shortest circle through it. */
export function checkCycles(graph: SourceGraph): Violation[] {
  const targets = targetsByFile(graph.imports);
  const reported = new Set<string>();
  const violations: Violation[] = [];
  for (const file of graph.files) {
    if (reported.has(file)) continue;
    const circle = shortestPath(targets, file, file);
    if (circle === undefined) continue;
    for (const member of circle) reported.add(member);
    const line = graph.imports.find((edge) => edge.from === file && edge.to === circle[1])?.line ?? 1;
    violations.push({ file, line, message: `import cycle: ${circle.join(' → ')}` });
  }
  return violations;
}

/** One violation for each forbidden folder that the entry reaches through any chain of imports, with the chain. */
export function checkClosure(graph: SourceGraph, entry: string, forbiddenFolders: readonly string[]): Violation[] {
  const targets = targetsByFile(graph.imports);
  return forbiddenFolders.flatMap((folder) => {
    const chain = shortestPath(targets, entry, (file) => file.startsWith(`${folder}/`));
    if (chain === undefined) return [];
    return [{ file: entry, line: 1, message: `must not reach ${folder}/, but does: ${chain.join(' → ')}` }];
  });
}

/** Imports that nobody can follow; they would be holes in every other rule. */
export function checkFollowed(graph: SourceGraph): Violation[] {
  return graph.unfollowed.map(({ from, line, why }) => ({ file: from, line, message: why }));
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts');
}

function isProduct(file: string): boolean {
  return file.startsWith('src/') && !isTest(file);
}

function placement(file: string): Violation[] {
  const at = (message: string): Violation[] => [{ file, line: 1, message }];
  if (file === entryFile) return [];
  const [, folder = '', ...rest] = file.split('/');
  if (rest.length === 0) return at(`only ${entryFile} lies directly in src/`);
  if (levelOfFolder[folder] === undefined) return at(`src/${folder}/ is not a folder of the design`);
  if (folderOfSiblings.has(folder) && rest.length === 1) return at(`${folder}/ holds only folders, one per technology`);
  return [];
}

/** Why this import is not allowed; undefined when it is. Both files are in the graph's notation. */
function forbiddenBecause(from: string, to: string): string | undefined {
  if (!to.startsWith('src/')) return `imports ${to}: src/ imports nothing outside itself`;
  if (isTest(to)) return `imports ${to}: only tests import tests`;
  if (to === entryFile) return `imports ${entryFile}: nothing does`;
  if (from === entryFile) return undefined;
  const [fromFolder, toFolder] = [folderOf(from), folderOf(to)];
  const [fromLevel, toLevel] = [levelOfFolder[fromFolder], levelOfFolder[toFolder]];
  if (fromLevel === undefined || toLevel === undefined) return undefined; // placement() reports the folder itself
  if (fromFolder === toFolder) return forbiddenSibling(from, to, fromFolder);
  if (fromLevel <= toLevel && !(fromFolder === 'cli' && toFolder === 'roles')) {
    return `imports ${to}: ${fromFolder}/ (level ${fromLevel}) may not import ${toFolder}/ (level ${toLevel})`;
  }
  if (fromLevel === 2 && toFolder === 'config')
    return `imports ${to}: settings are handed in by roles/, as plain values`;
  return undefined;
}

function forbiddenSibling(from: string, to: string, folder: string): string | undefined {
  if (!folderOfSiblings.has(folder)) return undefined;
  const [fromSibling, toSibling] = [siblingOf(from), siblingOf(to)];
  if (fromSibling === toSibling) return undefined;
  const [fromRung, toRung] = [sharedSiblings.indexOf(fromSibling), sharedSiblings.indexOf(toSibling)];
  if (toRung >= 0 && (fromRung < 0 || toRung < fromRung)) return undefined;
  return `imports ${to}: siblings in ${folder}/ do not import each other`;
}

/** `edge` for `src/edge/routes/x.ts`. */
function folderOf(file: string): string {
  return file.split('/')[1] ?? '';
}

/** `providers/local` for `src/providers/local/x.ts`. */
function siblingOf(file: string): string {
  return file.split('/').slice(1, 3).join('/');
}

function targetsByFile(imports: readonly Import[]): ReadonlyMap<string, readonly string[]> {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) {
    const list = targets.get(from);
    if (list === undefined) targets.set(from, [to]);
    else list.push(to);
  }
  return targets;
}

/** The shortest chain of at least one import from `start` to the goal, both ends included. */
function shortestPath(
  targets: ReadonlyMap<string, readonly string[]>,
  start: string,
  goal: string | ((file: string) => boolean),
): string[] | undefined {
  const isGoal = typeof goal === 'string' ? (file: string) => file === goal : goal;
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const file of queue) {
    for (const target of targets.get(file) ?? []) {
      if (isGoal(target)) return [...chainTo(file, start, cameFrom), target];
      if (target === start || cameFrom.has(target)) continue;
      cameFrom.set(target, file);
      queue.push(target);
    }
  }
  return undefined;
}

function chainTo(file: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const chain = [file];
  for (let at = file; at !== start; ) {
    at = cameFrom.get(at) ?? start;
    chain.unshift(at);
  }
  return chain;
}
