// The arguments of `npm test` and the guard beside node's reporter.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { withTree } from './made-up-tree.ts';
import { splitArguments } from './test-arguments.ts';
import { TestLog } from './test-reporter.ts';

test('test arguments: path parts are filters, the rest goes to node', () => {
  assert.deepEqual(
    splitArguments(['src/edge', '--test-only', '--test-name-pattern', 'a b', '--test-timeout=5', 'jobs']),
    {
      filters: ['src/edge', 'jobs'],
      nodeOptions: ['--test-only', '--test-name-pattern=a b', '--test-timeout=5'],
    },
  );
});

test('test reporter: is stuck only when every test has ended and long after', () => {
  const log = new TestLog(10_000);
  log.record({ type: 'test:enqueue', data: { name: 'a' } }, 0);
  assert.equal(log.isStuck(60_000), false, 'a test runs');
  log.record({ type: 'test:complete', data: { name: 'a' } }, 60_000);
  assert.equal(log.isStuck(60_001), false, 'the process may still be ending');
  assert.equal(log.isStuck(70_000), true);
});

/** Runs one test file under the reporter. */
function runUnderReporter(text: string, ci = ''): { status: number | null; output: string } {
  return withTree({ 'a.test.mjs': text }, (root) => {
    const reporter = `--test-reporter=${join(import.meta.dirname, 'test-reporter.ts')}`;
    const args = ['--test', '--test-isolation=none', reporter, '--test-reporter-destination=stderr', 'a.test.mjs'];
    const env = { PATH: process.env['PATH'] ?? '', CI: ci, TEST_IDLE_LIMIT_MS: '300' };
    const run = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
    return { status: run.status, output: run.stdout + run.stderr };
  });
}

const skipping = `import { test } from 'node:test';\ntest('a: b', { skip: 'needs a redis server' }, () => {});`;

test('test reporter: lists a skipped test with its reason', () => {
  const { status, output } = runUnderReporter(skipping);
  assert.equal(status, 0);
  assert.match(output, /1 skipped test\(s\):\n {2}a: b # needs a redis server/);
});

test('test reporter: a test skipped for lack of evaluation data passes in CI too', () => {
  const { status, output } = runUnderReporter(
    skipping.replace('needs a redis server', '../shared/data is not here'),
    'true',
  );
  assert.equal(status, 0);
  assert.match(output, /1 skipped test\(s\):/);
});

test('test reporter: a skipped test fails in CI', () => {
  assert.equal(runUnderReporter(skipping, 'true').status, 1);
});

test('test reporter: a handle left open fails, and is named', () => {
  const leaking = `
    import { test } from 'node:test';
    import { createServer } from 'node:net';
    test('a: b', () => void createServer().listen(0, '127.0.0.1'));
  `;
  const { status, output } = runUnderReporter(leaking);
  assert.equal(status, 1);
  assert.match(output, /left something open \(TCPServerWrap\)/);
});
