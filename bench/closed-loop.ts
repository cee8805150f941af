// Closed loop: a fixed number of connections, each sending its next request when the last one is answered. wrk does it, in C,
// so that the client takes little of the machine that it shares with the subject.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { chatBody } from './chat-body.ts';
import type { Target } from './subject.ts';

/** What one run of the closed loop saw. */
export interface ClosedLoopResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were not 2xx, and connections or reads that failed. */
  readonly failures: number;
}

/** Runs wrk against a target. */
export async function runClosedLoop(
  target: Target,
  options: { readonly connections: number; readonly seconds: number; readonly folder: string },
): Promise<ClosedLoopResult> {
  const script = join(options.folder, 'request.lua');
  writeFileSync(script, luaScript(target));
  const args = ['--threads', '1', '--connections', String(options.connections), '--duration', `${options.seconds}s`];
  const wrk = spawn('wrk', [...args, '--timeout', '10s', '--script', script, target.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await Promise.all([text(wrk.stdout), once(wrk, 'close')]);
  const report = /^report (.*)$/m.exec(output)?.[1];
  if (report === undefined) throw new Error(`wrk gave no report:\n${output}`);
  const result: ClosedLoopResult = JSON.parse(report);
  return result;
}

/** Sends the chat body and prints the figures as one line of JSON. */
function luaScript({ headers, model }: Target): string {
  const header = Object.entries(headers).map(([name, value]) => `wrk.headers[${quote(name)}] = ${quote(value)}`);
  return `wrk.method = "POST"
wrk.body = ${quote(chatBody(model, false))}
${header.join('\n')}
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    'report {"requests":%d,"requestsPerSecond":%.1f,"p50Ms":%.3f,"p99Ms":%.3f,"failures":%d}\\n',
    summary.requests, summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;
}

/** A Lua string; JSON's escapes for quotes, backslashes and newlines are Lua's too. */
function quote(value: string): string {
  return JSON.stringify(value);
}
