// Conformance of Inference: the methods that ask something and have one answer cross unchanged, fail as they fail, and stop when
// nobody waits for them.

import assert from 'node:assert/strict';
import type { CallContext } from '../../src/core/call-context.ts';
import { SluiceError } from '../../src/core/error.ts';
import type { Inference } from '../../src/ports/inference.ts';
import { type ScriptedInference, untilAborted } from '../fixtures/scripted-inference.ts';
import { type Check, clock, context, eventually, neverAborted, withReason } from './inference-harness.ts';
import { type OperationName, operationSamples, type Sample } from './inference-operation-samples.ts';

const names = Object.keys(operationSamples) as OperationName[];

/** Everything, method by method. */
export function operations(check: Check): void {
  for (const name of names) {
    crossing(check, name);
    failing(check, name);
    stopping(check, name);
  }
  largeMessages(check);
}

function crossing(check: Check, name: OperationName): void {
  check(`${name}: request, answer and context arrive unchanged, full or sparse`, async (inference, scripted) => {
    for (const { request, response } of operationSamples[name]) {
      setAnswer(scripted, name, () => response);
      const sent = context({ requestId: 'req_7', tenantId: 'tenant-7', keyId: 'key_7', tracestate: 'a=1' });
      const received = await ask(inference, name, request, sent, neverAborted);
      assert.deepEqual(received, response);
      const call = scripted.calls.at(-1);
      assert.equal(call?.method, name);
      assert.deepEqual(call?.request, request);
      assert.deepEqual({ ...call?.context, deadlineAtMs: 0 }, { ...sent, deadlineAtMs: 0 });
    }
  });

  check(`${name}: many calls at once do not mix`, async (inference, scripted) => {
    const [{ request, response }] = operationSamples[name];
    setAnswer(scripted, name, (asked) => ({ ...response, target: `scripted/${asked.model}` }));
    const targets = await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const asked = { ...request, model: `m${i}` } as typeof request;
        return (await ask(inference, name, asked, context(), neverAborted)).target;
      }),
    );
    assert.deepEqual(
      targets,
      Array.from({ length: 30 }, (_, i) => `scripted/m${i}`),
    );
  });
}

function failing(check: Check, name: OperationName): void {
  check(`${name}: a failure keeps all that it says`, async (inference, scripted) => {
    const failure = new SluiceError('rate_limited', {
      message: 'Slower, please.',
      param: 'model',
      retryAfterMs: 1500,
      upstream: { target: 'openai/gpt', status: 429, type: 'requests', code: 'rpm' },
    });
    setAnswer(scripted, name, () => Promise.reject(failure));
    await assert.rejects(ask(inference, name, sampleRequest(name), context(), neverAborted), (error: SluiceError) => {
      withReason('rate_limited')(error);
      const { message, param, retryAfterMs, upstream } = error;
      const { message: m, param: p, retryAfterMs: r, upstream: u } = failure;
      assert.deepEqual([message, param, retryAfterMs, upstream], [m, p, r, u]);
      return true;
    });
  });
}

function stopping(check: Check, name: OperationName): void {
  check(`${name}: an abort stops the far side, and the call ends with its reason`, async (inference, scripted) => {
    setAnswer(scripted, name, (_, signal) => untilAborted(signal));
    const controller = new AbortController();
    const call = ask(inference, name, sampleRequest(name), context(), controller.signal);
    const rejected = assert.rejects(call, withReason('slow_consumer'));
    await eventually(() => scripted.calls.length === 1);
    controller.abort(new SluiceError('slow_consumer'));
    await rejected;
    await eventually(() => scripted.calls[0]?.signal.aborted === true);
    const late = ask(inference, name, sampleRequest(name), context(), controller.signal);
    await assert.rejects(late, withReason('slow_consumer'));
  });

  check(`${name}: a deadline ends the call and stops the far side`, async (inference, scripted) => {
    setAnswer(scripted, name, (_, signal) => untilAborted(signal));
    const soon = context({ deadlineAtMs: clock.now() + 40 });
    const call = ask(inference, name, sampleRequest(name), soon, neverAborted);
    await assert.rejects(call, withReason('deadline_exceeded'));
    await eventually(() => scripted.calls.every(({ signal }) => signal.aborted));
    const past = context({ deadlineAtMs: clock.now() - 1 });
    const late = ask(inference, name, sampleRequest(name), past, neverAborted);
    await assert.rejects(late, withReason('deadline_exceeded'));
  });
}

function largeMessages(check: Check): void {
  check('a recording and tensors of 8 MB cross unchanged, beside small calls', async (inference, scripted) => {
    const data = Uint8Array.from({ length: 8 * 2 ** 20 }, (_, i) => i ^ (i >> 8));
    const [{ request }] = operationSamples.transcribe;
    const tensor = { name: 'x', datatype: 'UINT8', shape: [data.length], data } as const;
    const [transcript, tensors, small] = await Promise.all([
      inference.transcribe({ ...request, audio: data }, context(), neverAborted),
      inference.infer({ model: 'i', version: '', id: '', inputs: [tensor], outputs: [] }, context(), neverAborted),
      inference.rank({ model: 'r', query: 'q', documents: ['d'] }, context(), neverAborted),
    ]);
    assert.equal(transcript.text, `${data.length} bytes`);
    assert.equal(small.results.length, 1);
    const heard = scripted.calls.find(({ method }) => method === 'transcribe')?.request as typeof request;
    // Compared as bytes: deepEqual would walk eight million elements.
    assert.equal(Buffer.compare(heard.audio, data), 0);
    assert.equal(Buffer.compare(tensors.outputs[0]?.data ?? new Uint8Array(), data), 0);
  });
}

type AnyRequest = Sample<OperationName>['request'];
type AnyResponse = Sample<OperationName>['response'];

/** Calls a method by its name; the request must be one of its own. */
function ask(
  inference: Inference,
  name: OperationName,
  request: AnyRequest,
  to: CallContext,
  signal: AbortSignal,
): Promise<AnyResponse> {
  const method = inference[name] as (asked: AnyRequest, to: CallContext, signal: AbortSignal) => Promise<AnyResponse>;
  return method(request, to, signal);
}

function setAnswer(
  scripted: ScriptedInference,
  name: OperationName,
  answer: (request: AnyRequest, signal: AbortSignal) => AnyResponse | Promise<AnyResponse>,
): void {
  Object.assign(scripted.answers, { [name]: answer });
}

function sampleRequest(name: OperationName): AnyRequest {
  return operationSamples[name][0].request;
}
