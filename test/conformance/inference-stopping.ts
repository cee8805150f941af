// Conformance of Inference: whoever stops caring stops the work.

import assert from 'node:assert/strict';
import type { CallContext } from '../../src/core/call-context.ts';
import { SluiceError } from '../../src/core/error.ts';
import { textAnswer, untilAborted } from '../fixtures/scripted-inference.ts';
import {
  answer,
  type Check,
  clock,
  context,
  eventually,
  neverAborted,
  nextTurn,
  read,
  request,
  withReason,
} from './inference-harness.ts';
import { end, start } from './inference-samples.ts';

/** Signals, return() and deadlines. */
export function stopping(check: Check): void {
  check('nothing is started before the first read', async (inference, scripted) => {
    inference.predictStream(request, context(), neverAborted);
    const unread = inference.predictStream(request, context(), neverAborted)[Symbol.asyncIterator]();
    await unread.return?.();
    await nextTurn();
    assert.equal(scripted.open, 0);
    assert.equal(scripted.partsProduced, 0);
  });

  check('a call whose signal has aborted already is refused', async (inference, scripted) => {
    answer(scripted, untilAborted);
    const aborted = AbortSignal.abort(new SluiceError('slow_consumer'));
    await assert.rejects(inference.predict(request, context(), aborted), withReason('slow_consumer'));
    await assert.rejects(read(inference.predictStream(request, context(), aborted)), withReason('slow_consumer'));
  });

  check('an abort before the first part stops the far side', async (inference, scripted) => {
    answer(scripted, untilAborted);
    for (const run of [
      (signal: AbortSignal) => inference.predict(request, context(), signal),
      (signal: AbortSignal) => read(inference.predictStream(request, context(), signal)),
    ]) {
      const controller = new AbortController();
      const result = assert.rejects(run(controller.signal), withReason('slow_consumer'));
      await eventually(() => scripted.open === 1);
      controller.abort(new SluiceError('slow_consumer'));
      await result;
      await eventually(() => scripted.open === 0);
      assert.equal(scripted.calls.at(-1)?.signal.aborted, true);
    }
  });

  check('an abort in mid-stream stops the far side', async (inference, scripted) => {
    answer(scripted, ...textAnswer('a').slice(0, 2), untilAborted, end);
    const controller = new AbortController();
    const iterator = inference.predictStream(request, context(), controller.signal)[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    const third = assert.rejects(iterator.next(), withReason('cancelled'));
    controller.abort();
    await third;
    await eventually(() => scripted.open === 0);
    assert.equal(scripted.calls.at(-1)?.signal.aborted, true);
  });

  check('return() stops the far side, even while a read is waiting', async (inference, scripted) => {
    answer(scripted, start, untilAborted);
    const controller = new AbortController();
    const iterator = inference.predictStream(request, context(), controller.signal)[Symbol.asyncIterator]();
    await iterator.next();
    const waiting = iterator.next().catch(() => ({ done: true }));
    const returned = iterator.return?.();
    // A generator's return() waits for its step; the signal is how a step is interrupted in every form.
    controller.abort();
    assert.equal((await waiting).done, true);
    await returned;
    await eventually(() => scripted.open === 0);
  });

  check('leaving the loop stops the far side', async (inference, scripted) => {
    scripted.script = function* () {
      yield start;
      for (;;) yield { type: 'text-delta', text: 'more ' };
    };
    let count = 0;
    for await (const _ of inference.predictStream(request, context(), neverAborted)) if (++count === 10) break;
    await eventually(() => scripted.open === 0);
    const produced = scripted.partsProduced;
    await nextTurn();
    assert.equal(scripted.partsProduced, produced);
  });

  check('a deadline ends the call and stops the far side', async (inference, scripted) => {
    answer(scripted, start, untilAborted);
    const soon = (): CallContext => context({ deadlineAtMs: clock.now() + 40 });
    await assert.rejects(inference.predict(request, soon(), neverAborted), withReason('deadline_exceeded'));
    const parts = inference.predictStream(request, soon(), neverAborted);
    await assert.rejects(read(parts), withReason('deadline_exceeded'));
    await eventually(() => scripted.open === 0);
    for (const { signal } of scripted.calls) assert.equal(signal.aborted, true);
    const past = context({ deadlineAtMs: clock.now() - 1 });
    await assert.rejects(inference.predict(request, past, neverAborted), withReason('deadline_exceeded'));
    await assert.rejects(read(inference.predictStream(request, past, neverAborted)), withReason('deadline_exceeded'));
  });
}
