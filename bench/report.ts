// Turns samples into tables, for the terminal and for bench/results.

import type { Figures } from './measure.ts';

/** One measurement. */
export interface Sample {
  readonly part: string;
  readonly subject: string;
  readonly round: number;
  readonly figures: Figures;
}

/** What each part measures, for the reader of the table. */
const captions: Readonly<Record<string, string>> = {
  closed: 'Closed loop, whole answers',
  open: 'Open loop at a fixed rate, whole answers, latency from the moment a request was due',
  'first-token': 'First token of short streams, under a light load',
  events: 'Streams as fast as they come',
  paced: 'Concurrent streams at a fixed rate of tokens (share: tokens at most 250 ms under way)',
  rss: 'Memory over many requests',
};

/** Heading and digits of each figure. */
const columns: Readonly<Record<string, readonly [heading: string, digits: number]>> = {
  requestsPerSecond: ['requests/s', 0],
  eventsPerSecond: ['events/s', 0],
  share: ['share in time', 3],
  p50Ms: ['p50 ms', 2],
  p99Ms: ['p99 ms', 2],
  maxMs: ['max ms', 1],
  addedP50Ms: ['added p50 ms', 2],
  transitP50Ms: ['transit p50 ms', 2],
  transitP99Ms: ['transit p99 ms', 1],
  firstTokenP50Ms: ['first token p50 ms', 1],
  cpuMicrosPerRequest: ['CPU µs/request', 0],
  cpuMicrosPerEvent: ['CPU µs/event', 1],
  rssMiB: ['RSS MiB', 0],
  rssAt10MiB: ['RSS at 10 %', 0],
  rssAt50MiB: ['at 50 %', 0],
  rssAt100MiB: ['at 100 %', 0],
  growthMiB: ['growth of 2nd half MiB', 1],
  failures: ['failures', 0],
};

/** A Markdown table for each part that was measured: medians over the rounds, failures summed. */
export function renderTables(samples: readonly Sample[]): string {
  const measured = Object.keys(captions).filter((part) => samples.some((sample) => sample.part === part));
  return measured.map((part) => renderPart(part, samples)).join('\n\n');
}

/** The comparison that the project holds itself to; empty when one of the two was not measured. */
export function renderComparison(samples: readonly Sample[]): string {
  const [own, peer] = ['sluice', 'portkey'].map((subject) => median(samples, 'closed', subject, 'cpuMicrosPerRequest'));
  if (own === undefined || peer === undefined) return '';
  return `sluice: ${own.toFixed(0)} µs of CPU a request, ${(peer / own).toFixed(1)} times fewer than portkey in the same run.`;
}

function renderPart(part: string, samples: readonly Sample[]): string {
  const own = samples.filter((sample) => sample.part === part);
  const subjects = [...new Set(own.map(({ subject }) => subject))];
  const present = new Set(own.flatMap(({ figures }) => Object.keys(figures)));
  const withAdded = part === 'first-token' || part === 'open' ? [...present, 'addedP50Ms'] : [...present];
  const keys = Object.keys(columns).filter((key) => withAdded.includes(key));
  const rows = subjects.map((subject) => [subject, ...keys.map((key) => cell(own, part, subject, key))]);
  const headings = ['', ...keys.map((key) => columns[key]?.[0] ?? key)];
  return `**${captions[part] ?? part}**\n\n${alignedTable([headings, ...rows])}`;
}

function cell(samples: readonly Sample[], part: string, subject: string, key: string): string {
  const value = key === 'addedP50Ms' ? addedP50(samples, part, subject) : median(samples, part, subject, key);
  return value === undefined || Number.isNaN(value) ? '-' : value.toFixed(columns[key]?.[1] ?? 1);
}

function addedP50(samples: readonly Sample[], part: string, subject: string): number | undefined {
  const [value, floor] = [subject, 'bare'].map((name) => median(samples, part, name, 'p50Ms'));
  return subject === 'bare' || value === undefined || floor === undefined ? undefined : value - floor;
}

/** The median over the rounds, or the sum for failures. */
function median(samples: readonly Sample[], part: string, subject: string, key: string): number | undefined {
  const values = samples
    .filter((sample) => sample.part === part && sample.subject === subject)
    .map(({ figures }) => figures[key])
    .filter((value) => value !== undefined)
    .sort((left, right) => left - right);
  if (key === 'failures') return values.reduce((sum, value) => sum + value, 0);
  const middle = values.length / 2;
  const [low, high] = [values[Math.ceil(middle) - 1], values[Math.floor(middle)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

/** Markdown that also reads well in a terminal: first column left, figures right. */
function alignedTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string => {
    const cells = row.map((text, column) =>
      column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
    );
    return `| ${cells.join(' | ')} |`;
  };
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(rows[0] ?? []), `| ${rule.join(' | ')} |`, ...rows.slice(1).map(line)].join('\n');
}
