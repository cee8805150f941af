// `npm run bench`: Sluice, the bare upstream and a peer, alternating in the same run on the same machine. Prints tables and
// writes them to bench/results. Ratios within one run are evidence; absolute figures belong to the machine.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runClosedLoop } from './closed-loop.ts';
import { describeMachine } from './machine.ts';
import { type PartContext, parts } from './measure.ts';
import { type BenchOptions, readOptions } from './options.ts';
import { renderComparison, renderTables, type Sample } from './report.ts';
import { runLoad } from './run-load.ts';
import type { Subject } from './subject.ts';
import { startSubject } from './subjects.ts';
import { startUpstreams, type Upstreams } from './upstream.ts';

/**
 * V8 still compiles for a while: over the first 8 seconds a twelfth of Sluice's CPU went into it, after 12 a two-hundredth. Each
 * subject gets the same time.
 */
const warmUpSeconds = 12;

const options = readOptions(process.argv.slice(2));
const setUp = spawnSync(process.execPath, [join(import.meta.dirname, '../scripts/setup-bench.ts')], {
  stdio: 'inherit',
});
if (setUp.status !== 0) process.exit(1);

const startMs = performance.now();
const machine = describeMachine(); // before the run adds its own load
const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })); // also when it is interrupted
chmodSync(folder, 0o755); // nginx's worker runs as another user when we are root
const upstreams = await startUpstreams(folder, options.seconds, options.tokensPerSecond);
const subjects: Subject[] = [];
try {
  await startAll(subjects, upstreams);
  const samples = await measureAll(subjects, { options, folder });
  publish(samples, subjects);
} finally {
  for (const subject of subjects) await subject.stop();
  await upstreams.stop();
}

/** Starts each subject and warms it up. One that does not start is named and left out, and the run counts as failed. */
async function startAll(started: Subject[], from: Upstreams): Promise<void> {
  for (const name of options.subjects) {
    try {
      const subject = await startSubject(name, from, folder);
      if (await isWorking(subject)) started.push(subject);
      else await subject.stop();
    } catch (error) {
      console.error(`NOT MEASURED: ${name}: ${error instanceof Error ? error.message : error}`);
      process.exitCode = 1;
    }
  }
}

/** Warms a subject up (compiled code, open connections, grown heap). False, and said, when it fails any request. */
async function isWorking(subject: Subject): Promise<boolean> {
  const { connections } = options;
  const { failures } = await runClosedLoop(subject.target('static'), { connections, seconds: warmUpSeconds, folder });
  const target = subject.target('fixedStream');
  const streams = await runLoad({ kind: 'streams', target, concurrency: 8, seconds: 1 });
  if (failures + streams.failures === 0) return true;
  console.error(
    `NOT MEASURED: ${subject.name}: ${failures} requests and ${streams.failures} streams failed in the warm-up`,
  );
  process.exitCode = 1;
  return false;
}

async function measureAll(all: readonly Subject[], context: PartContext): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const part of options.parts) {
    const measure = parts[part];
    if (measure === undefined) continue;
    // Memory is measured once: its own run is long, and a second one would start from a grown heap.
    const rounds = part === 'rss' ? 1 : options.rounds;
    const own = part === 'rss' ? all.filter(({ pids }) => pids.length > 0) : all;
    for (let round = 0; round < rounds; round += 1) {
      for (const subject of rotated(own, round)) {
        console.error(`${part}, round ${round + 1} of ${rounds}: ${subject.name}`);
        samples.push({ part, subject: subject.name, round, figures: await measure(subject, context) });
      }
    }
  }
  return samples;
}

/** Another one goes first in each round, so that none always follows the same neighbour. */
function rotated<T>(items: readonly T[], by: number): T[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

function publish(samples: readonly Sample[], all: readonly Subject[]): void {
  const order = all.map(({ name }) => name);
  const sorted = samples.toSorted((left, right) => order.indexOf(left.subject) - order.indexOf(right.subject));
  const notes = all.flatMap(({ name, note }) => (note === undefined ? [] : [`${name}: ${note}`]));
  const summary = [renderTables(sorted), renderComparison(sorted), ...notes].filter((text) => text !== '').join('\n\n');
  console.log(`\n${summary}\n\n${((performance.now() - startMs) / 1000).toFixed(0)} s in all`);
  if (options.write) writeResults(summary, samples, options);
}

function writeResults(summary: string, samples: readonly Sample[], used: BenchOptions): void {
  const results = join(import.meta.dirname, 'results');
  mkdirSync(results, { recursive: true });
  const date = new Date().toISOString();
  const file = `${date.slice(0, 16).replaceAll(':', '')}.json`;
  writeFileSync(join(results, file), `${JSON.stringify({ date, machine, options: used, samples }, null, 2)}\n`);
  const { cpu, cores, memoryGiB, kernel, load, node, nginx, wrk, commit } = machine;
  const intro = [
    `# Benchmark of ${date.slice(0, 10)}`,
    `\`npm run bench\`: ${used.rounds} rounds in which the subjects alternate, ${used.seconds} s each, medians over the rounds; ` +
      `${used.connections} connections in the closed loop, ${used.rate} requests/s in the open loop, ` +
      `${used.streams} paced streams at ${used.tokensPerSecond} tokens/s. Upstreams, client and subjects share the machine.`,
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, Linux ${kernel}, load ${load.toFixed(1)} before the run; Node ${node}, nginx ${nginx}, wrk ${wrk}; commit ${commit}. ` +
      `Every sample is in [${file}](${file}).`,
  ];
  writeFileSync(join(results, 'latest.md'), `${[...intro, summary].join('\n\n')}\n`);
}
