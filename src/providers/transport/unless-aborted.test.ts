import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../../core/error.ts';
import { unlessAborted } from './unless-aborted.ts';

const reason = new SluiceError('deadline_exceeded');

test('unless aborted: an abort ends the wait with its reason, before or while waiting', async () => {
  const never = new Promise<string>(() => undefined);
  await assert.rejects(unlessAborted(never, AbortSignal.abort(reason)), reason);
  const controller = new AbortController();
  const waiting = unlessAborted(never, controller.signal);
  controller.abort(reason);
  await assert.rejects(waiting, reason);
  await assert.rejects(unlessAborted(Promise.resolve('late'), AbortSignal.abort(reason)), reason);
});

test('unless aborted: without an abort the promise decides', async () => {
  const { signal } = new AbortController();
  assert.equal(await unlessAborted(Promise.resolve('key'), signal), 'key');
  await assert.rejects(unlessAborted(Promise.reject(reason), signal), reason);
});
