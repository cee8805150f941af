// Tables of the documentation that are made from the code. check-docs.ts compares them with what is committed.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCatalogue } from '../src/core/error-catalogue.ts';
import { metricCatalogue } from '../src/telemetry/metrics.ts';

/** docs/errors.md: every reason for which Sluice refuses or fails. */
export function errorTable(): string {
  const rows = Object.entries(errorCatalogue).map(([reason, { code, httpStatus, retryable, failover, sentence }]) => [
    `\`${reason}\``,
    code,
    String(httpStatus),
    retryable ? 'yes' : 'no',
    failover ? 'yes' : 'no',
    sentence,
  ]);
  return table(['Reason', 'gRPC code', 'HTTP status', 'Retryable', 'Next target', 'Meaning'], rows);
}

/** docs/metrics.md: every metric of `/metrics`. */
export function metricTable(): string {
  const rows = Object.entries(metricCatalogue).map(([name, { kind, labels, buckets, help }]) => [
    `\`${name}\``,
    kind,
    labels.map((label) => `\`${label}\``).join(', '),
    (buckets ?? []).join(', '),
    help,
  ]);
  return table(['Metric', 'Kind', 'Labels', 'Buckets', 'Meaning'], rows);
}

/** docs/adr/README.md: every decision record, by its own title and status line. */
export function decisionTable(root: string): string {
  const files = globSync('docs/adr/[0-9]*.md', { cwd: root }).sort();
  const rows = files.map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const file = path.slice('docs/adr/'.length);
    const title = /^# (?:ADR )?(?:\d{4}[.:]? *(?:[-–—:] *)?)?(.+)$/m.exec(text)?.[1] ?? file;
    const status = /^(?:\**status\**:\**|## Status\n+) *\**([A-Za-z]+)/im.exec(text)?.[1] ?? 'not stated';
    return [`[${file.slice(0, 4)}](${file})`, title, status.toLowerCase()];
  });
  return table(['Number', 'Decision', 'Status'], rows);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
