import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricCatalogue } from '../../telemetry/metrics.ts';
import { maxSeriesPerMetric } from './defaults.ts';
import { createPrometheusMetrics } from './metrics.ts';

/** The lines of one metric, comments left out. */
async function linesOf(metrics: { text(): Promise<string> }, name: string): Promise<string[]> {
  return (await metrics.text()).split('\n').filter((line) => line.startsWith(name));
}

test('prometheus metrics: every metric of the catalogue is announced with its help and type, before anything was recorded', async () => {
  const text = await createPrometheusMetrics({ processMetrics: false }).text();
  for (const [name, { help, kind }] of Object.entries(metricCatalogue)) {
    assert.ok(text.includes(`# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`), name);
  }
  assert.ok(text.includes('\nsluice_streams_open 0\n'));
});

test('prometheus metrics: counters add, gauges are set, labels come in the order of the catalogue', async () => {
  const metrics = createPrometheusMetrics({ processMetrics: false });
  metrics.add('sluice_http_requests_total', ['/v1/models', '200', '']);
  metrics.add('sluice_http_requests_total', ['/v1/models', '200', ''], 2);
  metrics.add('sluice_http_requests_total', ['/v1/models', '429', 'rate_limited']);
  metrics.set('sluice_streams_open', [], 5);
  metrics.set('sluice_streams_open', [], 3);
  assert.deepEqual(await linesOf(metrics, 'sluice_http_requests_total'), [
    'sluice_http_requests_total{route="/v1/models",status="200",reason=""} 3',
    'sluice_http_requests_total{route="/v1/models",status="429",reason="rate_limited"} 1',
  ]);
  assert.deepEqual(await linesOf(metrics, 'sluice_streams_open'), ['sluice_streams_open 3']);
});

test('prometheus metrics: histogram buckets are cumulative, bounds belong to the bucket below', async () => {
  const metrics = createPrometheusMetrics({ processMetrics: false });
  for (const value of [0.001, 0.005, 0.006, 0.3, 500])
    metrics.observe('sluice_http_request_duration_seconds', ['/r'], value);
  const lines = await linesOf(metrics, 'sluice_http_request_duration_seconds');
  const count = (le: string): string | undefined =>
    lines
      .find((line) => line.includes(`le="${le}"`))
      ?.split(' ')
      .at(-1);
  assert.deepEqual(
    [count('0.005'), count('0.01'), count('0.25'), count('0.5'), count('120'), count('+Inf')],
    ['2', '3', '3', '4', '4', '5'],
  );
  assert.equal(lines.at(-2), 'sluice_http_request_duration_seconds_sum{route="/r"} 500.312');
  assert.equal(lines.at(-1), 'sluice_http_request_duration_seconds_count{route="/r"} 5');
});

test('prometheus metrics: label values are escaped', async () => {
  const metrics = createPrometheusMetrics({ processMetrics: false });
  metrics.add('sluice_auth_failures_total', ['a"b\\c\nd']);
  assert.deepEqual(await linesOf(metrics, 'sluice_auth_failures_total'), [
    'sluice_auth_failures_total{reason="a\\"b\\\\c\\nd"} 1',
  ]);
});

test('prometheus metrics: labels without a bound fill one series, not the memory', async () => {
  const metrics = createPrometheusMetrics({ processMetrics: false });
  for (let at = 0; at < maxSeriesPerMetric + 500; at += 1)
    metrics.add('sluice_attempts_total', [`t${at}`, 'predict', 'ok']);
  const lines = await linesOf(metrics, 'sluice_attempts_total');
  assert.equal(lines.length, maxSeriesPerMetric + 1);
  assert.equal(lines.at(-1), 'sluice_attempts_total{target="overflow",operation="overflow",outcome="overflow"} 500');
});

test('prometheus metrics: a wrong kind, number of labels or value is a fault of the caller', () => {
  const metrics = createPrometheusMetrics({ processMetrics: false });
  assert.throws(() => metrics.add('sluice_streams_open', []), /not a counter/);
  assert.throws(() => metrics.set('sluice_attempts_total', ['a', 'b', 'c'], 1), /not a gauge/);
  assert.throws(() => metrics.add('sluice_attempts_total', ['a']), /has 3 labels, not 1/);
  assert.throws(() => metrics.add('sluice_attempts_total', ['a', 'b', 'c'], -1), /cannot grow by -1/);
  assert.throws(() => metrics.observe('sluice_attempt_duration_seconds', ['a', 'b'], Number.NaN), /cannot record NaN/);
});

test('prometheus metrics: the process is measured too, event loop lag included', async () => {
  const metrics = createPrometheusMetrics();
  const text = await metrics.text();
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'nodejs_eventloop_lag_p99_seconds',
  ]) {
    assert.match(text, new RegExp(`^${name} [\\d.e+-]+$`, 'm'));
  }
  assert.match(metrics.contentType, /^text\/plain; version=0\.0\.4/);
});
