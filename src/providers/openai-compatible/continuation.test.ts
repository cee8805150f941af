import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { useCompatibleProvider } from '../../../test/fixtures/compatible-provider.ts';
import { answerWith } from '../../../test/fixtures/upstream.ts';
import { modelCall, readParts, textOfParts } from '../../../test/fixtures/upstream-calls.ts';
import type { PredictRequest } from '../../core/predict.ts';
import type { ContinuationForm } from './continuation.ts';

const chunk = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const rest = `${chunk({ content: ' the capital.' }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`;
const user = { role: 'user', content: 'Hello?' };

describe('continuation', () => {
  const harness = useCompatibleProvider();

  async function sent(form: ContinuationForm, request: PredictRequest): Promise<{ path: string; body: unknown }> {
    harness.upstream.script = answerWith({ body: rest });
    const { continuation } = harness.create({ continuation: form });
    const { parts, error } = await readParts(
      continuation?.continueStream(request, 'Paris is', modelCall('m')) ?? assert.fail(),
    );
    assert.equal(error, undefined);
    assert.equal(textOfParts(parts), ' the capital.');
    const { path, body } = harness.upstream.exchanges.at(-1) ?? assert.fail();
    return { path, body: JSON.parse(body) };
  }

  test('continuation: each form is asked for in its own words', async () => {
    const fields = { model: 'm', stream: true, stream_options: { include_usage: true } };
    const said = { role: 'assistant', content: 'Paris is' };
    const request = chatRequest('alias');
    const path = '/v1/chat/completions';
    assert.deepEqual(await sent('continue-final-message', request), {
      path,
      body: { ...fields, messages: [user, said], continue_final_message: true, add_generation_prompt: false },
    });
    assert.deepEqual(await sent('prefix', request), {
      path,
      body: { ...fields, messages: [user, { ...said, prefix: true }] },
    });
    assert.deepEqual(await sent('last-message', request), { path, body: { ...fields, messages: [user, said] } });
    assert.deepEqual(await sent('none', chatRequest('alias', { messages: [], prompt: 'Where? ' })), {
      path: '/v1/completions',
      body: { ...fields, prompt: 'Where? Paris is' },
    });
  });

  test('continuation: what the caller set by the same names does not undo it', async () => {
    const extra = { add_generation_prompt: true, continue_final_message: false };
    const { body } = await sent('continue-final-message', chatRequest('alias', { extra }));
    const { add_generation_prompt, continue_final_message } = body as Record<string, unknown>;
    assert.deepEqual([add_generation_prompt, continue_final_message], [false, true]);
  });

  test('continuation: a server is asked only for what it is known to do', () => {
    const can = (form: ContinuationForm, overrides: Partial<PredictRequest> = {}): boolean | undefined =>
      harness.create({ continuation: form }).continuation?.canContinue(chatRequest('alias', overrides), 'm');
    assert.equal(harness.create().continuation?.canContinue(chatRequest('alias'), 'm'), false);
    assert.equal(can('none'), false);
    const messages = [...chatRequest('alias').messages, { role: 'assistant', content: [] }] as const;
    for (const form of ['continue-final-message', 'prefix', 'last-message'] as const) {
      assert.equal(can(form), true);
      assert.equal(can(form, { messages } as Partial<PredictRequest>), false);
      assert.equal(can(form, { reasoningEffort: 'low' }), false);
      assert.equal(can(form, { reasoningEffort: 'none' }), true);
      assert.equal(can(form, { dialect: 'anthropic', extra: { thinking: { type: 'enabled' } } }), false);
    }
    const prompt = { messages: [], prompt: 'a' } as const;
    assert.equal(can('none', prompt), true);
    assert.equal(can('none', { ...prompt, extra: { echo: false } }), true);
    assert.equal(can('none', { ...prompt, extra: { echo: true } }), false);
    assert.equal(can('none', { ...prompt, extra: { suffix: 'z' } }), false);
  });
});
