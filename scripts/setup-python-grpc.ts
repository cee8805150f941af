// Prepares the other toolchain of the interop test: a Python environment with grpcio, and stubs that it generates from our proto.
// Idempotent; everything lies under .cache/python-grpc. Exits with 1 and the reason when it cannot be had (no python3, no PyPI).

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const cache = join(root, '.cache/python-grpc');
const environment = join(cache, 'venv');
const python = join(environment, 'bin/python');
const stubs = join(cache, 'stubs');
const proto = 'sluice/inference/v1/inference.proto';

/** Any release of the current major version: the test is about our wire, not about theirs. */
const packages = ['grpcio', 'grpcio-tools', 'grpcio-health-checking', 'grpcio-reflection'].map(
  (name) => `${name}>=1.60,<2`,
);

/** A downloading command must not hang the test run. */
const timeoutMs = 300_000;

/** Runs a command; exits with its last lines when it fails. */
function run(what: string, command: string, parameters: readonly string[]): void {
  const result = spawnSync(command, parameters, { encoding: 'utf8', timeout: timeoutMs });
  if (result.status === 0) return;
  const output = `${result.error?.message ?? ''}\n${result.stdout ?? ''}\n${result.stderr ?? ''}`.trim();
  console.error(`python gRPC set-up: ${what} failed:\n${output.split('\n').slice(-8).join('\n')}`);
  process.exit(1);
}

/** Does the work unless the mark of the same work is there; a mark is written only after success. */
function once(mark: string, key: string, work: () => void): void {
  const path = join(cache, mark);
  if (existsSync(path) && readFileSync(path, 'utf8') === key) return;
  rmSync(path, { force: true });
  work();
  writeFileSync(path, key);
}

mkdirSync(cache, { recursive: true });
once('installed', packages.join(' '), () => {
  rmSync(environment, { recursive: true, force: true });
  run('creating a virtual environment', 'python3', ['-m', 'venv', environment]);
  run('installing grpcio', python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
});
const source = readFileSync(join(root, 'proto', proto));
once('generated', createHash('sha256').update(source).digest('hex'), () => {
  rmSync(stubs, { recursive: true, force: true });
  mkdirSync(stubs, { recursive: true });
  const include = join(root, 'proto');
  const out = [`-I${include}`, `--python_out=${stubs}`, `--grpc_python_out=${stubs}`];
  run('generating stubs', python, ['-m', 'grpc_tools.protoc', ...out, proto]);
});
