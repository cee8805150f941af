// Runs every test: `npm test -- [path part …] [node --test options]`. All files run in one process, which takes a tenth of the
// time of a process each; the few that need a process of their own are listed in isolated-tests.ts with the reason.

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { isolatedTests } from './isolated-tests.ts';
import { splitArguments } from './test-arguments.ts';

const root = join(import.meta.dirname, '..');

/** For a test without a limit of its own: a hang becomes a failure. The slowest test starts three processes. */
const testTimeoutMs = 120_000;

const { filters, nodeOptions } = splitArguments(process.argv.slice(2));

const files = globSync('{src,test,scripts,bench}/**/*.test.ts', { cwd: root })
  .filter((file) => filters.length === 0 || filters.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) {
  console.error(`No test file's path contains ${filters.join(' or ')}.`);
  process.exit(1);
}

const setUp = spawnSync(process.execPath, [join(root, 'scripts/setup-test.ts')], { cwd: root, stdio: 'inherit' });
if (setUp.status !== 0) console.error('Set-up is incomplete: the tests that need what is missing are skipped.');

const alone = files.filter((file) => isolatedTests[file] !== undefined);
const together = files.filter((file) => isolatedTests[file] === undefined);
const passed = [...alone.map((file) => [file]), together].filter((group) => group.length > 0).map(runGroup);
if (passed.includes(false)) process.exitCode = 1;

/** Runs files in one process; true when all tests passed and nothing was left open. */
function runGroup(group: readonly string[]): boolean {
  const options = [
    '--test',
    '--test-isolation=none',
    `--test-timeout=${testTimeoutMs}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=./scripts/test-reporter.ts',
    '--test-reporter-destination=stderr',
    ...nodeOptions,
  ];
  const run = spawnSync(process.execPath, [...options, ...group], { cwd: root, stdio: 'inherit' });
  if (run.signal !== null) console.error(`The tests were ended by ${run.signal}.`);
  return run.status === 0;
}
