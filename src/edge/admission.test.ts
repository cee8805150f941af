import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRecordingMetrics } from '../../test/fixtures/silent-telemetry.ts';
import { SluiceError } from '../core/error.ts';
import { Admission } from './admission.ts';
import { defaultEdgeLimits } from './defaults.ts';

const limits = {
  ...defaultEdgeLimits,
  maxConcurrentRequests: 5,
  maxConcurrentRequestsPerKey: 3,
  maxConcurrentStreams: 3,
  maxConcurrentStreamsPerKey: 2,
  maxBufferedBodyBytes: 100,
};

/** Runs a step; true when it was refused. */
function isRefused(run: () => void): boolean {
  try {
    run();
    return false;
  } catch (thrown) {
    assert.ok(thrown instanceof SluiceError);
    return true;
  }
}

test('admission: no order of calls and streams of any keys breaks a limit or leaves anything counted', () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c'), what: fc.constantFrom('enter', 'stream', 'leave') });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const admission = new Admission(limits, createRecordingMetrics());
      const calls: { key: string; isStream: boolean }[] = [];
      const of = (key: string) => calls.filter((call) => call.key === key);
      for (const { key, what } of steps) {
        if (what === 'enter') {
          const isFull = calls.length === 5 || of(key).length === 3;
          assert.equal(
            isRefused(() => admission.enterKey(key)),
            isFull,
          );
          if (!isFull) calls.push({ key, isStream: false });
        } else if (what === 'stream') {
          const call = of(key).find((candidate) => !candidate.isStream);
          if (call === undefined) continue;
          const isFull =
            calls.filter((one) => one.isStream).length === 3 || of(key).filter((one) => one.isStream).length === 2;
          assert.equal(
            isRefused(() => admission.enterStream(key)),
            isFull,
          );
          call.isStream = !isFull;
        } else {
          const call = of(key)[0];
          if (call === undefined) continue;
          if (call.isStream) admission.leaveStream(key);
          admission.leaveKey(key);
          calls.splice(calls.indexOf(call), 1);
        }
      }
      for (const call of calls) {
        if (call.isStream) admission.leaveStream(call.key);
        admission.leaveKey(call.key);
      }
      assert.deepEqual(admission.load, { requests: 0, streams: 0, bodyBytes: 0, keys: 0 });
    }),
  );
});

test('admission: bodies together may not hold more than their limit', () => {
  const admission = new Admission(limits, createRecordingMetrics());
  admission.holdBody(60);
  assert.throws(() => admission.holdBody(41), { reason: 'overloaded' });
  admission.releaseBody(60);
  admission.holdBody(100);
});
