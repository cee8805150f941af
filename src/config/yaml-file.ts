// Reads a YAML file into plain values, keeping where each of them was written.

import { readFileSync, statSync } from 'node:fs';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from 'yaml';
import { maxAliases, maxFileBytes } from './defaults.ts';
import type { ConfigPath } from './path.ts';
import type { Problem, Source } from './problem.ts';
import { isSection, type Section } from './tree.ts';

/** A file that was read. */
export interface YamlFile {
  readonly file: string;
  readonly tree: Section;
  /** Where the value at a path was written, or its key; the nearest section when the value itself is not there. */
  locate(path: ConfigPath, what: 'key' | 'value'): { readonly source: Source; readonly isExact: boolean };
}

/** The file, or why it cannot be used. Reports every fault of syntax at once. */
export function readYamlFile(file: string): YamlFile | { readonly problems: readonly Problem[] } {
  const text = readText(file);
  if (typeof text !== 'string') return { problems: [text] };
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const sourceAt = (offset: number): Source => {
    const { line, col } = lines.linePos(offset);
    return { kind: 'file', file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map((error) => syntaxProblem(sourceAt(error.pos[0]), error.code, error.message)),
    };
  }
  const expanded = expand(document);
  if ('fault' in expanded) return { problems: [syntaxProblem(sourceAt(0), 'BAD_ALIAS', expanded.fault)] };
  const { tree } = expanded;
  if (tree !== null && !isSection(tree)) {
    const found = Array.isArray(tree) ? 'a list' : JSON.stringify(tree).slice(0, 80);
    return {
      problems: [{ path: '', source: sourceAt(0), found, expected: 'sections, such as "listen:" and "models:"' }],
    };
  }
  return { file, tree: tree ?? {}, locate: (path, what) => locate(document, path, what, sourceAt) };
}

function readText(file: string): string | Problem {
  const fault = (found: string): Problem => ({
    path: '',
    source: { kind: 'file', file, line: 0, column: 0 },
    found,
    expected: 'a readable configuration file',
  });
  try {
    const { size } = statSync(file);
    if (size > maxFileBytes) return fault(`${size} bytes, more than ${maxFileBytes}`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return fault('no such file');
    if (code === 'EACCES') return fault('a file that this user may not read');
    if (code === 'EISDIR') return fault('a folder');
    return fault(String(code ?? error));
  }
}

/** The plain values, null for an empty file; or why aliases cannot be followed. */
function expand(document: Document): { readonly tree: unknown } | { readonly fault: string } {
  try {
    const tree: unknown = document.toJS({ maxAliasCount: maxAliases });
    return containsItself(tree, new Set()) ? { fault: 'an alias that stands for a section it is part of' } : { tree };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

/** True when a list or mapping is one of its own descendants; `above` are those around it. */
function containsItself(value: unknown, above: Set<unknown>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (above.has(value)) return true;
  above.add(value);
  const found = Object.values(value).some((inner) => containsItself(inner, above));
  above.delete(value);
  return found;
}

function syntaxProblem(source: Source, code: string, message: string): Problem {
  const found = message.replace(/\s+/g, ' ').replace(/\.$/, '');
  if (code === 'DUPLICATE_KEY')
    return { path: '', source, found: 'the same key twice', expected: 'each key once in a section' };
  if (code === 'TAB_AS_INDENT') return { path: '', source, found: 'a tab', expected: 'spaces as indentation' };
  return { path: '', source, found, expected: 'valid YAML' };
}

function locate(
  document: Document,
  path: ConfigPath,
  what: 'key' | 'value',
  sourceAt: (offset: number) => Source,
): { readonly source: Source; readonly isExact: boolean } {
  let node = resolveAlias(document.contents, document);
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    const entry = entryOf(node, step);
    if (entry === undefined) return { source: sourceAt(offset), isExact: false };
    const isLast = depth === path.length - 1;
    // On the way down a section is shown by its key; at the end the caller says which of the two is meant.
    const [first, second] = isLast && what === 'value' ? [entry.value, entry.key] : [entry.key, entry.value];
    offset = (first ?? second)?.range?.[0] ?? offset;
    node = resolveAlias(entry.value, document);
  }
  return { source: sourceAt(offset), isExact: true };
}

/** An entry of a mapping (with its key) or of a list. */
interface Entry {
  readonly key?: Node;
  readonly value: Node | undefined;
}

function entryOf(node: Node | undefined, step: string | number): Entry | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => keyOf(item) === String(step));
    if (pair === undefined) return undefined;
    const value = isNode(pair.value) ? pair.value : undefined;
    return isNode(pair.key) ? { key: pair.key, value } : { value };
  }
  const item = isSeq(node) && typeof step === 'number' ? node.items[step] : undefined;
  return isNode(item) ? { value: item } : undefined;
}

function keyOf({ key }: Pair<unknown, unknown>): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function resolveAlias(node: Node | null | undefined, document: Document): Node | undefined {
  return isAlias(node) ? node.resolve(document) : (node ?? undefined);
}
