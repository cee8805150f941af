import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CallWindow } from './call-window.ts';

test('call window: counts what a list of all calls counts, to a bucket', () => {
  const calls = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 400 }), failed: fc.boolean() }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(calls, (list) => {
      const window = new CallWindow(1_000);
      const all: { atMs: number; failed: boolean }[] = [];
      let nowMs = 0;
      for (const { afterMs, failed } of list) {
        nowMs += afterMs;
        window.add(failed, nowMs);
        all.push({ atMs: nowMs, failed });
        const oldest = Math.floor(nowMs / 100) - 9;
        const kept = all.filter(({ atMs }) => Math.floor(atMs / 100) >= oldest);
        assert.equal(window.calls, kept.length);
        assert.equal(window.failures, kept.filter((one) => one.failed).length);
      }
    }),
  );
});
