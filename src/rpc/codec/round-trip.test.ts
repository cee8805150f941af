// The codecs lose nothing: any request, part, answer, embedding or model list that the core types allow comes back equal, through
// the bytes of the wire. The other methods: operations-round-trip.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  all,
  checkRoundTrip,
  content,
  dialect,
  double,
  extra,
  fields,
  int32,
  is,
  json,
  optional,
  some,
  text,
  usage,
  whole,
} from '../../../test/fixtures/arbitraries.ts';
import type { EmbedRequest, EmbedResponse } from '../../core/embed.ts';
import { SluiceError } from '../../core/error.ts';
import type { Message } from '../../core/message.ts';
import type { ModelDescription } from '../../core/model-description.ts';
import type {
  Choice,
  DeltaPart,
  PredictPart,
  PredictRequest,
  PredictResponse,
  ResponseFormat,
  Sampling,
  TokenLogprob,
  Tool,
  ToolChoice,
} from '../../core/predict.ts';
import * as wire from '../generated/sluice/inference/v1/inference.ts';
import { contextFromWire, contextToWire } from './context.ts';
import { embedRequestFromWire, embedRequestToWire, embedResponseFromWire, embedResponseToWire } from './embed.ts';
import { modelsFromWire, modelsToWire } from './models.ts';
import { partFromWire, partToWire, predictResponseFromWire, predictResponseToWire } from './predict-answer.ts';
import { predictRequestFromWire, predictRequestToWire } from './predict-request.ts';

const yes = fc.constant(true as const);
const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 5 });
const message: fc.Arbitrary<Message> = fields(
  {
    role: fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool'),
    content: fc.array(content, { maxLength: 3 }),
  },
  { name: text, ...extra },
);
const sampling: fc.Arbitrary<Sampling> = optional<Required<Sampling>>({
  maxOutputTokens: whole,
  temperature: double,
  topP: double,
  topK: whole,
  seed: whole,
  stop: some(text),
  presencePenalty: double,
  frequencyPenalty: double,
  logprobs: fc.boolean(),
  topLogprobs: whole,
  choiceCount: int32,
});
const vendor = all({ kind: is('vendor'), dialect, value: json });
const tool: fc.Arbitrary<Tool> = fc.oneof(
  fields({ kind: is('function'), name: text }, { description: text, parameters: json, strict: fc.boolean(), ...extra }),
  vendor,
);
const toolChoice: fc.Arbitrary<ToolChoice> = fc.oneof(
  all({ kind: is('auto') }),
  all({ kind: is('none') }),
  all({ kind: is('required') }),
  all({ kind: is('function'), name: text }),
  vendor,
);
const responseFormat: fc.Arbitrary<ResponseFormat> = fc.oneof(
  fields({ kind: is('text') }, extra),
  fields({ kind: is('json-object') }, extra),
  fields({ kind: is('json-schema'), name: text, schema: json }, { description: text, strict: fc.boolean(), ...extra }),
);
const nothing = fc.constant<never[]>([]);
const requestFields = { model: text, sampling, dialect };
const requestOptions = {
  tools: some(tool),
  toolChoice,
  parallelToolCalls: fc.boolean(),
  responseFormat,
  reasoningEffort: text,
  ...extra,
};
const predictRequest: fc.Arbitrary<PredictRequest> = fc.oneof(
  fields({ ...requestFields, messages: fc.array(message, { maxLength: 3 }) }, requestOptions),
  fields({ ...requestFields, messages: nothing, prompt: text }, requestOptions),
);

const alternative = fields({ token: text, logprob: double }, { bytes });
const logprob: fc.Arbitrary<TokenLogprob> = fields(
  { token: text, logprob: double, top: fc.array(alternative, { maxLength: 2 }) },
  { bytes },
);
const answerer = { id: text, model: text, target: text, createdAtMs: whole, attempts: int32 };
const finishReason = fc.constantFrom('stop', 'length', 'tool-calls', 'content-filter', 'other');
const choiceEndingOptions = { rawFinishReason: text, stopSequence: text, ...extra };
const otherIndex = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const choice = fields(
  { index: otherIndex, content: fc.array(content, { maxLength: 3 }), finishReason },
  { ...choiceEndingOptions, logprobs: some(logprob) },
) as fc.Arbitrary<Choice>;
const endingFields = {
  finishReason,
  usage,
} as const;
const speaker = all({ target: text, model: text, characters: whole });
const endingOptions = { ...choiceEndingOptions, systemFingerprint: text, spokenBy: some(speaker) };
const predictResponse = fields(
  { ...answerer, ...endingFields, content: fc.array(content, { maxLength: 3 }) },
  { ...endingOptions, logprobs: some(logprob), downgrades: some(text), otherChoices: some(choice) },
) as fc.Arbitrary<PredictResponse>;
const delta: fc.Arbitrary<DeltaPart> = fc.oneof(
  fields(
    { type: is('text-delta'), text },
    { logprobs: some(logprob), annotations: fc.array(json), startsBlock: yes, ...extra },
  ),
  fields({ type: is('reasoning-delta'), text }, { signature: text, encrypted: text, startsBlock: yes, ...extra }),
  fields({ type: is('refusal-delta'), text }, { logprobs: some(logprob) }),
  fields({ type: is('tool-call-start'), index: int32, id: text, name: text }, extra),
  all({ type: is('tool-call-delta'), index: int32, argumentsDelta: text }),
  fields({ type: is('opaque-delta'), dialect, value: json }, { isNotice: fc.constant(true as const) }),
);
const part: fc.Arbitrary<PredictPart> = fc.oneof(
  fields({ type: is('start'), ...answerer }, { inputUsage: usage, downgrades: some(text), ...extra }),
  delta,
  all({ type: is('choice-part'), choice: otherIndex, part: delta }),
  fields(
    { type: is('choice-end'), choice: otherIndex, finishReason },
    choiceEndingOptions,
  ) as fc.Arbitrary<PredictPart>,
  all({ type: is('seam'), target: text }),
  fields({ type: is('end'), ...endingFields }, endingOptions) as fc.Arbitrary<PredictPart>,
);

const tokens = some(fc.array(fc.nat({ max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 3 }));
const embedRequest: fc.Arbitrary<EmbedRequest> = fc.oneof(
  fields({ model: text, input: fc.array(text, { maxLength: 3 }) }, { dimensions: whole, ...extra }),
  fields({ model: text, input: nothing, tokens }, { dimensions: whole, ...extra }),
);
const embedResponse: fc.Arbitrary<EmbedResponse> = fields(
  {
    model: text,
    target: text,
    attempts: int32,
    vectors: fc.array(fc.float32Array({ maxLength: 8 }), { maxLength: 3 }),
    usage,
  },
  { downgrades: some(text) },
);
const model: fc.Arbitrary<ModelDescription> = fields(
  {
    id: text,
    targets: fc.array(text, { maxLength: 2 }),
    ownedBy: text,
    summary: text,
    capabilities: fc.subarray(['chat', 'embeddings', 'tools', 'json-mode', 'seed', 'reasoning'] as const),
    createdAtMs: whole,
  },
  { contextTokens: whole, embeddingDimensions: int32, licence: text },
);

test('predict request: comes back equal', () => {
  checkRoundTrip(predictRequest, wire.PredictRequest, predictRequestToWire, predictRequestFromWire);
});

test('stream part: comes back equal', () => checkRoundTrip(part, wire.Token, partToWire, partFromWire));

test('predict response: comes back equal', () => {
  checkRoundTrip(predictResponse, wire.PredictResponse, predictResponseToWire, predictResponseFromWire);
});

test('embed request: comes back equal', () => {
  checkRoundTrip(embedRequest, wire.EmbedRequest, embedRequestToWire, embedRequestFromWire);
});

test('embed response: comes back equal, vectors bit for bit', () => {
  checkRoundTrip(embedResponse, wire.EmbedResponse, embedResponseToWire, embedResponseFromWire);
});

test('models: come back equal', () => {
  checkRoundTrip(fc.array(model, { maxLength: 3 }), wire.ListModelsResponse, modelsToWire, (value) =>
    modelsFromWire(value),
  );
});

test('context: comes back equal, with the deadline moved by the difference of the clocks', () => {
  const context = fields(
    { requestId: text, tenantId: text, keyId: text, deadlineAtMs: fc.integer({ min: 1_000, max: 80_000_000 }) },
    {
      traceparent: text,
      tracestate: text,
      routing: optional({ canary: fc.array(text, { minLength: 1, maxLength: 3 }), conversation: text }),
    },
  );
  fc.assert(
    fc.property(context, fc.integer({ min: -1_000_000, max: 1_000_000 }), (sent, skewMs) => {
      const received = contextFromWire(contextToWire(sent, 1_000), 1_000 + skewMs, 0);
      assert.deepEqual(received, { ...sent, deadlineAtMs: sent.deadlineAtMs + skewMs });
    }),
  );
});

test('plain clients: the text of an answer and of a token is in `text`', () => {
  const base = { id: 'i', model: 'm', target: 't', createdAtMs: 1, attempts: 1, finishReason: 'stop' } as const;
  const response: PredictResponse = {
    ...base,
    usage: { inputTokens: 1, outputTokens: 1, source: 'engine' },
    content: [
      { type: 'text', text: 'one ' },
      { type: 'tool-call', id: 'c', name: 'f', arguments: '{}' },
      { type: 'text', text: 'two' },
    ],
  };
  assert.equal(predictResponseToWire(response).text, 'one two');
  assert.equal(partToWire({ type: 'text-delta', text: 'hi' }).text, 'hi');
  assert.equal(partToWire({ type: 'reasoning-delta', text: 'hi' }).text, '');
  assert.deepEqual(partFromWire({ text: 'hi', part: undefined }), { type: 'text-delta', text: 'hi' });
});

test('requests of strangers: what is missing, unknown or contradictory is refused by its path', () => {
  const role = wire.Role.USER;
  const plain: wire.Message = { role, text: 'x', content: [], name: undefined, extraJson: undefined };
  const refuse = (change: Partial<wire.PredictRequest>, param: string, reason: string = 'invalid_request'): void => {
    const absent = { sampling: undefined, toolChoice: undefined, responseFormat: undefined };
    const decode = (): unknown =>
      predictRequestFromWire({ model: 'm', messages: [plain], tools: [], dialect: 0, ...absent, ...change });
    assert.throws(decode, (error) => {
      assert.ok(error instanceof SluiceError);
      assert.deepEqual([error.reason, error.param], [reason, param]);
      return true;
    });
  };
  const nested = (depth: number): wire.ContentPart => ({
    part: {
      $case: 'toolResult',
      value: { toolCallId: '', content: depth === 0 ? [] : [nested(depth - 1)], isError: undefined },
    },
  });
  refuse({ messages: [{ ...plain, role: wire.Role.UNSPECIFIED }] }, 'messages[0].role');
  refuse({ messages: [plain, { ...plain, content: [nested(0)] }] }, 'messages[1].content');
  refuse({ messages: [{ ...plain, text: '', content: [{ part: undefined }] }] }, 'messages[0].content[0]');
  refuse({ extraJson: '{' }, 'extra_json');
  refuse({ extraJson: '[]' }, 'extra_json');
  refuse({ extraJson: `{"a":${'['.repeat(200)}${']'.repeat(200)}}` }, 'extra_json', 'nesting_too_deep');
  refuse({ tools: [{ tool: undefined }] }, 'tools[0]');
  refuse({ toolChoice: { choice: { $case: 'mode', value: 0 } } }, 'tool_choice');
  refuse({ responseFormat: { format: undefined } }, 'response_format');
  const deep = `messages[0].content[0]${'.tool_result.content[0]'.repeat(8)}.tool_result`;
  refuse({ messages: [{ ...plain, text: '', content: [nested(9)] }] }, deep, 'nesting_too_deep');
});

test('requests of ours: a number that the wire cannot carry is refused by its name', () => {
  const request: PredictRequest = { model: 'm', messages: [], sampling: { topK: 1.5 }, dialect: 'openai' };
  assert.throws(
    () => predictRequestToWire(request),
    (error) => error instanceof SluiceError && error.param === 'top_k',
  );
  assert.throws(
    () => embedRequestToWire({ model: 'm', input: ['x'], dimensions: Number.NaN }),
    (error) => error instanceof SluiceError && error.param === 'dimensions',
  );
});
