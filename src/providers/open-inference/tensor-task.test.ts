import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activate } from './tensor-task.ts';

test('activation: a softmax over more columns than a call can have arguments', () => {
  const columns = 300_000;
  const values = new Float32Array(columns).fill(-1000);
  values[7] = -999;
  activate({ rows: 1, columns, values }, 'softmax');
  const [first = 0, best = 0] = [values[0], values[7]];
  assert.ok(Math.abs(best / first - Math.E) < 1e-4);
  assert.ok(Math.abs(values.reduce((sum, value) => sum + value, 0) - 1) < 0.01);
});
