import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { answerWith, startUpstream } from '../../../test/fixtures/upstream.ts';
import { failureOfCall, testTimeouts } from '../../../test/fixtures/upstream-calls.ts';
import { SluiceError } from '../../core/error.ts';
import { maxErrorBodyBytes, maxWaitingCalls } from './defaults.ts';
import { createHttpCaller } from './http-call.ts';
import type { HttpCall } from './http-exchange.ts';
import { callWhole } from './whole-call.ts';

const callOf = (signal: AbortSignal): HttpCall => ({
  path: '/',
  headers: [],
  body: '{}',
  streamed: false,
  timeouts: testTimeouts,
  signal,
  target: 'p/m',
});

test('http call: whoever comes when too many wait for a socket is refused at once', async (t) => {
  const upstream = await startUpstream(() => {});
  const clock = new FakeClock();
  const caller = createHttpCaller({ origin: new URL(upstream.baseUrl).origin, connections: 1, clock });
  t.after(async () => {
    await caller.close();
    await upstream.close();
  });
  const controller = new AbortController();
  const start = (): Promise<unknown> => callWhole(caller, callOf(controller.signal), 1_000);
  const held = Array.from({ length: 1 + maxWaitingCalls }, () => failureOfCall(start()));
  const refused = await failureOfCall(start());
  assert.equal(refused.reason, 'overloaded');
  assert.match(String(refused.detail), new RegExp(`^${maxWaitingCalls} calls wait for `));
  controller.abort(new SluiceError('cancelled'));
  assert.deepEqual([...new Set((await Promise.all(held)).map(({ reason }) => reason))], ['cancelled']);
});

test('http call: of the body of a failure a bounded beginning is read, and the status counts', async (t) => {
  const upstream = await startUpstream(answerWith({ status: 503, body: 'x'.repeat(4 * maxErrorBodyBytes) }));
  const caller = createHttpCaller({ origin: new URL(upstream.baseUrl).origin, connections: 1, clock: new FakeClock() });
  t.after(async () => {
    await caller.close();
    await upstream.close();
  });
  const { status, body } = await callWhole(caller, callOf(new AbortController().signal), 1_000);
  assert.equal(status, 503);
  // A piece that was on its way when the bound was met still counts; the rest is not waited for.
  assert.ok(body.length >= maxErrorBodyBytes && body.length < 3 * maxErrorBodyBytes, `${body.length}`);
});
