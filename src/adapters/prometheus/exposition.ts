// Prometheus text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats) of the metrics of the catalogue.

import type { MetricDefinition, MetricName } from '../../telemetry/metrics.ts';
import type { Series } from './series.ts';

/** A counter or gauge under one set of labels. */
export interface NumberCell {
  value: number;
}

/** A histogram under one set of labels. */
export interface HistogramCell {
  sum: number;
  /** How many values fell into each bucket, not cumulative; the last counts everything above the buckets. */
  readonly counts: number[];
}

/** A counter or gauge as text. */
export function exposeNumbers(name: MetricName, definition: MetricDefinition, series: Series<NumberCell>): string {
  let text = headerOf(name, definition);
  for (const { labels, cell } of series.entries()) text += line(name, labels, cell.value);
  return text;
}

/** A histogram as text: cumulative buckets, sum and count. */
export function exposeHistogram(name: MetricName, definition: MetricDefinition, series: Series<HistogramCell>): string {
  const bounds = [...(definition.buckets ?? []).map(String), '+Inf'];
  let text = headerOf(name, definition);
  for (const { labels, cell } of series.entries()) {
    let count = 0;
    for (const [at, le] of bounds.entries()) {
      count += cell.counts[at] ?? 0;
      text += line(`${name}_bucket`, { ...labels, le }, count);
    }
    text += line(`${name}_sum`, labels, cell.sum) + line(`${name}_count`, labels, count);
  }
  return text;
}

function headerOf(name: MetricName, { help, kind }: MetricDefinition): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${kind}\n`;
}

function line(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
