import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ContentPart, Message } from '../../core/message.ts';
import type { PredictRequest } from '../../core/predict.ts';
import type { Api } from './address.ts';
import { countTokensToWire, predictToWire } from './to-wire.ts';

function wire(overrides: Partial<PredictRequest>, model = 'gemini-2.5-flash', api: Api = 'vertex'): JsonObject {
  return predictToWire(chatRequest('alias', overrides), model, api).body;
}

function downgrades(overrides: Partial<PredictRequest>, model = 'gemini-2.5-flash'): readonly string[] {
  return predictToWire(chatRequest('alias', overrides), model, 'vertex').downgrades;
}

function refusedParam(overrides: Partial<PredictRequest>, model?: string): string | undefined {
  try {
    wire(overrides, model);
  } catch (error) {
    if (error instanceof SluiceError && error.reason === 'unsupported_capability') return error.param;
    throw error;
  }
  throw new Error('nothing was refused');
}

const user = (...content: ContentPart[]): Message => ({ role: 'user', content });
const text = (words: string): ContentPart => ({ type: 'text', text: words });
const signed = { extra_content: { google: { thought_signature: 'sig==' } } };
const call = (id: string, extra?: JsonObject): ContentPart => ({
  type: 'tool-call',
  id,
  name: 'weather',
  arguments: '{"city":"Paris"}',
  ...(extra === undefined ? {} : { extra }),
});

test('to wire: the smallest question is nothing but its contents', () => {
  assert.deepEqual(wire({}), { contents: [{ role: 'user', parts: [{ text: 'Hello?' }] }] });
});

test('to wire: instructions, turns and sampling each have their place', () => {
  const messages: Message[] = [
    { role: 'system', content: [text('Be brief.')] },
    { role: 'developer', content: [text('Be kind.')] },
    user(text('Hi'), text('there')),
    { role: 'assistant', content: [text('Hello.'), { type: 'refusal', text: 'No.' }] },
    user(text('Bye')),
  ];
  const sampling = {
    maxOutputTokens: 9,
    temperature: 0,
    topP: 0.5,
    topK: 3,
    seed: 1,
    stop: ['.'],
    presencePenalty: 0.1,
    frequencyPenalty: 0.2,
    logprobs: true,
    topLogprobs: 2,
  };
  assert.deepEqual(wire({ messages, sampling }), {
    systemInstruction: { parts: [{ text: 'Be brief.' }, { text: 'Be kind.' }] },
    contents: [
      { role: 'user', parts: [{ text: 'Hi' }, { text: 'there' }] },
      { role: 'model', parts: [{ text: 'Hello.' }, { text: 'No.' }] },
      { role: 'user', parts: [{ text: 'Bye' }] },
    ],
    generationConfig: {
      temperature: 0,
      topP: 0.5,
      topK: 3,
      maxOutputTokens: 9,
      stopSequences: ['.'],
      seed: 1,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      responseLogprobs: true,
      logprobs: 2,
    },
  });
});

test('to wire: pictures, sound and files go inline or by address', () => {
  const media = (type: 'image' | 'audio' | 'file', source: unknown, more = {}): ContentPart =>
    ({ type, source, ...more }) as ContentPart;
  const messages = [
    user(
      media('image', { kind: 'data', base64: 'AA==', mediaType: 'image/png' }),
      media('image', { kind: 'url', url: 'https://x/a.webp?v=1' }, { detail: 'high' }),
      media('audio', { kind: 'data', base64: 'AA==', mediaType: 'audio/wav;codecs=1' }),
      media('file', { kind: 'data', base64: 'AA==', mediaType: 'application/pdf' }, { name: 'a.pdf' }),
      media('file', { kind: 'file-id', fileId: 'gs://bucket/b.pdf' }),
    ),
  ];
  assert.deepEqual((wire({ messages })['contents'] as JsonObject[])[0]?.['parts'], [
    { inlineData: { mimeType: 'image/png', data: 'AA==' } },
    { fileData: { fileUri: 'https://x/a.webp?v=1', mimeType: 'image/webp' } },
    { inlineData: { mimeType: 'audio/wav', data: 'AA==' } },
    { inlineData: { mimeType: 'application/pdf', data: 'AA==', displayName: 'a.pdf' } },
    { fileData: { fileUri: 'gs://bucket/b.pdf', mimeType: 'application/pdf' } },
  ]);
  assert.deepEqual(downgrades({ messages }), ['detail']);
  const foreign = [user(media('file', { kind: 'file-id', fileId: 'file-abc' }))];
  assert.equal(refusedParam({ messages: foreign }), 'messages[0].content[0]');
  const ours = [user(media('file', { kind: 'file-id', fileId: 'files/abc' }))];
  const [turn] = wire({ messages: ours }, 'gemini-2.5-flash', 'gemini')['contents'] as JsonObject[];
  const fileUri = 'https://generativelanguage.googleapis.com/v1beta/files/abc';
  assert.deepEqual(turn?.['parts'], [{ fileData: { fileUri } }]);
});

test('to wire: calls keep ids and signatures, and all results of a turn stand together', () => {
  const result = (id: string, content: ContentPart[], isError = false): Message => ({
    role: 'tool',
    content: [{ type: 'tool-result', toolCallId: id, content, ...(isError ? { isError } : {}) }],
  });
  const messages: Message[] = [
    user(text('Weather?')),
    { role: 'assistant', content: [call('a', signed), call('b'), call('c')] },
    result('a', [text('{"degrees": 3}')]),
    result('b', [text('12345678901234567890')]),
    result('c', [text('no such city')], true),
  ];
  assert.deepEqual((wire({ messages })['contents'] as JsonObject[]).slice(1), [
    {
      role: 'model',
      parts: [
        { functionCall: { id: 'a', name: 'weather', args: { city: 'Paris' } }, thoughtSignature: 'sig==' },
        { functionCall: { id: 'b', name: 'weather', args: { city: 'Paris' } } },
        { functionCall: { id: 'c', name: 'weather', args: { city: 'Paris' } } },
      ],
    },
    {
      role: 'user',
      parts: [
        { functionResponse: { id: 'a', name: 'weather', response: { degrees: 3 } } },
        { functionResponse: { id: 'b', name: 'weather', response: { output: '12345678901234567890' } } },
        { functionResponse: { id: 'c', name: 'weather', response: { error: 'no such city' } } },
      ],
    },
  ]);
});

test('to wire: a number that parsing would change keeps the result a text', () => {
  const messages: Message[] = [
    { role: 'assistant', content: [call('a')] },
    { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'a', content: [text('{"n": 1.50}')] }] },
  ];
  const [, turn] = wire({ messages })['contents'] as JsonObject[];
  const [part] = (turn?.['parts'] ?? []) as { functionResponse: JsonObject }[];
  assert.deepEqual(part?.functionResponse['response'], { output: '{"n": 1.50}' });
});

test('to wire: pictures of a result stand within it for Gemini 3, beside it for older models; text beside it follows', () => {
  const picture: ContentPart = { type: 'image', source: { kind: 'data', base64: 'AA==', mediaType: 'image/png' } };
  const messages: Message[] = [
    { role: 'assistant', content: [call('a', signed)] },
    user({ type: 'tool-result', toolCallId: 'a', content: [text('see'), picture] }, text('Well?')),
  ];
  const inline = { inlineData: { mimeType: 'image/png', data: 'AA==' } };
  const response = { id: 'a', name: 'weather', response: { output: 'see' } };
  assert.deepEqual((wire({ messages })['contents'] as JsonObject[]).slice(1), [
    { role: 'user', parts: [{ functionResponse: response }, inline] },
    { role: 'user', parts: [{ text: 'Well?' }] },
  ]);
  assert.deepEqual((wire({ messages }, 'gemini-3-flash-preview')['contents'] as JsonObject[])[1], {
    role: 'user',
    parts: [{ functionResponse: { ...response, parts: [inline] } }],
  });
});

test('to wire: a call that Google did not sign gets the documented stand-in, for Gemini 3 only', () => {
  const messages: Message[] = [{ role: 'assistant', content: [call('a'), call('b')] }];
  const signatures = (model: string): unknown[] =>
    ((wire({ messages }, model)['contents'] as { parts: JsonObject[] }[])[0]?.parts ?? []).map(
      (part) => part['thoughtSignature'],
    );
  assert.deepEqual(signatures('gemini-3-pro-preview'), ['skip_thought_signature_validator', undefined]);
  assert.deepEqual(signatures('gemini-2.5-pro'), [undefined, undefined]);
});

test('to wire: an answer without its call, and arguments that are no object, are refused', () => {
  const orphan: Message[] = [{ role: 'tool', content: [{ type: 'tool-result', toolCallId: 'x', content: [] }] }];
  assert.throws(() => wire({ messages: orphan }), { reason: 'invalid_request', param: 'messages[0].content[0]' });
  const broken: ContentPart = { type: 'tool-call', id: 'a', name: 'f', arguments: '{"a":' };
  assert.equal(
    refusedParam({ messages: [{ role: 'assistant', content: [broken] }] }),
    'messages[0].content[0].arguments',
  );
});

test('to wire: reasoning of earlier turns is left out and reported, and leaves no empty turn', () => {
  const messages: Message[] = [
    user(text('Hi')),
    { role: 'assistant', content: [{ type: 'reasoning', text: 'Hm.', signature: 'of another vendor' }] },
  ];
  assert.equal((wire({ messages })['contents'] as JsonObject[]).length, 1);
  assert.deepEqual(downgrades({ messages }), ['reasoning']);
});

test('to wire: tools, their choice and structured output', () => {
  const parameters = { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', properties: {} };
  const body = wire({
    tools: [
      { kind: 'vendor', dialect: 'vertex', value: { googleSearch: {} } },
      { kind: 'function', name: 'f', description: 'F.', parameters },
      { kind: 'function', name: 'g' },
    ],
    toolChoice: { kind: 'function', name: 'f' },
    responseFormat: { kind: 'json-schema', name: 'n', schema: parameters, description: 'A thing.' },
  });
  assert.deepEqual(body['tools'], [
    { googleSearch: {} },
    {
      functionDeclarations: [
        { name: 'f', description: 'F.', parametersJsonSchema: { type: 'object', properties: {} } },
        { name: 'g' },
      ],
    },
  ]);
  assert.deepEqual(body['toolConfig'], { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } });
  assert.deepEqual(body['generationConfig'], {
    responseMimeType: 'application/json',
    responseJsonSchema: { type: 'object', properties: {}, description: 'A thing.' },
  });
  const modes = (['auto', 'none', 'required'] as const).map((kind) => wire({ toolChoice: { kind } })['toolConfig']);
  assert.deepEqual(
    modes,
    ['AUTO', 'NONE', 'ANY'].map((mode) => ({ functionCallingConfig: { mode } })),
  );
  const allowed = { mode: 'auto', tools: [{ type: 'function', function: { name: 'g' } }] };
  const value = { type: 'allowed_tools', allowed_tools: allowed };
  assert.deepEqual(wire({ toolChoice: { kind: 'vendor', dialect: 'openai', value } })['toolConfig'], {
    functionCallingConfig: { mode: 'VALIDATED', allowedFunctionNames: ['g'] },
  });
  assert.deepEqual(wire({ responseFormat: { kind: 'json-object' } })['generationConfig'], {
    responseMimeType: 'application/json',
  });
});

test('to wire: effort is a level for Gemini 3 and a budget before it; unknown words are refused', () => {
  const thinking = (reasoningEffort: string, model: string): unknown =>
    (wire({ reasoningEffort }, model)['generationConfig'] as JsonObject)['thinkingConfig'];
  assert.deepEqual(thinking('high', 'gemini-3-pro-preview'), { thinkingLevel: 'high' });
  assert.deepEqual(thinking('none', 'gemini-2.5-flash'), { thinkingBudget: 0 });
  assert.deepEqual(thinking('medium', 'publishers/google/models/gemini-2.5-pro'), { thinkingBudget: 8192 });
  assert.deepEqual(downgrades({ reasoningEffort: 'none' }, 'gemini-3-flash'), ['reasoning_effort']);
  assert.equal(refusedParam({ reasoningEffort: 'constructor' }), 'reasoning_effort');
});

test('to wire: Google’s own fields reach it from its own dialect, and never replace a typed field', () => {
  const body = wire({
    dialect: 'vertex',
    sampling: { temperature: 1 },
    extra: {
      generationConfig: { temperature: 0, audioTimestamp: true },
      safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
      cachedContent: 'cachedContents/1',
      contents: [],
    },
  });
  assert.deepEqual(body['generationConfig'], { temperature: 1, audioTimestamp: true });
  assert.equal(body['cachedContent'], 'cachedContents/1');
  assert.equal((body['safetySettings'] as unknown[]).length, 1);
  assert.equal((body['contents'] as unknown[]).length, 1);
});

test('to wire: fields of other dialects are translated, reported or refused, never dropped in silence', () => {
  const openai = { n: 1, user: 'u', store: true, service_tier: 'auto', modalities: ['text'], seed: null };
  assert.deepEqual(wire({ extra: openai })['generationConfig'], { responseModalities: ['TEXT'] });
  assert.deepEqual(downgrades({ extra: openai }), ['user', 'store']);
  const google = { thinking_config: { thinkingBudget: 5 }, cached_content: 'c', safety_settings: [] };
  assert.deepEqual(wire({ extra: { extra_body: { google } } }), {
    contents: [{ role: 'user', parts: [{ text: 'Hello?' }] }],
    generationConfig: { thinkingConfig: { thinkingBudget: 5 } },
    cached_content: 'c',
    safety_settings: [],
  });
  const thinking = { type: 'enabled', budget_tokens: 2048 };
  assert.deepEqual(wire({ dialect: 'anthropic', extra: { thinking } })['generationConfig'], {
    thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 },
  });
  assert.deepEqual(
    wire({ dialect: 'openai-responses', reasoningEffort: 'low', extra: { reasoning: { summary: 'auto' } } })[
      'generationConfig'
    ],
    { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } },
  );
  assert.deepEqual(downgrades({ parallelToolCalls: false }), ['parallel_tool_calls']);
  assert.deepEqual(downgrades({ tools: [{ kind: 'function', name: 'f', strict: true }] }), ['strict']);
  for (const [field, extra] of [
    ['n', { n: 2 }],
    ['logit_bias', { logit_bias: { 1: 2 } }],
    ['constructor', { constructor: 1 }],
    ['safetySettings', { safetySettings: [] }],
    ['extra_body.other', { extra_body: { other: 1 } }],
  ] as const) {
    assert.equal(refusedParam({ extra: extra as unknown as JsonObject }), field);
  }
  assert.equal(refusedParam({ messages: [], prompt: 'Once' }), 'prompt');
  const search: PredictRequest['tools'] = [{ kind: 'vendor', dialect: 'openai', value: { type: 'web_search' } }];
  assert.equal(refusedParam({ tools: search }), 'tools[0]');
  const odd = [user({ type: 'text', text: 'x', extra: { colour: 'red' } })];
  assert.equal(refusedParam({ messages: odd }), 'messages[0].content[0].colour');
  const hinted = [user({ type: 'text', text: 'x', extra: { cache_control: { type: 'ephemeral' } } })];
  assert.deepEqual(downgrades({ dialect: 'anthropic', messages: hinted }), ['cache_control']);
});

test('to wire: the signature of a text goes back with the text, whether the caller kept it there or with the message', () => {
  const answer = (content: ContentPart[], extra?: JsonObject): JsonObject[] => {
    const message: Message = { role: 'assistant', content, ...(extra === undefined ? {} : { extra }) };
    const contents = wire({ messages: [user(text('Hi')), message] })['contents'] as JsonObject[];
    return (contents[1]?.['parts'] ?? []) as JsonObject[];
  };
  const expected = [{ text: 'Hello' }, { text: 'you', thoughtSignature: 'sig==' }];
  assert.deepEqual(answer([text('Hello'), { type: 'text', text: 'you', extra: signed }]), expected);
  assert.deepEqual(answer([text('Hello'), text('you')], signed), expected);
  assert.deepEqual(answer([call('c1')], signed)[1], { text: '', thoughtSignature: 'sig==' });
});

test('to wire: what changes no answer is left out and reported, verbosity and annotations included', () => {
  const verbose = { text: { verbosity: 'low' }, prediction: { type: 'content', content: 'x' } };
  assert.deepEqual(downgrades({ dialect: 'openai-responses', extra: verbose }), ['verbosity', 'prediction']);
  assert.equal(refusedParam({ dialect: 'openai-responses', extra: { text: { colour: 'red' } } }), 'text.colour');
  const cited: Message = { role: 'assistant', content: [{ type: 'text', text: 'So.', annotations: [{ url: 'u' }] }] };
  assert.deepEqual(downgrades({ messages: [user(text('Hi')), cited] }), ['annotations']);
});

test('to wire: unknown fields of our own dialect go as they came, those of a foreign one are refused', () => {
  const extra = { safetySettings: [] };
  assert.deepEqual(wire({ dialect: 'sluice', extra })['safetySettings'], []);
  assert.equal(refusedParam({ dialect: 'anthropic', extra }), 'safetySettings');
});

test('to wire: tokens are counted of the whole request, which the Gemini API wants wrapped', () => {
  const request = chatRequest('alias', { sampling: { temperature: 1 } });
  const { body } = countTokensToWire(request, 'gemini-2.5-pro', 'vertex');
  assert.deepEqual(Object.keys(body), ['contents', 'generationConfig']);
  const wrapped = countTokensToWire(request, 'gemini-2.5-pro', 'gemini').body['generateContentRequest'];
  assert.equal((wrapped as JsonObject)['model'], 'models/gemini-2.5-pro');
});
