import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContentPart } from '../../core/message.ts';
import type { PredictResponse } from '../../core/predict.ts';
import { createMessageStreamEncoder } from './message-stream-encoder.ts';
import { parseMessagesRequest } from './parse-request.ts';
import { renderMessage } from './render-message.ts';

function answer(content: ContentPart[], fields: Partial<PredictResponse> = {}): PredictResponse {
  return {
    id: 'msg_1',
    model: 'model-1',
    target: 'p/model-1',
    createdAtMs: 0,
    attempts: 1,
    finishReason: 'stop',
    usage: { inputTokens: 3, outputTokens: 2, source: 'provider' },
    content,
    ...fields,
  };
}

test('message: a plain answer, with null for what does not apply', () => {
  assert.deepEqual(renderMessage(answer([{ type: 'text', text: 'Hello' }])), {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'model-1',
    content: [{ type: 'text', text: 'Hello', citations: null }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: {
      input_tokens: 3,
      output_tokens: 2,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
      cache_creation: null,
      inference_geo: null,
      output_tokens_details: null,
      server_tool_use: null,
      service_tier: null,
      speed: null,
    },
  });
});

test('message: tokens of the prompt cache are counted beside input_tokens, and estimates are marked', () => {
  const { usage } = renderMessage(
    answer([], {
      usage: {
        inputTokens: 100,
        outputTokens: 20,
        cachedInputTokens: 60,
        cacheWriteInputTokens: 30,
        reasoningTokens: 5,
        source: 'estimated',
      },
    }),
  );
  assert.equal(usage.input_tokens, 10);
  assert.equal(usage.cache_read_input_tokens, 60);
  assert.equal(usage.cache_creation_input_tokens, 30);
  assert.deepEqual(usage.output_tokens_details, { thinking_tokens: 5 });
  assert.equal(usage.estimated, true);
});

const stopReasons: readonly (readonly [string, Partial<PredictResponse>, ContentPart[]])[] = [
  ['end_turn', { finishReason: 'stop' }, []],
  ['end_turn', { finishReason: 'stop', rawFinishReason: 'eos_token' }, []],
  ['stop_sequence', { finishReason: 'stop', stopSequence: 'END' }, []],
  ['max_tokens', { finishReason: 'length', rawFinishReason: 'length' }, []],
  ['model_context_window_exceeded', { finishReason: 'length', rawFinishReason: 'model_context_window_exceeded' }, []],
  ['tool_use', { finishReason: 'tool-calls' }, []],
  ['tool_use', { finishReason: 'stop' }, [{ type: 'tool-call', id: 'a', name: 'b', arguments: '{}' }]],
  [
    'end_turn',
    { finishReason: 'stop', rawFinishReason: 'end_turn' },
    [{ type: 'tool-call', id: 'a', name: 'b', arguments: '{}' }],
  ],
  ['refusal', { finishReason: 'content-filter' }, []],
  ['refusal', { finishReason: 'stop' }, [{ type: 'refusal', text: 'No.' }]],
  ['pause_turn', { finishReason: 'other', rawFinishReason: 'pause_turn' }, []],
  ['compaction', { finishReason: 'other', rawFinishReason: 'compaction' }, []],
  ['end_turn', { finishReason: 'other', rawFinishReason: 'UNEXPECTED_TOOL_CALL' }, []],
  ['end_turn', { finishReason: 'other' }, []],
  ['tool_use', { finishReason: 'other' }, [{ type: 'tool-call', id: 'a', name: 'b', arguments: '{}' }]],
];

for (const [expected, fields, content] of stopReasons) {
  test(`message: ${JSON.stringify(fields)} with ${content.length} parts stops for ${expected}`, () => {
    const message = renderMessage(answer(content, fields));
    assert.equal(message.stop_reason, expected);
    assert.equal(message.stop_sequence, fields.stopSequence ?? null);
  });
}

test('message: the vendor’s own word for its end is beside a stop reason that is wider, whole and streamed', () => {
  const words: readonly (readonly [string, string, string | undefined])[] = [
    ['other', 'MALFORMED_FUNCTION_CALL', 'MALFORMED_FUNCTION_CALL'],
    ['content-filter', 'RECITATION', 'RECITATION'],
    ['content-filter', 'refusal', undefined],
    ['other', 'pause_turn', undefined],
    ['length', 'MAX_TOKENS', undefined],
    ['stop', 'STOP', undefined],
  ];
  for (const [finishReason, rawFinishReason, native] of words) {
    const response = answer([], { finishReason, rawFinishReason } as Partial<PredictResponse>);
    assert.equal(renderMessage(response)['native_finish_reason'], native, rawFinishReason);
    const frames = createMessageStreamEncoder('r').encode({ ...response, type: 'end' });
    assert.equal(/"native_finish_reason":"(\w+)"/.exec(frames)?.[1], native, rawFinishReason);
  }
});

test('message: a fingerprint of OpenAI’s is a field of the message, whole and streamed', () => {
  const response = answer([], { systemFingerprint: 'fp_1' });
  assert.equal(renderMessage(response)['system_fingerprint'], 'fp_1');
  assert.match(createMessageStreamEncoder('r').encode({ ...response, type: 'end' }), /"system_fingerprint":"fp_1"/);
});

test('message: reasoning, hidden reasoning, tool calls, refusals and opaque parts', () => {
  const caller = { type: 'direct' };
  const opaque = { type: 'server_tool_use', id: 's', name: 'web_search', input: { q: 'x' }, caller };
  const { content } = renderMessage(
    answer([
      { type: 'reasoning', text: 'hm', signature: 'sig' },
      { type: 'reasoning', text: '', encrypted: 'xyz' },
      { type: 'reasoning', text: 'summary', encrypted: 'abc' },
      { type: 'text', text: '' },
      { type: 'tool-call', id: 't', name: 'n', arguments: '{"a":1}' },
      { type: 'tool-call', id: 'u', name: 'n', arguments: '' },
      { type: 'refusal', text: 'No.' },
      { type: 'opaque', dialect: 'anthropic', value: opaque },
    ]),
  );
  assert.deepEqual(content, [
    { type: 'thinking', thinking: 'hm', signature: 'sig' },
    { type: 'redacted_thinking', data: 'xyz' },
    { type: 'thinking', thinking: 'summary', signature: '' },
    { type: 'redacted_thinking', data: 'abc' },
    { type: 'tool_use', id: 't', name: 'n', input: { a: 1 }, caller },
    { type: 'tool_use', id: 'u', name: 'n', input: {}, caller },
    { type: 'text', text: 'No.', citations: null },
    opaque,
  ]);
});

test('message: annotations are citations only where they are of a type of Anthropic', () => {
  const citation = { type: 'char_location', cited_text: 'x', document_title: null, file_id: null };
  const annotation = { type: 'url_citation', url: 'https://a.example' };
  const { content } = renderMessage(answer([{ type: 'text', text: 'a', annotations: [citation, annotation] }]));
  assert.deepEqual(content, [{ type: 'text', text: 'a', citations: [citation], annotations: [annotation] }]);
});

test('message: unknown fields of the answer go out, but never hide ours', () => {
  const container = { id: 'c', skills: null };
  const message = renderMessage(answer([], { extra: { container, context_management: {}, id: 'x', role: 'y' } }));
  assert.deepEqual(message['container'], container);
  assert.deepEqual(message['context_management'], {});
  assert.equal(message.id, 'msg_1');
  assert.equal(message.role, 'assistant');
});

test('message: what an answer holds comes back unchanged when the caller sends it again', () => {
  const parts: ContentPart[] = [
    { type: 'reasoning', text: 'hm', signature: 'sig' },
    { type: 'reasoning', text: '', encrypted: 'xyz' },
    { type: 'text', text: 'Let me look.' },
    { type: 'tool-call', id: 't', name: 'n', arguments: '{"a":' },
    { type: 'opaque', dialect: 'openai', value: { type: 'audio', id: 'a1' } },
    { type: 'opaque', dialect: 'anthropic', value: { type: 'container_upload', file_id: 'f' } },
  ];
  const { content } = renderMessage(answer(parts));
  const echoed = { model: 'm', max_tokens: 1, messages: [{ role: 'assistant', content }] };
  assert.deepEqual(parseMessagesRequest(echoed).request.messages[0]?.content, parts);
});

test('message: the id of another vendor is kept behind the prefix that clients know', () => {
  assert.equal(renderMessage(answer([], { id: 'msg_01' })).id, 'msg_01');
  assert.equal(renderMessage(answer([], { id: 'chatcmpl-7' })).id, 'msg_chatcmpl-7');
});

test('message: what Anthropic says of its usage comes back, and never instead of a count', () => {
  const details = {
    service_tier: 'standard',
    cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 0 },
    server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 },
    inference_geo: 'eu',
    iterations: [{ type: 'message' }],
    input_tokens: 999,
  };
  const { usage } = renderMessage(
    answer([], { usage: { inputTokens: 3, outputTokens: 4, source: 'provider', extra: details } }),
  );
  const { input_tokens: _, ...shown } = details;
  assert.deepEqual({ ...usage, ...shown }, usage);
  assert.equal(usage.input_tokens, 3);
});
