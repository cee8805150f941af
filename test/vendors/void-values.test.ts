// Fields that clients send with every call although they ask for what happens anyway are no loss at any target of another dialect, and
// what changes no answer is a hint at all of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '../../src/core/json.ts';
import type { Dialect } from '../../src/core/message.ts';
import type { PredictRequest } from '../../src/core/predict.ts';
import { predictToWire as messageToWire } from '../../src/providers/anthropic/to-wire.ts';
import { toGenerateRequest } from '../../src/providers/local/request.ts';
import { generateToWire as tritonToWire } from '../../src/providers/open-inference/generate-to-wire.ts';
import { promptTemplates } from '../../src/providers/open-inference/prompt.ts';
import { responseToWire } from '../../src/providers/openai/responses/to-wire.ts';
import { predictToWire as chatToWire } from '../../src/providers/openai-compatible/to-wire.ts';
import { bodyHints } from '../../src/providers/translation/hints.ts';
import { predictToWire as geminiToWire } from '../../src/providers/vertex/to-wire.ts';
import { chatRequest } from '../fixtures/calls.ts';

type Translated = { readonly body: unknown; readonly downgrades: readonly string[] };
const triton = { task: 'generate', template: promptTemplates.plain, backend: 'vllm', parameters: {} } as const;

/** Each target with a dialect that is not its own. */
const targets: Readonly<Record<string, readonly [Dialect, (request: PredictRequest) => Translated]>> = {
  chat: [
    'openai-responses',
    (request) => chatToWire(request, { model: 'm', stream: false, maxTokensField: 'max_tokens' }),
  ],
  responses: ['openai', (request) => responseToWire(request, 'gpt-5.2', false)],
  anthropic: ['openai', (request) => messageToWire(request, { model: 'claude-opus-4-6', stream: false })],
  gemini: ['openai', (request) => geminiToWire(request, 'gemini-3-pro-preview', 'vertex')],
  triton: ['openai', (request) => tritonToWire(request, triton, false)],
  local: [
    'openai',
    (request) => {
      const limits = { target: 'l/m', quotes: false, givesLogprobs: true };
      const { generate, downgrades } = toGenerateRequest(request, limits, 1);
      return { body: generate, downgrades };
    },
  ],
};

const voids: readonly (readonly [string, JsonValue])[] = [
  ['background', false],
  ['best_of', 1],
  ['echo', false],
  ['include', []],
  ['logit_bias', {}],
  ['metadata', {}],
  ['modalities', ['text']],
  ['n', 1],
  ['service_tier', 'auto'],
  ['store', false],
  ['stream_options', { include_usage: true }],
  ['suffix', ''],
  ['truncation', 'disabled'],
  ['user', null],
  ['colour', null],
];

for (const [target, [dialect, translate]] of Object.entries(targets)) {
  const request = chatRequest('m', { dialect });

  test(`void values: at ${target} they are neither sent, reported nor refused`, () => {
    const without = translate(request);
    for (const [name, value] of voids) {
      if (target === 'gemini' && name === 'modalities') continue; // There it keeps a model from drawing.
      assert.deepEqual(translate({ ...request, extra: { [name]: value } }), without, name);
    }
  });

  test(`hints: at ${target} each is sent or reported, and none refused`, () => {
    for (const name of bodyHints) {
      const { body, downgrades } = translate({ ...request, extra: { [name]: name === 'include' ? ['x'] : 'x' } });
      assert.ok(downgrades.includes(name) || JSON.stringify(body).includes('"x"'), name);
    }
  });
}
