// Conformance of Inference: what is asked and answered crosses unchanged.

import assert from 'node:assert/strict';
import { collectResponse } from '../../src/core/collect.ts';
import type { ContentPart } from '../../src/core/message.ts';
import type { PredictPart } from '../../src/core/predict.ts';
import { chatRequest } from '../fixtures/calls.ts';
import { answer, type Check, context, neverAborted, read, request } from './inference-harness.ts';
import { end, everyPart, fullRequest, start } from './inference-samples.ts';

/** Requests, answers, vectors, models and contexts. */
export function answersAndRequests(check: Check): void {
  check('a whole answer arrives unchanged', async (inference, scripted) => {
    answer(scripted, ...everyPart);
    const expected = await collectResponse(scripted.predictStream(request, context(), neverAborted));
    assert.deepEqual(await inference.predict(request, context(), neverAborted), expected);
  });

  check('every kind of stream part arrives unchanged, in order', async (inference, scripted) => {
    answer(scripted, ...everyPart);
    assert.deepEqual(await read(inference.predictStream(request, context(), neverAborted)), everyPart);
  });

  check('an answer without content is an answer', async (inference, scripted) => {
    answer(scripted, start, end);
    assert.deepEqual(await read(inference.predictStream(request, context(), neverAborted)), [start, end]);
    const response = await inference.predict(request, context(), neverAborted);
    assert.deepEqual(response.content, []);
  });

  check('a request arrives unchanged in every field', async (inference, scripted) => {
    await inference.predict(fullRequest, context(), neverAborted);
    await read(inference.predictStream(fullRequest, context(), neverAborted));
    for (const call of scripted.calls) assert.deepEqual(call.request, fullRequest);
    assert.equal(scripted.calls.length, 2);
  });

  check('a tool result may hold several parts of several kinds', async (inference, scripted) => {
    const content: ContentPart[] = [
      { type: 'text', text: 'see', annotations: [{ start: 0 }, 'x'] },
      { type: 'image', source: { kind: 'data', base64: '', mediaType: 'image/png' } },
      { type: 'reasoning', text: 't', signature: 's', encrypted: 'e', extra: {} },
      { type: 'refusal', text: 'no' },
      { type: 'opaque', dialect: 'vertex', value: {} },
    ];
    const turn = { role: 'tool', content: [{ type: 'tool-result', toolCallId: '', content }] } as const;
    const asked = chatRequest('m', { messages: [turn] });
    await inference.predict(asked, context(), neverAborted);
    assert.deepEqual(scripted.calls[0]?.request, asked);
  });

  check('the context crosses', async (inference, scripted) => {
    const sent = context({
      requestId: 'req_7',
      tenantId: 'tenant-7',
      keyId: 'key_7',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=1,b=2',
      routing: { canary: ['next', 'v2.1'], conversation: 'c-7/a=b' },
    });
    await inference.predict(request, sent, neverAborted);
    await read(inference.predictStream(request, sent, neverAborted));
    await inference.embed({ model: 'e', input: ['x'] }, sent, neverAborted);
    await inference.listModels(sent, neverAborted);
    assert.equal(scripted.calls.length, 4);
    for (const { context: received } of scripted.calls) {
      // The deadline travels as the time that is left.
      assert.ok(Math.abs(received.deadlineAtMs - sent.deadlineAtMs) < 1_000);
      assert.deepEqual({ ...received, deadlineAtMs: 0 }, { ...sent, deadlineAtMs: 0 });
    }
  });

  check('a text of 1 MB crosses in both directions, in one part and in many', async (inference, scripted) => {
    const text = 'äöü€'.repeat(2 ** 18);
    answer(scripted, start, { type: 'text-delta', text }, end);
    const asked = chatRequest('m', { messages: [{ role: 'user', content: [{ type: 'text', text }] }] });
    const response = await inference.predict(asked, context(), neverAborted);
    assert.deepEqual(response.content, [{ type: 'text', text }]);
    assert.deepEqual(scripted.calls[0]?.request, asked);
    const piece: PredictPart = { type: 'text-delta', text: 'äöü€'.repeat(64) };
    answer(scripted, start, ...Array.from({ length: 4096 }, () => piece), end);
    const collected = await collectResponse(inference.predictStream(request, context(), neverAborted));
    assert.deepEqual(collected.content, [{ type: 'text', text }]);
  });
}

/** Calls other than predict. */
export function otherCalls(check: Check): void {
  check('vectors arrive bit for bit', async (inference, scripted) => {
    const vectors = [
      Float32Array.of(0.1, -0, Number.POSITIVE_INFINITY, 1e-45, 3.4e38, Number.NaN),
      Float32Array.from({ length: 1536 }, (_, i) => Math.sin(i)),
    ];
    const usage = { inputTokens: 2, outputTokens: 0, source: 'estimated' } as const;
    const answerer = { model: 'e', target: 'local/e', attempts: 2, downgrades: ['input', 'user'] };
    scripted.embedScript = () => ({ ...answerer, vectors, usage });
    const asked = { model: 'e', input: ['one', 'zwei €'], dimensions: 6, extra: { user: 'u' } };
    const response = await inference.embed(asked, context(), neverAborted);
    assert.deepEqual({ ...response, vectors: [] }, { ...answerer, vectors: [], usage });
    assert.deepEqual(response.vectors.map(bits), vectors.map(bits));
    assert.deepEqual(scripted.calls[0]?.request, asked);
    const tokens = { model: 'e', input: [], tokens: [[0, 2 ** 32 - 1], [7]] };
    await inference.embed(tokens, context(), neverAborted);
    assert.deepEqual(scripted.calls[1]?.request, tokens);
  });

  check('models are listed as they are described', async (inference, scripted) => {
    assert.deepEqual(await inference.listModels(context(), neverAborted), []);
    scripted.models = [
      {
        id: 'chat',
        targets: ['local/chat', 'openai/gpt'],
        ownedBy: 'sluice',
        summary: 'Small.',
        capabilities: ['chat', 'json-mode'],
        contextTokens: 2 ** 20,
        embeddingDimensions: 384,
        licence: 'Apache-2.0',
        createdAtMs: Date.UTC(2026, 0, 1),
      },
      { id: 'x', targets: [], ownedBy: '', summary: '', capabilities: [], createdAtMs: 0 },
    ];
    assert.deepEqual(await inference.listModels(context(), neverAborted), scripted.models);
  });
}

function bits(vector: Float32Array): Uint32Array {
  return new Uint32Array(vector.slice().buffer);
}
