import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AbortListener, CallAbort, listenForAbort, stopListening } from './call-abort.ts';
import { SluiceError } from './error.ts';

function recorder(): AbortListener & { told: number } {
  return {
    told: 0,
    handleEvent() {
      this.told += 1;
    },
  };
}

test('call abort: the first reason counts and each listener is told once, with the signal already aborted', () => {
  const abort = new CallAbort();
  const seen: unknown[] = [];
  listenForAbort(abort.signal, { handleEvent: () => seen.push(abort.signal.reason) });
  const reason = new SluiceError('deadline_exceeded');
  abort.abort(reason);
  abort.abort(new SluiceError('cancelled'));
  assert.deepEqual(seen, [reason]);
  assert.equal(abort.signal.reason, reason);
});

test('call abort: who stopped listening is not told', () => {
  const abort = new CallAbort();
  const stopped = recorder();
  const kept = recorder();
  listenForAbort(abort.signal, stopped);
  listenForAbort(abort.signal, kept);
  stopListening(abort.signal, stopped);
  stopListening(abort.signal, stopped);
  abort.abort(new SluiceError('cancelled'));
  assert.deepEqual([stopped.told, kept.told], [0, 1]);
});

test('call abort: the signal is an ordinary one for everybody else', async () => {
  const abort = new CallAbort();
  const composed = AbortSignal.any([abort.signal]);
  const heard = new Promise((resolve) => abort.signal.addEventListener('abort', resolve, { once: true }));
  abort.abort(new SluiceError('draining'));
  await heard;
  assert.equal(composed.aborted, true);
  assert.throws(() => composed.throwIfAborted(), { reason: 'draining' });
});

test('call abort: the signal of a plain AbortController is listened to as well', () => {
  const controller = new AbortController();
  const [kept, stopped] = [recorder(), recorder()];
  listenForAbort(controller.signal, kept);
  listenForAbort(controller.signal, stopped);
  stopListening(controller.signal, stopped);
  controller.abort();
  assert.deepEqual([kept.told, stopped.told], [1, 0]);
});
