// CPU and memory as /proc tells them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuMicros, rssMiB, ticksOf } from './process-usage.ts';

test('process usage: ticks are found behind a command with spaces and parentheses', () => {
  const stat = '42 (a b) c) S 1 42 42 0 -1 4194560 1 2 3 4 700 50 0 0 20 0 11 0 1 2 3';
  assert.equal(ticksOf(stat), 750);
});

test('process usage: this process uses CPU and memory', { skip: process.platform !== 'linux' && 'needs /proc' }, () => {
  const before = cpuMicros([process.pid]);
  const endMs = performance.now() + 60;
  while (performance.now() < endMs);
  const used = cpuMicros([process.pid]) - before;
  assert.ok(used >= 10_000 && used < 5_000_000, `${used} µs`);
  assert.ok(rssMiB([process.pid]) > 10);
});
