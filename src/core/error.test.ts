import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { abortReason, SluiceError, toSluiceError } from './error.ts';
import { type ErrorReason, errorCatalogue, isErrorReason } from './error-catalogue.ts';

describe('SluiceError', () => {
  it('message: is the sentence of the catalogue unless one is given', () => {
    assert.equal(new SluiceError('overloaded').message, errorCatalogue.overloaded.sentence);
    assert.equal(new SluiceError('overloaded', { message: 'Busy.' }).message, 'Busy.');
  });

  it('httpStatus: a failure that a vendor answered keeps its own status, and nothing else does', () => {
    const from = (reason: ErrorReason, status: number) => new SluiceError(reason, { upstream: { status } }).httpStatus;
    assert.equal(from('upstream_rejected', 422), 422);
    assert.equal(from('model_not_found', 400), 400);
    assert.equal(from('context_length_exceeded', 413), 413);
    for (const status of [400, 401, 402, 403, 429]) assert.equal(from('upstream_unauthenticated', status), status);
    assert.equal(new SluiceError('upstream_unauthenticated').httpStatus, 502);
    for (const status of [409, 499, 500, 502, 529]) assert.equal(from('upstream_unavailable', status), status);
    assert.equal(from('upstream_timeout', 408), 408);
    assert.equal(new SluiceError('upstream_timeout').httpStatus, 504);
    assert.equal(from('upstream_unavailable', 302), 503);
    assert.equal(from('upstream_malformed', 404), 502);
    assert.equal(from('overloaded', 500), 503);
  });

  it('toSluiceError: an unknown failure loses its message and keeps itself for the log', () => {
    const failure = new Error('password=hunter2');
    const error = toSluiceError(failure);
    assert.equal(error.reason, 'internal');
    assert.ok(!error.message.includes('hunter2'));
    assert.equal(error.cause, failure);
  });

  it('toSluiceError: an abort is cancelled, and a SluiceError is itself', () => {
    const abort = new DOMException('This operation was aborted', 'AbortError');
    assert.equal(toSluiceError(abort).reason, 'cancelled');
    const error = new SluiceError('rate_limited');
    assert.equal(toSluiceError(error), error);
  });

  it('abortReason: carries what the signal was aborted with', () => {
    const controller = new AbortController();
    controller.abort(new SluiceError('deadline_exceeded'));
    assert.equal(abortReason(controller.signal).reason, 'deadline_exceeded');
    const plain = new AbortController();
    plain.abort();
    assert.equal(abortReason(plain.signal).reason, 'cancelled');
  });

  it('catalogue: reasons are recognised by name only, never by inherited properties', () => {
    assert.ok(isErrorReason('overloaded'));
    assert.ok(!isErrorReason('toString'));
  });

  it('catalogue: a failure of one target goes to the next, a verdict on the request or a limit of the caller does not', () => {
    const goesOn = (reason: keyof typeof errorCatalogue): [boolean, boolean] => {
      const { retryable, failover } = new SluiceError(reason);
      return [retryable, failover];
    };
    assert.deepEqual(goesOn('upstream_unavailable'), [true, true]);
    // A broken key is for the operator to mend, while the caller's request is fine.
    assert.deepEqual(goesOn('upstream_unauthenticated'), [false, true]);
    assert.deepEqual(goesOn('context_length_exceeded'), [false, true]);
    assert.deepEqual(goesOn('content_filtered'), [false, false]);
    assert.deepEqual(goesOn('upstream_rejected'), [false, false]);
    assert.deepEqual(goesOn('rate_limited'), [true, false]);
  });

  it('catalogue: what is worth a retry has a status that clients retry', () => {
    for (const [reason, entry] of Object.entries(errorCatalogue)) {
      if (entry.retryable) assert.ok([429, 502, 503, 504].includes(entry.httpStatus), reason);
      assert.match(entry.sentence, /\.$/, reason);
    }
  });
});
