// Every form in which one file can name another must be seen, and nothing that only looks like one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withTree } from './made-up-tree.ts';
import { moduleReferences, readSourceGraph } from './source-graph.ts';

const forms: Readonly<Record<string, string>> = {
  'static import': `import { a } from './a.ts';`,
  'type import': `import type { A } from './a.ts';`,
  'import for its effect': `import './a.ts';`,
  'namespace import': `import * as a from './a.ts';`,
  're-export of a name': `export { a } from './a.ts';`,
  're-export of a type': `export type { A } from './a.ts';`,
  're-export of everything': `export * from './a.ts';`,
  'dynamic import': `const a = await import('./a.ts');`,
  'dynamic import of a template without holes': 'const a = await import(`./a.ts`);',
  'type of an import': `let a: import('./a.ts').A;`,
  'import equals': `import a = require('./a.ts');`,
  require: `const a = require('./a.ts');`,
  'import.meta.resolve': `const a = import.meta.resolve('./a.ts');`,
  'entry file of a worker': `new Worker(new URL('./a.ts', import.meta.url));`,
  'entry file of a worker, by a condition': `new URL(isSource ? './a.ts' : './a.js', import.meta.url);`,
  'import over several lines': `import {\n  a,\n  b,\n} from\n  './a.ts';`,
};

for (const [name, text] of Object.entries(forms)) {
  test(`source graph: sees this form: ${name}`, () => {
    assert.deepEqual(
      moduleReferences('x.ts', text).map(({ specifier }) => specifier),
      ['./a.ts'],
    );
  });
}

test('source graph: ignores comments, strings, templates, regular expressions and assets', () => {
  const text = [
    `// import './a.ts'`,
    `/* export * from './a.ts' */`,
    `const text = "import './a.ts'";`,
    'const template = `import("./a.ts")`;',
    `const pattern = /import('.\\/a.ts')/;`,
    `const asset = new URL('./a.json', import.meta.url);`,
    `const url = new URL('./a.ts', base);`,
  ].join('\n');
  assert.deepEqual(moduleReferences('x.ts', text), []);
});

test('source graph: a computed entry of a worker is a reference without a name', () => {
  const found = moduleReferences('x.ts', `new Worker(new URL(entry, import.meta.url));`);
  assert.deepEqual(
    found.map(({ specifier }) => specifier),
    [undefined],
  );
});

test('source graph: gives the line of the module name', () => {
  const found = moduleReferences('x.ts', `\n\nimport {\n  a,\n} from './a.ts';\nimport './b.ts';`);
  assert.deepEqual(
    found.map(({ specifier, line }) => [specifier, line]),
    [
      ['./a.ts', 5],
      ['./b.ts', 6],
    ],
  );
});

test('source graph: refuses a file that does not parse', () => {
  assert.throws(() => moduleReferences('x.ts', 'import {'), /x\.ts does not parse/);
});

test('source graph: resolves paths, leaves packages out and reports what it cannot follow', () => {
  const files = {
    'src/edge/a.ts': `import './routes/b.ts';\nimport '../core/c.ts';\nimport 'undici';\nimport 'node:fs';`,
    'src/edge/routes/b.ts': `import '#alias';\nimport './missing.ts';\nawait import(name);`,
    'src/core/c.ts': '',
    'other/d.ts': `import '../src/core/c.ts';`,
  };
  const graph = withTree(files, (root) => readSourceGraph(root, ['src', 'absent']));
  assert.deepEqual(graph.files, ['src/core/c.ts', 'src/edge/a.ts', 'src/edge/routes/b.ts']);
  assert.deepEqual(graph.imports, [
    { from: 'src/edge/a.ts', to: 'src/edge/routes/b.ts', line: 1 },
    { from: 'src/edge/a.ts', to: 'src/core/c.ts', line: 2 },
  ]);
  assert.deepEqual(
    graph.unfollowed.map(({ from, line }) => `${from}:${line}`),
    ['src/edge/routes/b.ts:1', 'src/edge/routes/b.ts:2', 'src/edge/routes/b.ts:3'],
  );
});
