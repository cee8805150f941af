// Faults that need more than one value; those of targets, listeners and headers are in load.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultEdgeLimits } from '../edge/defaults.ts';
import { defaultLimits, maxRemoteBodyBytes } from './defaults.ts';
import { loadConfig } from './load.ts';

function faultsOf(...set: string[]): string[] {
  const result = loadConfig({ env: {}, set });
  return 'problems' in result ? result.problems.map(({ path, expected }) => `${path}: ${expected}`) : [];
}

test('bodies: what is larger than a message to a remote inference service is refused at the start', () => {
  const remote = 'inference=grpc://inference:8082';
  const upload = `limits.maxUploadBytes=${maxRemoteBodyBytes + 1}`;
  const expected = `at most ${maxRemoteBodyBytes}, which a message to the inference service can carry`;
  assert.deepEqual(faultsOf(remote, upload, 'limits.maxBodyBytes=99000000'), [
    `limits.maxBodyBytes: ${expected}`,
    `limits.maxUploadBytes: ${expected}`,
  ]);
  assert.deepEqual(faultsOf(remote, `limits.maxUploadBytes=${maxRemoteBodyBytes}`), []);
  assert.deepEqual(faultsOf(remote), [], 'the defaults fit');
  assert.deepEqual(faultsOf(upload), [], 'in one process nothing is carried');
});

test('bodies: the defaults are those of the edge', () => {
  const { maxBodyBytes, maxUploadBytes, maxBufferedBodyBytes } = defaultEdgeLimits;
  assert.deepEqual(
    [defaultLimits.maxBodyBytes, defaultLimits.maxUploadBytes, defaultLimits.maxBufferedBodyBytes],
    [maxBodyBytes, maxUploadBytes, maxBufferedBodyBytes],
  );
});
