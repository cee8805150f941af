// CPU time and memory of processes, read from /proc (Linux). CPU time covers all threads of a process, ended ones included.

import { readFileSync } from 'node:fs';

/** Ticks per second of /proc/<pid>/stat: USER_HZ, which is 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** Microseconds of CPU, user and system, that these processes have used so far. */
export function cpuMicros(pids: readonly number[]): number {
  return (
    pids.reduce((sum, pid) => sum + ticksOf(readFileSync(`/proc/${pid}/stat`, 'utf8')), 0) * (1e6 / ticksPerSecond)
  );
}

/** Resident memory of these processes in MiB. */
export function rssMiB(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + residentKiB(readFileSync(`/proc/${pid}/status`, 'utf8')), 0) / 1024;
}

/** utime + stime of a stat line. The command in parentheses may hold spaces, so fields are counted from its end. */
export function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function residentKiB(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
}
