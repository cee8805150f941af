// Reads TypeScript files and finds who imports whom. It knows nothing of rules: layer-rules.ts judges what it finds.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { type NewExpression, type Node, parseSync, Visitor } from 'oxc-parser';

/** One import of a file of this repository by another, whatever its form. Paths are relative to the root, with `/`. */
export interface Import {
  readonly from: string;
  readonly to: string;
  readonly line: number;
}

/** Something about an import that no rule can judge because it cannot be followed. */
export interface Unfollowed {
  readonly from: string;
  readonly line: number;
  readonly why: string;
}

/** Every file read, its imports inside the repository, and what could not be followed. */
export interface SourceGraph {
  readonly files: readonly string[];
  readonly imports: readonly Import[];
  readonly unfollowed: readonly Unfollowed[];
}

/** What a file names as a module: `import`, `export … from`, `import()`, `import('…').Type`, `require`, `new URL(…, import.meta.url)`. */
export interface ModuleReference {
  /** Absent when the name is computed at run time. */
  readonly specifier: string | undefined;
  readonly line: number;
  /** Where the expression that names the module starts and ends, as offsets into the text. */
  readonly start: number;
  readonly end: number;
}

/** Reads every `.ts` file under the folders (those that exist) and follows their relative imports. */
export function readSourceGraph(root: string, folders: readonly string[]): SourceGraph {
  const files = folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => globSync(`${folder}/**/*.{ts,mts,cts,tsx}`, { cwd: root }))
    .map(toSlashes)
    .sort();
  const imports: Import[] = [];
  const unfollowed: Unfollowed[] = [];
  for (const from of files) {
    for (const { specifier, line } of moduleReferences(from, readFileSync(join(root, from), 'utf8'))) {
      if (specifier === undefined) {
        unfollowed.push({ from, line, why: 'imports a module whose name is computed; write it as a literal' });
        continue;
      }
      if (!isPath(specifier)) continue;
      const to = resolvePath(from, specifier);
      if (existsSync(join(root, to))) imports.push({ from, to, line });
      else unfollowed.push({ from, line, why: `imports ${specifier}, which does not exist` });
    }
  }
  return { files, imports, unfollowed };
}

/** The modules that a file names, in the order of their lines. Throws on a file that does not parse. */
export function moduleReferences(file: string, text: string): ModuleReference[] {
  const { program, errors } = parseSync(file, text);
  const fatal = errors.find((error) => error.severity === 'Error');
  if (fatal !== undefined) throw new Error(`${file} does not parse: ${fatal.message}`);
  const found: ModuleReference[] = [];
  const add = (source: Node | null | undefined): void => {
    if (source === null || source === undefined) return;
    const { start, end } = source;
    found.push({ specifier: literalText(source), line: lineAt(text, start), start, end });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    TSExternalModuleReference: (node) => add(node.expression),
    CallExpression: (node) => {
      if (isNamed(node.callee, 'require') || isImportMetaResolve(node.callee)) add(node.arguments[0]);
    },
    NewExpression: (node) => {
      const [first] = node.arguments;
      if (first === undefined) return;
      if (isNamed(node.callee, 'Worker')) addWorkerEntry(first);
      else if (isUrlBeside(node)) addFiles(first);
    },
  }).visit(program);
  return found.sort((left, right) => left.start - right.start);

  /** A URL beside the file is a module only when it names TypeScript (a worker's entry); others are assets. */
  function addFiles(path: Node): void {
    if (path.type === 'ConditionalExpression') {
      addFiles(path.consequent);
      addFiles(path.alternate);
    } else if (/^\.{0,2}\/.*\.[mc]?tsx?$/.test(literalText(path) ?? '')) add(path);
  }

  /** A worker's entry must be written out: a computed one would be a hole in the graph. */
  function addWorkerEntry(entry: Node): void {
    if (!isUrlBeside(entry)) return;
    const [path] = entry.arguments;
    if (path !== undefined && path.type !== 'ConditionalExpression' && literalText(path) === undefined) add(path);
  }
}

function literalText(node: Node): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type !== 'TemplateLiteral' || node.expressions.length > 0) return undefined;
  return node.quasis[0]?.value.cooked ?? undefined;
}

function isNamed(node: Node, name: string): boolean {
  return node.type === 'Identifier' && node.name === name;
}

/** True for `new URL(…, import.meta.url)`. */
function isUrlBeside(node: Node): node is NewExpression {
  if (node.type !== 'NewExpression' || !isNamed(node.callee, 'URL')) return false;
  const base = node.arguments[1];
  return base?.type === 'MemberExpression' && base.object.type === 'MetaProperty' && isNamed(base.property, 'url');
}

function isImportMetaResolve(node: Node): boolean {
  return node.type === 'MemberExpression' && node.object.type === 'MetaProperty' && isNamed(node.property, 'resolve');
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let index = text.indexOf('\n'); index !== -1 && index < offset; index = text.indexOf('\n', index + 1)) line += 1;
  return line;
}

/** True for `./x`, `../x`, `/x` and for `#x`, an alias, which never resolves here; a bare name is a package. */
function isPath(specifier: string): boolean {
  return specifier.startsWith('.') || specifier.startsWith('/') || specifier.startsWith('#');
}

function resolvePath(from: string, specifier: string): string {
  const absolute = specifier.startsWith('/') ? relative('/', specifier) : join(dirname(from), specifier);
  return toSlashes(normalize(absolute));
}

function toSlashes(path: string): string {
  return path.split(sep).join('/');
}
