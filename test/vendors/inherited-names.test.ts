// Names that every JavaScript object inherits (`constructor`, `toString`, …) are names like any other: in a body, in a turn, in a
// word that is looked up. `__proto__` never gets this far: bodies that hold it are refused when they are parsed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../../src/core/error.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { PredictRequest } from '../../src/core/predict.ts';
import { completeBlock, completeCitation } from '../../src/edge/anthropic/complete-fields.ts';
import { parseMessagesRequest } from '../../src/edge/anthropic/parse-request.ts';
import { annotationOf } from '../../src/edge/openai/annotation.ts';
import { parseCompletionsCall } from '../../src/edge/openai/completions-body.ts';
import { parseChatCall } from '../../src/edge/openai/parse-chat.ts';
import { inputResource } from '../../src/edge/openai/responses/input-resource.ts';
import { parseResponseCall, toPredictRequest } from '../../src/edge/openai/responses/parse-request.ts';
import { embeddedFailureOf as anthropicFailure } from '../../src/providers/anthropic/errors.ts';
import { predictToWire as messageToWire } from '../../src/providers/anthropic/to-wire.ts';
import { toGenerateRequest } from '../../src/providers/local/request.ts';
import { generateToWire as tritonToWire } from '../../src/providers/open-inference/generate-to-wire.ts';
import { promptTemplates } from '../../src/providers/open-inference/prompt.ts';
import { responseToWire } from '../../src/providers/openai/responses/to-wire.ts';
import { completionToWire } from '../../src/providers/openai-compatible/completions.ts';
import { predictToWire as chatToWire } from '../../src/providers/openai-compatible/to-wire.ts';
import { embeddedFailureOf as vertexFailure } from '../../src/providers/vertex/errors.ts';
import { predictToWire as geminiToWire } from '../../src/providers/vertex/to-wire.ts';
import { createFakeIds } from '../fixtures/fake-ids.ts';

const inherited = Object.getOwnPropertyNames(Object.prototype).filter((name) => name !== '__proto__');

const targets: Readonly<Record<string, (request: PredictRequest) => { body: unknown; downgrades: readonly string[] }>> =
  {
    chat: (request) => chatToWire(request, { model: 'm', stream: false, maxTokensField: 'max_tokens' }),
    completions: (request) => completionToWire(request, 'm', false),
    responses: (request) => responseToWire(request, 'gpt-5.2', false),
    anthropic: (request) => messageToWire(request, { model: 'claude-opus-4-6', stream: false }),
    'anthropic with budgets': (request) => messageToWire(request, { model: 'claude-sonnet-4', stream: false }),
    gemini: (request) => geminiToWire(request, 'gemini-3-pro-preview', 'vertex'),
    triton: (request) =>
      tritonToWire(
        request,
        { task: 'generate', template: promptTemplates.plain, backend: 'vllm', parameters: {} },
        false,
      ),
    local: (request) => {
      const { generate, downgrades } = toGenerateRequest(
        request,
        { target: 'l/m', quotes: false, givesLogprobs: true },
        1,
      );
      return { body: generate, downgrades };
    },
  };

const callers: Readonly<Record<string, (fields: JsonObject) => PredictRequest>> = {
  chat: (fields) => parseChatCall({ model: 'm', messages: [{ role: 'user', content: 'q' }], ...fields }).request,
  'a message of chat': (fields) =>
    parseChatCall({ model: 'm', messages: [{ role: 'user', content: 'q', ...fields }] }).request,
  completions: (fields) => parseCompletionsCall({ model: 'm', prompt: 'q', ...fields }).requests[0],
  responses: (fields) => {
    const asked = parseResponseCall({ model: 'm', input: 'q', ...fields });
    return toPredictRequest(asked, asked.input, 0);
  },
  anthropic: (fields) =>
    parseMessagesRequest({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'q' }], ...fields }).request,
  'a block of anthropic': (fields) =>
    parseMessagesRequest({
      model: 'm',
      max_tokens: 9,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'q', ...fields }] }],
    }).request,
};

/** What becomes of a field with the value `mark`: whatever it is, somebody is told. */
function assertTold(translate: () => { body: unknown; downgrades: readonly string[] }, name: string): void {
  try {
    const { body, downgrades } = translate();
    assert.ok(JSON.stringify(body).includes(`"${name}":"mark"`) || downgrades.includes(name), `${name} is lost`);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    assert.equal(error.reason, 'unsupported_capability', `${name}: ${error.reason}`);
  }
}

for (const [caller, parse] of Object.entries(callers)) {
  for (const [target, translate] of Object.entries(targets)) {
    if (target === 'completions' && caller !== 'completions') continue; // Only raw prompts go there.
    test(`inherited names: as fields of ${caller} they are sent, reported or refused by ${target}`, () => {
      for (const name of inherited) assertTold(() => translate(parse({ [name]: 'mark' })), name);
    });
  }
}

test('inherited names: a target of the caller’s own dialect gets them', () => {
  for (const [caller, target] of [
    ['chat', 'chat'],
    ['completions', 'completions'],
    ['responses', 'responses'],
    ['anthropic', 'anthropic'],
  ] as const) {
    const fields = Object.fromEntries(inherited.map((name) => [name, 'mark']));
    const body = targets[target]?.(callers[caller]?.(fields) as PredictRequest).body as JsonObject;
    for (const name of inherited) assert.equal(Object.hasOwn(body, name) && body[name], 'mark', `${caller}: ${name}`);
  }
});

test('inherited names: as an effort they are reported or refused, and no number comes of them', () => {
  for (const name of inherited) {
    const request = callers['chat']?.({ reasoning_effort: name }) as PredictRequest;
    const { body, downgrades } = targets['anthropic with budgets']?.(request) ?? { body: {}, downgrades: [] };
    assert.deepEqual(downgrades, ['reasoning_effort'], name);
    assert.equal(JSON.stringify(body).includes('null'), false, name);
    assert.throws(() => targets['gemini']?.(request), { reason: 'unsupported_capability' });
  }
});

test('inherited names: as the type of a block, an item or a citation they are types that nobody knows', () => {
  for (const type of inherited) {
    const content = [{ type, mark: 1 }];
    const { request } = parseMessagesRequest({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content }] });
    assert.deepEqual(request.messages[0]?.content, [{ type: 'opaque', dialect: 'anthropic', value: content[0] }]);
    assert.equal(annotationOf({ type, url: 'u' }), undefined);
    assert.deepEqual(completeBlock({ type }), { type });
    assert.deepEqual(completeCitation({ type }), { type });
    assert.match(String(inputResource({ type }, createFakeIds())['id']), /^item_/);
  }
});

test('inherited names: as the type of a failure they say no more than that it failed', () => {
  const context = { target: 'p/m', secrets: [], nowMs: 0 };
  for (const word of inherited) {
    const failures = [
      anthropicFailure({ error: { type: word, message: 'x' } }, context),
      vertexFailure({ error: { status: word, message: 'x' } }, context),
    ];
    for (const failure of failures) assert.equal(failure.reason, 'upstream_unavailable', word);
  }
});
