// Conformance of Inference: failures keep what they say and hide what they must.

import assert from 'node:assert/strict';
import { collectResponse } from '../../src/core/collect.ts';
import { SluiceError } from '../../src/core/error.ts';
import type { PredictPart } from '../../src/core/predict.ts';
import { textAnswer } from '../fixtures/scripted-inference.ts';
import { answer, type Check, context, neverAborted, read, request, withReason } from './inference-harness.ts';
import { start } from './inference-samples.ts';

/** Failures before, in and instead of an answer. */
export function failures(check: Check): void {
  const failure = new SluiceError('upstream_rejected', {
    message: 'No such voice.',
    param: 'audio.voice',
    retryAfterMs: 1500,
    upstream: { target: 'openai/gpt', status: 422, type: 'invalid_request_error', code: 'bad_voice' },
  });
  const isFailure = (error: unknown): boolean => {
    withReason('upstream_rejected')(error);
    const { message, param, retryAfterMs, upstream, httpStatus } = error as SluiceError;
    assert.deepEqual(
      { message, param, retryAfterMs, upstream, httpStatus },
      {
        message: failure.message,
        param: failure.param,
        retryAfterMs: 1500,
        upstream: failure.upstream,
        httpStatus: 422,
      },
    );
    return true;
  };
  const fail = (): never => {
    throw failure;
  };

  check('a failure before the first part keeps all that it says', async (inference, scripted) => {
    answer(scripted, fail);
    await assert.rejects(inference.predict(request, context(), neverAborted), isFailure);
    await assert.rejects(read(inference.predictStream(request, context(), neverAborted)), isFailure);
    scripted.embedScript = fail;
    await assert.rejects(inference.embed({ model: 'e', input: ['x'] }, context(), neverAborted), isFailure);
  });

  check('a failure in mid-stream comes after the parts before it', async (inference, scripted) => {
    answer(scripted, ...textAnswer('a', 'b').slice(0, 3), fail);
    const seen: PredictPart[] = [];
    await assert.rejects(async () => {
      for await (const part of inference.predictStream(request, context(), neverAborted)) seen.push(part);
    }, isFailure);
    assert.deepEqual(seen, textAnswer('a', 'b').slice(0, 3));
  });

  check('an unknown failure is internal and loses its message', async (inference, scripted) => {
    answer(scripted, () => {
      throw new Error('password=hunter2');
    });
    await assert.rejects(inference.predict(request, context(), neverAborted), (error: Error) => {
      // The direct form hands the thing itself on; across a network only the catalogue's sentence may go.
      if (error instanceof SluiceError) {
        assert.equal(error.reason, 'internal');
        assert.ok(!`${error.message}${error.detail}`.includes('hunter2'));
      } else assert.equal(name(error), 'Error');
      return true;
    });
  });

  check('a stream without its end is not an answer', async (inference, scripted) => {
    answer(scripted, ...textAnswer('half an ans').slice(0, 2));
    const parts = inference.predictStream(request, context(), neverAborted);
    await assert.rejects(collectResponse(parts), withReason('upstream_truncated'));
    await assert.rejects(inference.predict(request, context(), neverAborted), withReason('upstream_truncated'));
  });

  check('after a failure the iterator is done', async (inference, scripted) => {
    answer(scripted, start, fail);
    const iterator = inference.predictStream(request, context(), neverAborted)[Symbol.asyncIterator]();
    await iterator.next();
    await assert.rejects(iterator.next(), isFailure);
    assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  });
}

function name(error: Error): string {
  return error.name;
}
