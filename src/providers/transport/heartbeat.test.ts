import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { SluiceError } from '../../core/error.ts';
import type { PredictPart } from '../../core/predict.ts';
import { ChatStreamReader } from '../openai-compatible/stream.ts';
import { isHeartbeat, saysSomething } from './heartbeat.ts';

test('heartbeat: pings by name or by type are heartbeats, events of an answer are not', () => {
  for (const [event, data] of [
    ['ping', '{}'],
    ['', '{"type": "ping"}'],
    ['', ' '],
    ['', '{"type":"keepalive","sequence_number":3}'],
  ] as const) {
    assert.ok(isHeartbeat({ event, data }), data);
  }
  assert.ok(!isHeartbeat({ event: 'message', data: '{"type":"ping_pong"}' }));
});

test('heartbeat: a chunk without choices or with an empty delta is no progress; usage, reasons and calls are', () => {
  const context = { target: 'p/m', model: 'm', requestId: 'r', nowMs: 0, estimator: quarterEstimator };
  const reader = new ChatStreamReader(chatRequest('m'), context, () => new SluiceError('internal'));
  const isProgress = (chunk: object): boolean => {
    const out: PredictPart[] = [];
    reader.read('', JSON.stringify(chunk), out);
    return saysSomething(out, 0) || reader.isProgress();
  };
  assert.ok(isProgress({ choices: [{ delta: { content: 'a' } }] }));
  assert.ok(!isProgress({ choices: [] }));
  assert.ok(!isProgress({ choices: [{ delta: {} }] }));
  assert.ok(!isProgress({ choices: [{ delta: { content: '' }, finish_reason: null }] }));
  assert.ok(
    isProgress({ choices: [{ delta: { tool_calls: [{ index: 0, type: 'custom', custom: { input: 'x' } }] } }] }),
  );
  assert.ok(isProgress({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }));
  assert.ok(isProgress({ choices: [{ delta: {}, finish_reason: 'stop' }] }));
});
