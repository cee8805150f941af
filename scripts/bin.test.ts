// The `sluice` command on a Node that is too old, pretended by a preload that changes the version it reports.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withTree } from './made-up-tree.ts';

const repository = join(import.meta.dirname, '..');

const files: Readonly<Record<string, string>> = {
  'package.json': '{ "type": "module" }',
  'old.cjs': `Object.defineProperty(process.versions, 'node', { value: '12.0.0' });`,
  'src/main.ts': `const words: string[] = process.argv.slice(2);\nconsole.log('main', words.join('+'));\nprocess.exitCode = 7;`,
};

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs bin/sluice.js in a made-up checkout. */
function runBin(options: { readonly old: boolean; readonly pinned: boolean }): Run {
  return withTree(files, (root) => {
    cpSync(join(repository, 'bin'), join(root, 'bin'), { recursive: true });
    if (options.pinned) {
      mkdirSync(join(root, 'node_modules/node/bin'), { recursive: true });
      symlinkSync(process.execPath, join(root, 'node_modules/node/bin/node'));
      cpSync(join(repository, 'node_modules/node/package.json'), join(root, 'node_modules/node/package.json'));
    }
    const preload = options.old ? ['--require', join(root, 'old.cjs')] : [];
    return spawnSync(process.execPath, [...preload, join(root, 'bin/sluice.js'), 'a', 'b'], { encoding: 'utf8' });
  });
}

test('bin: on a new Node it runs the product with the arguments', () => {
  const { status, stdout } = runBin({ old: false, pinned: false });
  assert.equal(stdout, 'main a+b\n');
  assert.equal(status, 7);
});

test('bin: on an old Node it hands over to the pinned one, exit code included', () => {
  const { status, stdout } = runBin({ old: true, pinned: true });
  assert.equal(stdout, 'main a+b\n');
  assert.equal(status, 7);
});

test('bin: on an old Node without the pinned one it says what to do', () => {
  const { status, stderr } = runBin({ old: true, pinned: false });
  assert.equal(status, 1);
  assert.match(stderr, /needs Node\.js 24 or newer; this is 12\.0\.0/);
  assert.match(stderr, /npm ci/);
});

test('bin: the launcher is written in the JavaScript of 2009, which every Node parses', () => {
  const source = readFileSync(join(repository, 'bin/sluice.js'), 'utf8');
  const text = source.replaceAll(/'[^'\n]*'/g, 'text').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  assert.doesNotMatch(text, /\b(?:const|let|class|async|await|import|export)\b|=>|`|\.\.\.|\?\.|\?\?|,\s*[)]/);
});
