import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import type { Message } from '../../core/message.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { withAnswerSoFar } from '../translation/answer-so-far.ts';
import { canContinue } from './continuation.ts';
import { predictToWire } from './to-wire.ts';

function wireMessages(request: PredictRequest): unknown {
  const continued = withAnswerSoFar(request, ' so far');
  return predictToWire(continued, { model: 'claude-sonnet-4-5', stream: true }).body['messages'];
}

test('continuation: the text so far is the last turn, behind what the caller has begun himself', () => {
  const user = { role: 'user', content: 'Hello?' };
  const request = chatRequest('alias', { dialect: 'anthropic' });
  assert.deepEqual(wireMessages(request), [user, { role: 'assistant', content: ' so far' }]);
  const begun: Message = { role: 'assistant', content: [{ type: 'text', text: 'Begun' }] };
  const messages = [...request.messages, begun];
  assert.deepEqual(wireMessages({ ...request, messages } as PredictRequest), [
    user,
    { role: 'assistant', content: 'Begun so far' },
  ]);
});

test('continuation: models that take a last turn of the assistant go on, others and thinking ones do not', () => {
  const request = chatRequest('alias');
  for (const model of ['claude-3-haiku', 'claude-sonnet-4@20250514', 'claude-opus-4-5-20251101', 'claude-haiku-4-5']) {
    assert.equal(canContinue(request, model), true, model);
  }
  for (const model of ['claude-opus-4-6', 'claude-sonnet-4-6', 'claude-sonnet-5', 'a-model-of-another-vendor']) {
    assert.equal(canContinue(request, model), false, model);
  }
  const can = (overrides: Partial<PredictRequest>): boolean =>
    canContinue({ ...request, ...overrides } as PredictRequest, 'claude-sonnet-4-5');
  assert.equal(can({ reasoningEffort: 'low' }), false);
  assert.equal(can({ extra: { thinking: { type: 'enabled', budget_tokens: 1024 } } }), false);
  assert.equal(can({ extra: { thinking: { type: 'disabled' } } }), true);
  assert.equal(can({ messages: [], prompt: 'raw' } as Partial<PredictRequest>), false);
});
