// Runs the `sluice` command as its own process, the way a person does, and stops it again.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const sluice = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url));

/** What a role prints once it is ready. */
export interface ReadyLine {
  readonly ready: true;
  readonly http?: string;
  readonly admin?: string;
  readonly grpc?: string;
  readonly pid: number;
}

/** A role that is ready. */
export interface RunningProcess {
  readonly addresses: ReadyLine;
  /** Sends SIGTERM and resolves with the exit code once the process is gone. */
  stop(): Promise<number | null>;
}

/** A folder for one test, removed when it ends. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-newcomer-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a role on free ports and waits until it says that it is ready. Fails with the process's own words otherwise. */
export async function startRole(t: TestContext, role: string, args: readonly string[]): Promise<RunningProcess> {
  const ports = ['http', 'admin', 'grpc'].flatMap((name) => ['--set', `listen.${name}=127.0.0.1:0`]);
  const { child, errors } = run([role, ...ports, '--ready-json', ...args]);
  t.after(async () => {
    if (!child.kill('SIGKILL')) return;
    await once(child, 'exit');
  });
  const addresses = await readyLine(child, errors);
  return {
    addresses,
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = await exited;
      return code as number | null;
    },
  };
}

/** Runs a command to its end and returns what it printed on standard output. Fails when it does not end with 0. */
export async function runCommand(...args: string[]): Promise<string> {
  const { child, errors } = run(args);
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, `sluice ${args.join(' ')}: ${errors()}`);
  return output;
}

/** The environment of a newcomer: no setting of the product, nor any that a person's shell may hold. */
function run(args: readonly string[]): { readonly child: ChildProcess; readonly errors: () => string } {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  const child = spawn(process.execPath, [sluice, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return { child, errors: () => errors };
}

/** Lines on standard output that come before it are left to a person to read. */
async function readyLine(child: ChildProcess, errors: () => string): Promise<ReadyLine> {
  assert.ok(child.stdout);
  const lines = createInterface({ input: child.stdout });
  try {
    for await (const line of lines) if (line.startsWith('{"ready":true')) return JSON.parse(line) as ReadyLine;
  } finally {
    lines.close();
    child.stdout.resume();
  }
  assert.fail(`the process ended before it was ready: ${errors()}`);
}
