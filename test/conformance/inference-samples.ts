// A request, an answer and a model list with everything in them that the contract has a name for.

import type { PredictPart, PredictRequest } from '../../src/core/predict.ts';
import { textAnswer } from '../fixtures/scripted-inference.ts';

const [first, , last] = textAnswer('x') as [PredictPart, PredictPart, PredictPart];
/** The first part of an answer. */
export const start: PredictPart = first;
/** The last part of an answer. */
export const end: PredictPart = last;

/** Every kind of part, with every optional field once. */
export const everyPart: readonly PredictPart[] = [
  {
    ...start,
    inputUsage: { inputTokens: 9, outputTokens: 0, source: 'provider' },
    downgrades: ['user', 'metadata'],
    extra: { usage: { service_tier: 'default' } },
  } as PredictPart,
  { type: 'reasoning-delta', text: 'Let me ' },
  { type: 'reasoning-delta', text: 'think.', signature: 'c2ln', encrypted: 'b3BhcXVl', extra: { id: 'rs_1' } },
  { type: 'reasoning-delta', text: 'Again.', startsBlock: true },
  {
    type: 'text-delta',
    text: 'Grüße 👋',
    logprobs: [
      { token: 'Gr', logprob: -0.125, bytes: [71, 114], top: [{ token: 'Hi', logprob: -2.5, bytes: [72, 105] }] },
      { token: 'x', logprob: Number.NEGATIVE_INFINITY, top: [{ token: 'y', logprob: -1 }] },
    ],
  },
  { type: 'text-delta', text: '' },
  { type: 'text-delta', text: 'Second block.', startsBlock: true, annotations: [{ url: 'https://example.org' }, 1] },
  { type: 'refusal-delta', text: 'I would rather not.' },
  { type: 'tool-call-start', index: 0, id: 'call_1', name: 'weather', extra: { signature: 's' } },
  { type: 'tool-call-delta', index: 0, argumentsDelta: '{"city":' },
  { type: 'tool-call-delta', index: 0, argumentsDelta: '"Köln"}' },
  { type: 'tool-call-start', index: 1, id: 'call_2', name: 'clock' },
  { type: 'opaque-delta', dialect: 'anthropic', value: { type: 'server_tool_use', input: { a: [1, null, 'x'] } } },
  { type: 'choice-part', choice: 2, part: { type: 'tool-call-start', index: 0, id: 'call_3', name: 'clock' } },
  {
    type: 'choice-part',
    choice: 1,
    part: { type: 'text-delta', text: 'Or ', logprobs: [{ token: 'Or', logprob: -1, top: [] }] },
  },
  { type: 'choice-part', choice: 2, part: { type: 'tool-call-delta', index: 0, argumentsDelta: '{}' } },
  { type: 'choice-part', choice: 1, part: { type: 'text-delta', text: 'so.' } },
  { type: 'choice-end', choice: 2, finishReason: 'tool-calls', rawFinishReason: 'tool_calls', extra: { seal: 's' } },
  { type: 'choice-end', choice: 1, finishReason: 'length', stopSequence: 'END' },
  {
    type: 'end',
    finishReason: 'other',
    rawFinishReason: 'pause_turn',
    stopSequence: 'STOP',
    systemFingerprint: 'fp_1',
    extra: { service_tier: 'default' },
    usage: {
      inputTokens: 2 ** 40,
      outputTokens: 7,
      cachedInputTokens: 0,
      cacheWriteInputTokens: 3,
      reasoningTokens: 2,
      source: 'provider',
    },
  },
];

/** Every kind of request field and content part. */
export const fullRequest: PredictRequest = {
  model: 'chat',
  dialect: 'anthropic',
  sampling: {
    maxOutputTokens: 100,
    temperature: 0,
    topP: 0.1,
    topK: 40,
    seed: Number.MAX_SAFE_INTEGER,
    stop: ['\n\n', 'END'],
    presencePenalty: -2,
    frequencyPenalty: 0.5,
    logprobs: true,
    topLogprobs: 5,
    choiceCount: 3,
  },
  tools: [
    { kind: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: false, extra: { a: 1 } },
    { kind: 'vendor', dialect: 'anthropic', value: { type: 'web_search' } },
  ],
  toolChoice: { kind: 'function', name: 'f' },
  parallelToolCalls: false,
  responseFormat: { kind: 'json-schema', name: 's', schema: { type: 'object' }, strict: true },
  reasoningEffort: 'low',
  extra: { metadata: { deep: [true, null, 0.5] } },
  messages: [
    { role: 'system', content: [{ type: 'text', text: 'Be brief.', extra: { cache_control: { type: 'ephemeral' } } }] },
    { role: 'developer', content: [{ type: 'text', text: 'Plain.' }], name: 'dev', extra: { k: 'v' } },
    {
      role: 'user',
      content: [
        { type: 'text', text: '' },
        { type: 'image', source: { kind: 'url', url: 'https://example.org/a.png' }, detail: 'low' },
        { type: 'audio', source: { kind: 'data', base64: 'UklGRg==', mediaType: 'audio/wav' } },
        { type: 'file', source: { kind: 'file-id', fileId: 'file_1' }, name: 'a.pdf', extra: { x: 1 } },
      ],
    },
    { role: 'assistant', content: [{ type: 'tool-call', id: 'call_1', name: 'f', arguments: '{not json' }] },
    {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 'call_1', isError: true, content: [{ type: 'text', text: 'no' }] }],
    },
    { role: 'assistant', content: [] },
  ],
};
