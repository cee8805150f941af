import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { collectResponse, partsOf } from '../../core/collect.ts';
import { SluiceError } from '../../core/error.ts';
import type { ContentPart } from '../../core/message.ts';
import type { AnswerPart, Ending, PredictResponse } from '../../core/predict.ts';
import { createChatStreamEncoder } from './chat-stream.ts';
import { renderChatCompletion } from './render-chat.ts';

const answerer = {
  id: 'chatcmpl-1',
  model: 'model-1',
  target: 'p/model-1',
  createdAtMs: 1_767_225_600_000,
  attempts: 1,
};
const usage = { inputTokens: 3, outputTokens: 2, source: 'engine' } as const;

function encodeAll(parts: Iterable<AnswerPart>, includeUsage = false): string {
  const encoder = createChatStreamEncoder(includeUsage, 'req_1');
  let text = '';
  for (const part of parts) text += encoder.encode(part);
  return text;
}

/** The data of the events; `[DONE]` stays text. */
function eventsOf(text: string): ReturnType<typeof JSON.parse>[] {
  assert.ok(text.endsWith('\n\n'));
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((event) => {
      assert.match(event, /^data: [^\n]+$/);
      const data = event.slice('data: '.length);
      return data === '[DONE]' ? data : JSON.parse(data);
    });
}

test('chat stream: the chunks of a short answer, byte for byte', () => {
  const text = encodeAll([
    { type: 'start', ...answerer },
    { type: 'text-delta', text: 'Hi "you"\n' },
    { type: 'end', finishReason: 'stop', usage },
  ]);
  const head = 'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1767225600,"model":"model-1"';
  assert.equal(
    text,
    [
      `${head},"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}`,
      `${head},"choices":[{"index":0,"delta":{"content":"Hi \\"you\\"\\n"},"logprobs":null,"finish_reason":null}]}`,
      `${head},"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}`,
      'data: [DONE]',
      '',
    ].join('\n\n'),
  );
});

test('chat stream: usage comes in a last chunk without choices, and is null before', () => {
  const events = eventsOf(
    encodeAll(partsOf({ ...answerer, finishReason: 'stop', usage, content: [{ type: 'text', text: 'x' }] }), true),
  );
  assert.equal(events.pop(), '[DONE]');
  const last = events.pop();
  assert.deepEqual(last.choices, []);
  assert.equal(last.usage.total_tokens, 5);
  for (const event of events) assert.equal(event.usage, null);
});

test('chat stream: nothing is said before the first delta, so that the status stays open', () => {
  const encoder = createChatStreamEncoder(false, 'req_1');
  assert.equal(encoder.encode({ type: 'start', ...answerer }), '');
  assert.equal(encoder.encode({ type: 'text-delta', text: '' }), '');
});

test('chat stream: content is null where tool calls come first', () => {
  const events = eventsOf(
    encodeAll([
      { type: 'start', ...answerer },
      { type: 'tool-call-start', index: 0, id: 'call_1', name: 'f' },
      { type: 'tool-call-delta', index: 0, argumentsDelta: '{"a"' },
      { type: 'end', finishReason: 'tool-calls', usage },
    ]),
  );
  assert.deepEqual(
    events.slice(0, 4).map((event) => event.choices[0].delta),
    [
      { role: 'assistant', content: null, refusal: null },
      { tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] },
      {},
    ],
  );
  assert.equal(events[3].choices[0].finish_reason, 'tool_calls');
});

test('chat stream: an empty answer has a role all the same', () => {
  const [role, finish, done] = eventsOf(
    encodeAll(partsOf({ ...answerer, finishReason: 'length', usage, content: [] })),
  );
  assert.equal(role.choices[0].delta.role, 'assistant');
  assert.equal(finish.choices[0].finish_reason, 'length');
  assert.equal(done, '[DONE]');
});

test('chat stream: a failure is one error event', () => {
  const encoder = createChatStreamEncoder(false, 'req_1');
  const [event] = eventsOf(encoder.fail(new SluiceError('upstream_truncated')));
  assert.deepEqual(event, {
    error: {
      message: 'The answer of the provider ended before it was complete.',
      type: 'server_error',
      param: null,
      code: 'upstream_truncated',
    },
  });
});

test('chat stream: unknown fields of the answer go out, but never replace ours', () => {
  const ending = {
    finishReason: 'stop',
    usage,
    systemFingerprint: 'fp',
    extra: { service_tier: 'flex', id: 'evil' },
  } as const;
  const events = eventsOf(encodeAll(partsOf({ ...answerer, ...ending, content: [] }), true));
  for (const event of events.slice(1, 3)) {
    assert.equal(event.id, 'chatcmpl-1');
    assert.equal(event.service_tier, 'flex');
    assert.equal(event.system_fingerprint, 'fp');
  }
});

test('chat stream: whatever the answer, its chunks put together are the whole completion', async () => {
  const text = fc.string({ unit: 'binary', minLength: 1 });
  const part: fc.Arbitrary<ContentPart> = fc.oneof(
    fc.record({ type: fc.constant('text' as const), text }),
    fc.record({ type: fc.constant('reasoning' as const), text }),
    fc.record({ type: fc.constant('refusal' as const), text }),
    fc.record({ type: fc.constant('tool-call' as const), id: text, name: text, arguments: text }),
  );
  const entry = { token: 'a', logprob: -0.5, bytes: [97], top: [{ token: 'b', logprob: -1 }] };
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 6 }), fc.boolean(), async (content, hasLogprobs) => {
      const response: PredictResponse = {
        ...answerer,
        finishReason: 'stop',
        usage,
        content,
        ...(hasLogprobs && content.some((one) => one.type === 'text') ? { logprobs: [entry] } : {}),
      };
      const whole = JSON.parse(renderChatCompletion(await collectResponse(toStream(partsOf(response)))));
      const events = eventsOf(encodeAll(partsOf(response), true));
      assert.equal(events.pop(), '[DONE]');
      assert.deepEqual(putTogether(events), whole);
    }),
  );
});

async function* toStream(parts: Iterable<AnswerPart>): AsyncGenerator<AnswerPart> {
  yield* parts;
}

/** What a client makes of the chunks. */
function putTogether(events: ReturnType<typeof JSON.parse>[]): object {
  const message: Record<string, unknown> = { role: 'assistant', content: null, refusal: null };
  const calls: { id: string; type: string; function: { name: string; arguments: string } }[] = [];
  let logprobs: unknown = null;
  let finishReason: unknown = null;
  for (const { choices } of events) {
    for (const choice of choices) {
      const { role: _, tool_calls: toolCalls, ...texts } = choice.delta;
      for (const [name, text] of Object.entries(texts)) if (text) message[name] = `${message[name] ?? ''}${text}`;
      for (const call of toolCalls ?? []) {
        const known = calls[call.index];
        if (known === undefined) calls[call.index] = { id: call.id, type: call.type, function: { ...call.function } };
        else known.function.arguments += call.function.arguments;
      }
      logprobs = choice.logprobs ?? logprobs;
      finishReason = choice.finish_reason ?? finishReason;
    }
  }
  if (calls.length > 0) message['tool_calls'] = calls;
  const { id, created, model, usage: figures } = events.at(-1);
  const choices = [{ index: 0, message, logprobs, finish_reason: finishReason }];
  return { id, object: 'chat.completion', created, model, choices, usage: figures };
}

test('chat completions: an ending that OpenAI has no word for is no clean stop, and its own word is beside it', async () => {
  const parts: AnswerPart[] = [
    { type: 'start', id: 'c', model: 'm', target: 'p/m', attempts: 1, createdAtMs: 0 },
    { type: 'text-delta', text: 'Hm' },
    {
      type: 'end',
      finishReason: 'other',
      rawFinishReason: 'pause_turn',
      usage: { inputTokens: 1, outputTokens: 1, source: 'provider' },
    },
  ];
  const words = { finish_reason: 'length', native_finish_reason: 'pause_turn' };
  const encoder = createChatStreamEncoder(false, 'req_1');
  const events = parts
    .map((part) => encoder.encode(part))
    .join('')
    .split('\n\n');
  const { delta: _, index: __, logprobs: ___, ...streamed } = JSON.parse((events.at(-3) ?? '').slice(6)).choices[0];
  assert.deepEqual(streamed, words);
  const [whole] = JSON.parse(renderChatCompletion(await collectResponse(toStream(parts)))).choices;
  assert.deepEqual({ finish_reason: whole.finish_reason, native_finish_reason: whole.native_finish_reason }, words);
});

test('chat completions: a refusal’s own word and the stop sequence that matched are beside the finish reason', async () => {
  const ends: [Partial<Ending>, Record<string, string>][] = [
    [
      { finishReason: 'content-filter', rawFinishReason: 'SAFETY' },
      { finish_reason: 'content_filter', native_finish_reason: 'SAFETY' },
    ],
    [
      { finishReason: 'stop', rawFinishReason: 'stop_sequence', stopSequence: 'END' },
      { finish_reason: 'stop', stop_reason: 'END' },
    ],
  ];
  for (const [end, words] of ends) {
    const start: AnswerPart = { type: 'start', id: 'c', model: 'm', target: 'p/m', attempts: 1, createdAtMs: 0 };
    const parts = [start, { type: 'end', finishReason: 'stop', usage, ...end } as AnswerPart];
    const encoder = createChatStreamEncoder(false, 'req_1');
    const events = parts
      .map((part) => encoder.encode(part))
      .join('')
      .split('\n\n');
    const { delta: _, index: __, logprobs: ___, ...streamed } = JSON.parse((events.at(-3) ?? '').slice(6)).choices[0];
    assert.deepEqual(streamed, words);
    const [choice] = JSON.parse(renderChatCompletion(await collectResponse(toStream(parts)))).choices;
    const { message: ____, index: _____, logprobs: ______, ...whole } = choice;
    assert.deepEqual(whole, words);
  }
});

test('chat completions: where no vendor says why an answer ended, its calls say so', async () => {
  const unsaid: AnswerPart = { type: 'end', finishReason: 'other', usage };
  const call: AnswerPart = { type: 'tool-call-start', index: 0, id: 'call_1', name: 'f' };
  for (const [content, expected] of [
    [{ type: 'text-delta', text: 'Hi' }, 'stop'],
    [call, 'tool_calls'],
  ] as const) {
    const parts: AnswerPart[] = [{ type: 'start', ...answerer }, content, unsaid];
    assert.equal(eventsOf(encodeAll(parts)).at(-2).choices[0].finish_reason, expected);
    const [choice] = JSON.parse(renderChatCompletion(await collectResponse(toStream(parts)))).choices;
    assert.equal(choice.finish_reason, expected);
  }
});

test('chat completions: citations of other vendors, and tiers that OpenAI does not have, are not passed off as its own', async () => {
  const url = { type: 'url_citation', url_citation: { url: 'u', title: 't', start_index: 0, end_index: 1 } };
  const page = { type: 'page_location', cited_text: 'c' };
  const parts: AnswerPart[] = [
    { type: 'start', id: 'c', model: 'm', target: 'p/m', attempts: 1, createdAtMs: 0 },
    { type: 'text-delta', text: 'Hm', annotations: [url, page] },
    {
      type: 'end',
      finishReason: 'stop',
      usage: { inputTokens: 1, outputTokens: 1, source: 'provider' },
      extra: { service_tier: 'on_demand' },
    },
  ];
  const whole = JSON.parse(renderChatCompletion(await collectResponse(toStream(parts))));
  const { annotations, citations } = whole.choices[0].message;
  assert.deepEqual([annotations, citations], [[url], [page]]);
  assert.deepEqual([whole.service_tier, whole.native_service_tier], [undefined, 'on_demand']);
  const encoder = createChatStreamEncoder(false, 'req_1');
  const events = parts
    .map((part) => encoder.encode(part))
    .join('')
    .split('\n\n');
  const deltas = events.slice(1, 3).map((event) => JSON.parse(event.slice('data: '.length)).choices[0].delta);
  assert.deepEqual(deltas, [{ content: 'Hm' }, { annotations: [url], citations: [page] }], 'once the text is whole');
});

test('chat stream: fields of a text without a name here are those of the delta, and of the whole message', async () => {
  const extra = { extra_content: { google: { thought_signature: 'c2VhbA==' } } };
  const parts: AnswerPart[] = [
    { type: 'start', ...answerer },
    { type: 'text-delta', text: 'Hi' },
    { type: 'text-delta', text: '', extra },
    { type: 'end', finishReason: 'stop', usage },
  ];
  const deltas = eventsOf(encodeAll(parts)).flatMap((event) => (event === '[DONE]' ? [] : [event.choices[0].delta]));
  assert.deepEqual(deltas[2], { ...extra, content: '' });
  const [whole] = JSON.parse(renderChatCompletion(await collectResponse(toStream(parts)))).choices;
  assert.deepEqual([whole.message.content, whole.message.extra_content], ['Hi', extra.extra_content]);
});
