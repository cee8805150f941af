// Flags of `npm run bench`.

import { parseArgs } from 'node:util';

/** What to measure, for how long, against whom. */
export interface BenchOptions {
  readonly subjects: readonly string[];
  readonly parts: readonly string[];
  /** Every subject is measured once in each round, in turn. */
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  /** Arrivals per second of the open loop. */
  readonly rate: number;
  readonly streams: number;
  readonly tokensPerSecond: number;
  /** Requests of the memory part. */
  readonly rssRequests: number;
  /** Writes bench/results; off while trying things out. */
  readonly write: boolean;
}

/** Who can be measured, in the order of the table. */
export const allSubjects = ['bare', 'sluice', 'sluice-separate', 'portkey'] as const;

/** What can be measured. `rss` is left out by default because it takes minutes. */
export const allParts = ['closed', 'open', 'first-token', 'events', 'paced', 'rss'] as const;

const help = `npm run bench -- [options]

  --subjects a,b   of: ${allSubjects.join(', ')} (default: all)
  --parts a,b      of: ${allParts.join(', ')} (default: all but rss)
  --rss            the memory part too: RSS over 100,000 requests
  --rounds N       rounds, subjects alternate in each (default: 3)
  --seconds S      of each measurement (default: 3)
  --connections N  of the closed loop (default: 32)
  --rate N         arrivals per second of the open loop (default: 300)
  --streams N      concurrent paced streams (default: 200)
  --tokens-per-second N   of each paced stream (default: 50)
  --rss-requests N (default: 100000)
  --no-write       prints only`;

/** Reads the flags. Prints the help and ends the process when asked for it or when they are wrong. */
export function readOptions(args: readonly string[]): BenchOptions {
  try {
    const { values } = parseArgs({ args: [...args], options: flags, allowNegative: true });
    if (values.help === true) exitWith(help, 0);
    const parts = list(values.parts, allParts, allParts.slice(0, -1));
    return {
      subjects: list(values.subjects, allSubjects, allSubjects),
      parts: values.rss === true && !parts.includes('rss') ? [...parts, 'rss'] : parts,
      rounds: positive('rounds', values.rounds, 3),
      seconds: positive('seconds', values.seconds, 3),
      connections: positive('connections', values.connections, 32),
      rate: positive('rate', values.rate, 300),
      streams: positive('streams', values.streams, 200),
      tokensPerSecond: positive('tokens-per-second', values['tokens-per-second'], 50),
      rssRequests: positive('rss-requests', values['rss-requests'], 100_000),
      write: values.write ?? true,
    };
  } catch (error) {
    exitWith(`${error instanceof Error ? error.message : error}\n\n${help}`, 2);
  }
}

const flags = {
  help: { type: 'boolean', short: 'h' },
  subjects: { type: 'string' },
  parts: { type: 'string' },
  rss: { type: 'boolean' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  connections: { type: 'string' },
  rate: { type: 'string' },
  streams: { type: 'string' },
  'tokens-per-second': { type: 'string' },
  'rss-requests': { type: 'string' },
  write: { type: 'boolean' },
} as const;

function list(given: string | undefined, allowed: readonly string[], byDefault: readonly string[]): readonly string[] {
  if (given === undefined) return byDefault;
  const names = given.split(',');
  const unknown = names.find((name) => !allowed.includes(name));
  if (unknown !== undefined) throw new Error(`${unknown} is none of: ${allowed.join(', ')}`);
  return allowed.filter((name) => names.includes(name));
}

function positive(name: string, given: string | undefined, byDefault: number): number {
  const value = given === undefined ? byDefault : Number(given);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number above 0`);
  return value;
}

function exitWith(text: string, code: number): never {
  (code === 0 ? console.log : console.error)(text);
  process.exit(code);
}
