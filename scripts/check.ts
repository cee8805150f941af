// Everything that holds without running the product: `npm run check`. One line for each check, with its time; the output of
// those that fail; exit code 1 when any did.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

interface Check {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const root = join(import.meta.dirname, '..');
const binaries = join(root, 'node_modules/.bin');

const checks: readonly Check[] = [
  tool('format and lint', 'biome', ['ci', '--error-on-warnings', '--colors=off']),
  tool('types', 'tsc', ['--noEmit', '--project', '.']),
  script('layers', 'check-layers.ts'),
  script('docs', 'check-docs.ts'),
  script('generated code', 'generate.ts', '--check'),
  tool('dead code', 'knip', ['--no-progress']),
];

const failed = checks.filter((check) => !run(check));
if (failed.length > 0) {
  console.error(`\nfailed: ${failed.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
}

/** Runs one check and prints its line; true when it passed. */
function run({ name, command, args }: Check): boolean {
  const startMs = performance.now();
  // Tools that start `node` by name must get the pinned one, also when this script was started without npm.
  const env = { ...process.env, PATH: `${binaries}:${process.env['PATH'] ?? ''}` };
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, env, encoding: 'utf8' });
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const passed = status === 0;
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name.padEnd(16)} ${seconds.padStart(5)} s`);
  if (!passed) console.error(`${stdout}${stderr}${error?.message ?? ''}`.trimEnd());
  return passed;
}

function tool(name: string, binary: string, args: readonly string[]): Check {
  return { name, command: join(binaries, binary), args };
}

function script(name: string, file: string, ...args: string[]): Check {
  return { name, command: process.execPath, args: [join(root, 'scripts', file), ...args] };
}
