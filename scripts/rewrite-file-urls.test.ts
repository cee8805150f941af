// What the build changes in compiled modules, and what it must leave alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rewriteFileUrls } from './rewrite-file-urls.ts';

test('rewrite file urls: the entry of a worker names the compiled file', () => {
  const text = `new Worker(new URL('./a.worker.ts', import.meta.url));\nnew URL("../b.ts", import.meta.url);`;
  const expected = `new Worker(new URL('./a.worker.js', import.meta.url));\nnew URL('../b.js', import.meta.url);`;
  assert.equal(rewriteFileUrls('x.js', text), expected);
});

test('rewrite file urls: assets, compiled imports and plain strings stay', () => {
  const text = `import './a.js';\nnew URL('./a.bin', import.meta.url);\nconst name = './a.ts';\n// new URL('./a.ts', import.meta.url)`;
  assert.equal(rewriteFileUrls('x.js', text), text);
});
