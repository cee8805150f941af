// Features that a caller asks Anthropic for reach Anthropic's models as a header, and no other vendor in any form.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PredictRequest } from '../../src/core/predict.ts';
import { withBetas } from '../../src/edge/anthropic/betas.ts';
import { parseMessagesRequest } from '../../src/edge/anthropic/parse-request.ts';
import { betasToWire } from '../../src/providers/anthropic/betas-to-wire.ts';
import { predictToWire as anthropicToWire } from '../../src/providers/anthropic/to-wire.ts';
import { toGenerateRequest } from '../../src/providers/local/request.ts';
import { generateToWire } from '../../src/providers/open-inference/generate-to-wire.ts';
import { promptTemplates } from '../../src/providers/open-inference/prompt.ts';
import { responseToWire } from '../../src/providers/openai/responses/to-wire.ts';
import { predictToWire as compatibleToWire } from '../../src/providers/openai-compatible/to-wire.ts';
import { predictToWire as vertexToWire } from '../../src/providers/vertex/to-wire.ts';

function askedWithBetas(): PredictRequest {
  const body = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] };
  return withBetas(parseMessagesRequest(body).request, { 'anthropic-beta': 'context-1m-2025-08-07' });
}

test('anthropic-beta: reaches Anthropic as a header and not in the body', () => {
  const { body, downgrades } = anthropicToWire(askedWithBetas(), { model: 'm', stream: false });
  const payload = betasToWire(body);
  assert.deepEqual(payload.headers, { 'anthropic-beta': 'context-1m-2025-08-07' });
  assert.doesNotMatch(String(payload.body), /beta/);
  assert.deepEqual(downgrades, []);
});

test('anthropic-beta: is left out for every other vendor, and reported', () => {
  const request = askedWithBetas();
  const template = promptTemplates.chatml;
  const limits = { target: 'local/m', quotes: false, givesLogprobs: false };
  const others = {
    compatible: compatibleToWire(request, { model: 'm', stream: false, maxTokensField: 'max_tokens' }),
    responses: responseToWire(request, 'm', false),
    vertex: vertexToWire(request, 'gemini-2.5-flash', 'vertex'),
    triton: generateToWire(request, { task: 'generate', template, backend: 'vllm', parameters: {} }, false),
    local: toGenerateRequest(request, limits, 1),
  };
  for (const [vendor, translated] of Object.entries(others)) {
    const { downgrades, ...sent } = translated;
    assert.doesNotMatch(JSON.stringify(sent), /beta/, vendor);
    assert.deepEqual(downgrades, ['anthropic_beta'], vendor);
  }
});
