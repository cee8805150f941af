// What the figures were taken on.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** The machine and the tools, as far as they matter to a figure. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  /** Load average over the last minute; other work on the machine makes every figure worse. */
  readonly load: number;
  readonly node: string;
  readonly nginx: string;
  readonly wrk: string;
  /** The commit that was measured, with `+` when files differ from it; empty outside a repository. */
  readonly commit: string;
}

/** Describes this machine. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    load: loadavg()[0] ?? Number.NaN,
    node: process.version,
    nginx: firstMatch(['nginx', '-v'], /nginx\/([\d.]+)/),
    wrk: firstMatch(['wrk', '-v'], /wrk ([^ ]+)/),
    commit: commit(),
  };
}

function firstMatch([command = '', ...args]: readonly string[], pattern: RegExp): string {
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env });
  return pattern.exec(`${stdout}${stderr}`)?.[1] ?? 'unknown';
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty=+'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return ''; // not a checkout
  }
}
