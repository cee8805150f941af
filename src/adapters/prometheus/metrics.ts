// The Metrics on Prometheus: own cells for the metrics of the catalogue, because they are on the hot path, and prom-client for
// the metrics of the process.

import { collectDefaultMetrics, Registry } from 'prom-client';
import { type MetricName, type Metrics, metricCatalogue } from '../../telemetry/metrics.ts';
import { exposeHistogram, exposeNumbers, type HistogramCell, type NumberCell } from './exposition.ts';
import { createSeries, type Series } from './series.ts';

/** The Metrics and what a scrape reads. */
export interface PrometheusMetrics extends Metrics {
  /** Value for the `content-type` header of the scrape. */
  readonly contentType: string;
  /** All metrics in Prometheus text format 0.0.4. */
  text(): Promise<string>;
}

/** See createPrometheusMetrics. */
export interface PrometheusOptions {
  /** Whether CPU, memory, descriptors, garbage collection and event loop lag of the process are included. Default true. */
  readonly processMetrics?: boolean;
}

/**
 * Every metric of the catalogue exists from the start. Recording is synchronous and costs well under 0.1 µs. Recording under
 * another kind than the catalogue's, with another number of labels or a value that is no number throws TypeError.
 */
export function createPrometheusMetrics({ processMetrics = true }: PrometheusOptions = {}): PrometheusMetrics {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const counters = new Map<MetricName, Series<NumberCell>>();
  const gauges = new Map<MetricName, Series<NumberCell>>();
  const histograms = new Map<
    MetricName,
    { readonly buckets: readonly number[]; readonly series: Series<HistogramCell> }
  >();
  const expositions: (() => string)[] = [];
  for (const name of Object.keys(metricCatalogue) as MetricName[]) {
    const definition = metricCatalogue[name];
    if (definition.kind === 'histogram') {
      const buckets = definition.buckets ?? [];
      const createCell = (): HistogramCell => ({ sum: 0, counts: new Array<number>(buckets.length + 1).fill(0) });
      const series = createSeries(name, definition.labels, createCell);
      histograms.set(name, { buckets, series });
      expositions.push(() => exposeHistogram(name, definition, series));
    } else {
      const series = createSeries<NumberCell>(name, definition.labels, () => ({ value: 0 }));
      (definition.kind === 'counter' ? counters : gauges).set(name, series);
      expositions.push(() => exposeNumbers(name, definition, series));
    }
  }
  return {
    add(name, labels, by = 1) {
      if (!(by >= 0 && Number.isFinite(by))) throw new TypeError(`${name} cannot grow by ${by}`);
      known(counters, name, 'counter').at(labels).value += by;
    },
    set(name, labels, value) {
      known(gauges, name, 'gauge').at(labels).value = finite(name, value);
    },
    observe(name, labels, value) {
      const { buckets, series } = known(histograms, name, 'histogram');
      const cell = series.at(labels);
      cell.sum += finite(name, value);
      let at = 0;
      while (at < buckets.length && value > (buckets[at] ?? 0)) at += 1;
      cell.counts[at] = (cell.counts[at] ?? 0) + 1;
    },
    contentType: registry.contentType,
    text: async () => expositions.map((expose) => expose()).join('') + (await registry.metrics()),
  };
}

function known<Metric>(metrics: ReadonlyMap<MetricName, Metric>, name: MetricName, kind: string): Metric {
  const metric = metrics.get(name);
  if (metric === undefined) throw new TypeError(`${name} is not a ${kind}`);
  return metric;
}

function finite(name: MetricName, value: number): number {
  if (!Number.isFinite(value)) throw new TypeError(`${name} cannot record ${value}`);
  return value;
}
