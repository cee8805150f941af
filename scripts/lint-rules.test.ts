// Proves that the rules in biome.json are really on, and on in the right folders: each sample breaks one rule. A rule that
// a new version of Biome renames or silently drops fails here.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { withTree } from './made-up-tree.ts';

const root = join(import.meta.dirname, '..');

/** [rule, a line that breaks it and needs nothing else in its file] */
const samples: readonly (readonly [string, string])[] = [
  [
    'style/noRestrictedImports',
    `import { setTimeout } from 'node:timers/promises';\nexport const a: unknown = setTimeout;`,
  ],
  ['style/noRestrictedImports', `import { setTimeout } from 'node:timers';\nexport const a: unknown = setTimeout;`],
  ['style/noRestrictedImports', `import { env } from 'node:process';\nexport const a: unknown = env;`],
  ['style/noRestrictedGlobals', `setTimeout(() => {}, 1);`],
  ['style/noRestrictedGlobals', `setInterval(() => {}, 1);`],
  ['nursery/noJsRestrictedProperties', `globalThis.setTimeout(() => {}, 1);`],
  ['nursery/noJsRestrictedProperties', `export const a: number = Date.now();`],
  ['nursery/noJsRestrictedProperties', `export const { now } = Date;`],
  ['nursery/noJsRestrictedProperties', `export const a: number = performance.now();`],
  ['nursery/noJsRestrictedProperties', `export const a: AbortSignal = AbortSignal.timeout(1);`],
  ['nursery/noJsRestrictedProperties', `export const a: number = Math.random();`],
  ['plugin', `export const a: Date = new Date();`],
  ['plugin', `export function f(a: { b: () => unknown }): void {\n  a.b = () => a;\n}`],
  [
    'plugin',
    `export class A {\n  #b: (() => unknown) | undefined;\n  f(): unknown {\n    this.#b ??= () => this;\n    return this.#b;\n  }\n}`,
  ],
  ['style/noProcessEnv', `export const a: unknown = process.env['HOME'];`],
  ['suspicious/noConsole', `console.log('text');`],
  ['style/noDefaultExport', `export default function main(): void {}`],
  ['style/noEnum', `export enum Colour {\n  Red,\n}`],
  ['style/noNamespace', `export namespace Space {\n  export const a = 1;\n}`],
  ['style/noParameterProperties', `export class A {\n  constructor(readonly a: number) {}\n}`],
  ['style/noNonNullAssertion', `export const f = (a: string | undefined): string => a!;`],
  ['style/useThrowOnlyError', `export function f(): never {\n  throw 'text';\n}`],
  ['style/noExcessiveLinesPerFile', lines(401, (index) => `export const a${index} = ${index};`)],
  [
    'complexity/noExcessiveLinesPerFunction',
    `export function f(a: unknown[]): void {\n${lines(61, () => '  a.pop();')}\n}`,
  ],
  [
    'complexity/noExcessiveCognitiveComplexity',
    `export function f(a: number): void {\n${'if (a > 1) {\n'.repeat(6)}f(a);\n${'}\n'.repeat(6)}}`,
  ],
  ['performance/noReExportAll', `export * from './target.ts';`],
  ['performance/noBarrelFile', `export { target } from './target.ts';`],
  ['suspicious/noExplicitAny', `export const a: any = 1;`],
  ['suspicious/noImportCycles', `import type { A } from './cycle.ts';\nexport interface B {\n  readonly a: A;\n}`],
  [
    'nursery/noFloatingPromises',
    `async function later(): Promise<void> {}\nexport function f(): void {\n  later();\n}`,
  ],
  [
    'nursery/noMisusedPromises',
    `async function later(): Promise<void> {}\n[1].forEach(async () => {\n  await later();\n});`,
  ],
  ['style/useImportType', `import { A } from './cycle.ts';\nexport type C = A;`],
  ['style/useNodejsImportProtocol', `import { join } from 'path';\nexport const a: unknown = join;`],
  ['correctness/noUnusedVariables', `const unused = 1;`],
  ['correctness/noUnusedImports', `import { join } from 'node:path';`],
  ['suppressions/parse', `// biome-ignore lint/suspicious/noConsole\nconsole.log('a disable without its reason');`],
];

/** [rule, sample, folder in which the rule is off on purpose] */
const exceptions: readonly (readonly [string, string, string])[] = [
  ['style/noRestrictedGlobals', `setTimeout(() => {}, 1);`, 'src/adapters/system'],
  ['nursery/noJsRestrictedProperties', `export const a: number = Date.now();`, 'src/adapters/system'],
  ['plugin', `export const a: Date = new Date();`, 'src/adapters/system'],
  ['style/noProcessEnv', `export const a: unknown = process.env['HOME'];`, 'src/config'],
  ['suspicious/noConsole', `console.log('text');`, 'src/cli'],
];

/** `path rule` of everything that Biome reports. */
let reported: ReadonlySet<string>;

before(() => {
  const files: Record<string, string> = {
    'src/edge/target.ts': 'export const target = 1;\n',
    'src/edge/Shouting.ts': 'export const a = 1;\n',
  };
  samples.forEach(([, text], index) => {
    files[`src/edge/sample-${index}.ts`] = `${text}\n`;
  });
  exceptions.forEach(([, text, folder], index) => {
    files[`${folder}/exception-${index}.ts`] = `${text}\n`;
    files[`src/edge/exception-${index}.ts`] = `${text}\n`;
  });
  const cycleIndex = samples.findIndex(([rule]) => rule === 'suspicious/noImportCycles');
  files['src/edge/cycle.ts'] =
    `import type { B } from './sample-${cycleIndex}.ts';\nexport interface A {\n  readonly b: B;\n}\n`;
  reported = withTree(files, lint);
});

samples.forEach(([rule, text], index) => {
  test(`lint: ${rule} refuses ${text.split('\n')[0]}`, () => {
    assert.ok(reported.has(`src/edge/sample-${index}.ts ${rule}`), [...reported].sort().join('\n'));
  });
});

exceptions.forEach(([rule, , folder], index) => {
  test(`lint: ${rule} is off in ${folder} only (case ${index})`, () => {
    assert.ok(!reported.has(`${folder}/exception-${index}.ts ${rule}`));
    assert.ok(reported.has(`src/edge/exception-${index}.ts ${rule}`));
  });
});

test('lint: style/useFilenamingConvention refuses a name that is not kebab-case', () => {
  assert.ok(reported.has('src/edge/Shouting.ts style/useFilenamingConvention'));
});

/** Lints a tree with the configuration of this repository. */
function lint(tree: string): ReadonlySet<string> {
  cpSync(join(root, 'scripts/lint'), join(tree, 'scripts/lint'), { recursive: true });
  for (const name of ['biome.json', 'tsconfig.json', '.gitignore']) cpSync(join(root, name), join(tree, name));
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const run = spawnSync(process.execPath, [biome, 'lint', '--reporter=json', '--max-diagnostics=none', '.'], {
    cwd: tree,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const report: { diagnostics: { category: string; location: { path: string } }[] } = JSON.parse(run.stdout);
  return new Set(
    report.diagnostics.map(({ category, location }) => `${location.path} ${category.replace('lint/', '')}`),
  );
}

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n');
}
