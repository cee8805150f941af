// Medians, sums and the comparison in the tables.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderComparison, renderTables, type Sample } from './report.ts';

function sample(subject: string, round: number, figures: Sample['figures'], part = 'closed'): Sample {
  return { part, subject, round, figures };
}

test('report: shows the median of the rounds and the sum of the failures', () => {
  const figures = [10, 30, 20].map((value, round) =>
    sample('bare', round, { p50Ms: value, failures: 1, rssMiB: Number.NaN }),
  );
  assert.match(renderTables(figures), /^\| bare \| +20\.00 \| +- \| +3 \|$/m);
});

test('report: an even number of rounds gives the mean of the middle two', () => {
  const figures = [10, 20, 40, 30].map((value, round) => sample('bare', round, { p50Ms: value }));
  assert.match(renderTables(figures), /^\| bare \| +25\.00 \|$/m);
});

test('report: added time is over the bare upstream of the same run', () => {
  const figures = [sample('bare', 0, { p50Ms: 2 }, 'first-token'), sample('sluice', 0, { p50Ms: 3.5 }, 'first-token')];
  assert.match(renderTables(figures), /^\| sluice \| +3\.50 \| +1\.50 \|$/m);
});

test('report: compares CPU time with the peer, when both were measured', () => {
  const own = sample('sluice', 0, { cpuMicrosPerRequest: 150 });
  assert.equal(renderComparison([own]), '');
  assert.match(
    renderComparison([own, sample('portkey', 0, { cpuMicrosPerRequest: 1200 })]),
    /150 µs .* 8\.0 times fewer/,
  );
});
