// Installs what the tests need beyond npm packages. Idempotent and cached under .cache/; says aloud what it cannot get, and
// then exits with 1: the tests that need it are skipped with that reason, which fails in CI.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

interface Step {
  readonly script: string;
  readonly what: string;
}

const steps: readonly Step[] = [
  { script: 'setup-python-grpc.ts', what: 'Python gRPC client (proves that our proto works from another toolchain)' },
];

for (const { script, what } of steps) {
  const path = join(import.meta.dirname, script);
  if (existsSync(path) && spawnSync(process.execPath, [path], { stdio: 'inherit' }).status === 0) continue;
  console.error(`set-up: NOT available: ${what}`);
  process.exitCode = 1;
}
