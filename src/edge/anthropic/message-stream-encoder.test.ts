import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ResponseCollector } from '../../core/collect.ts';
import { SluiceError } from '../../core/error.ts';
import type { AnswerPart } from '../../core/predict.ts';
import { maxHeldBackCharacters } from './defaults.ts';
import { createMessageStreamEncoder } from './message-stream-encoder.ts';
import { renderMessage } from './render-message.ts';

// biome-ignore lint/suspicious/noExplicitAny: a parsed event may have any shape; the assertions say which it must have
type Event = any;

const start: AnswerPart = { type: 'start', id: 'msg_1', model: 'm', target: 'p/m', createdAtMs: 0, attempts: 1 };
const end: AnswerPart = {
  type: 'end',
  finishReason: 'stop',
  usage: { inputTokens: 9, outputTokens: 4, cachedInputTokens: 5, source: 'provider' },
};

/** Parses SSE text strictly: each event is a name, one line of data that repeats the name, and an empty line. */
function parseEvents(text: string): Event[] {
  if (text === '') return [];
  assert.ok(text.endsWith('\n\n'));
  return text
    .slice(0, -2)
    .split('\n\n')
    .map((block) => {
      const match = /^event: (\w+)\ndata: ([^\r\n]*)$/.exec(block);
      assert.ok(match, `not an event: ${block}`);
      const event = JSON.parse(match[2] ?? '');
      assert.equal(event.type, match[1]);
      return event;
    });
}

function encodeAll(parts: readonly AnswerPart[]): Event[] {
  const encoder = createMessageStreamEncoder('req_1');
  return parts.flatMap((part) => parseEvents(encoder.encode(part)));
}

/** Puts the events together as a client does, and fails on any order that the protocol does not allow. */
function accumulate(events: readonly Event[]): Event {
  assert.equal(events[0].type, 'message_start');
  assert.equal(events.at(-1).type, 'message_stop');
  const message = structuredClone(events[0].message);
  let open: number | undefined;
  let started = 0;
  const argumentsOf = new Map<number, string>();
  for (const event of events.slice(1, -1)) {
    if (event.type === 'content_block_start') {
      assert.equal(open, undefined, 'a block starts while another is open');
      assert.equal(event.index, started, 'block indexes are contiguous');
      open = event.index;
      started += 1;
      message.content.push(event.content_block);
    } else if (event.type === 'content_block_delta') {
      assert.equal(event.index, open, 'a delta goes to the open block');
      addDelta(message.content[event.index], event.delta, (text) => {
        argumentsOf.set(event.index, (argumentsOf.get(event.index) ?? '') + text);
      });
    } else if (event.type === 'content_block_stop') {
      assert.equal(event.index, open, 'the open block is stopped');
      const { type: _, index, ...lateFields } = event;
      Object.assign(message.content[index], lateFields);
      open = undefined;
    } else {
      assert.equal(event.type, 'message_delta');
      assert.equal(open, undefined, 'every block is stopped before the message ends');
      Object.assign(message, event.delta);
      Object.assign(message.usage, event.usage);
    }
  }
  for (const [index, text] of argumentsOf) message.content[index].input = inputOf(text);
  return message;
}

function addDelta(block: Event, delta: Event, addArguments: (text: string) => void): void {
  const expected = { text: /^(text|citations)_delta$/, tool_use: /^input_json_delta$/ }[block.type as string];
  if (expected !== undefined) assert.match(delta.type, expected);
  if (delta.type === 'text_delta') block.text += delta.text;
  else if (delta.type === 'citations_delta') block.citations = [...(block.citations ?? []), delta.citation];
  else if (delta.type === 'input_json_delta') addArguments(delta.partial_json);
  else {
    assert.equal(block.type, 'thinking');
    assert.equal(block.signature, '', 'nothing follows a signature');
    if (delta.type === 'thinking_delta') block.thinking += delta.thinking;
    else block.signature = delta.signature;
  }
}

function inputOf(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return { INVALID_JSON: text };
  }
}

function collected(parts: readonly AnswerPart[]): Event {
  const collector = new ResponseCollector();
  for (const part of parts) collector.add(part);
  return JSON.parse(JSON.stringify(renderMessage(collector.finish())));
}

test('message stream: what the vendor says before the answer stands in message_start', () => {
  const cache_creation = { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 0 };
  const early = {
    ...start,
    inputUsage: {
      inputTokens: 12,
      outputTokens: 1,
      cacheWriteInputTokens: 3,
      source: 'provider',
      extra: { service_tier: 'batch', cache_creation, input_tokens: 99 },
    },
    extra: { diagnostics: { a: 1 }, id: 'not ours' },
  } as AnswerPart;
  const [{ message }] = encodeAll([early]);
  assert.deepEqual([message.id, message.diagnostics, message.stop_details], ['msg_1', { a: 1 }, null]);
  const { input_tokens, service_tier, speed, cache_creation: shown } = message.usage;
  assert.deepEqual([input_tokens, service_tier, speed, shown], [9, 'batch', null, cache_creation]);
});

test('message stream: text, in the order and with the figures that clients expect', () => {
  assert.deepEqual(encodeAll([start, { type: 'text-delta', text: 'Hel' }, { type: 'text-delta', text: 'lo\n' }, end]), [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        stop_details: null,
        container: null,
        diagnostics: null,
        usage: {
          input_tokens: 0,
          output_tokens: 0,
          cache_creation_input_tokens: null,
          cache_read_input_tokens: null,
          cache_creation: null,
          inference_geo: null,
          output_tokens_details: null,
          server_tool_use: null,
          service_tier: null,
          speed: null,
        },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '', citations: null } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hel' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'lo\n' } },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null, stop_details: null, container: null },
      usage: {
        input_tokens: 4,
        output_tokens: 4,
        cache_creation_input_tokens: null,
        cache_read_input_tokens: 5,
        output_tokens_details: null,
        server_tool_use: null,
      },
    },
    { type: 'message_stop' },
  ]);
});

test('message stream: calls that come one after the other are passed on without delay', () => {
  const encoder = createMessageStreamEncoder('req_1');
  const typesOf = (part: AnswerPart): string[] => parseEvents(encoder.encode(part)).map((event) => event.type);
  typesOf(start);
  assert.deepEqual(typesOf({ type: 'tool-call-start', index: 0, id: 'a', name: 'n' }), ['content_block_start']);
  assert.deepEqual(typesOf({ type: 'tool-call-delta', index: 0, argumentsDelta: '{"x":' }), ['content_block_delta']);
  assert.deepEqual(typesOf({ type: 'tool-call-delta', index: 0, argumentsDelta: '"}"}' }), ['content_block_delta']);
  assert.deepEqual(typesOf({ type: 'tool-call-start', index: 1, id: 'b', name: 'n' }), [
    'content_block_stop',
    'content_block_start',
  ]);
  assert.deepEqual(typesOf({ type: 'tool-call-delta', index: 1, argumentsDelta: '{}' }), ['content_block_delta']);
});

test('message stream: calls that come at once are put one after the other', () => {
  const parts: AnswerPart[] = [
    start,
    { type: 'tool-call-start', index: 0, id: 'a', name: 'n' },
    { type: 'tool-call-start', index: 1, id: 'b', name: 'n' },
    { type: 'tool-call-delta', index: 1, argumentsDelta: '{"b":2}' },
    { type: 'text-delta', text: 'done' },
    { type: 'tool-call-delta', index: 0, argumentsDelta: '{"a":1}' },
    end,
  ];
  assert.deepEqual(accumulate(encodeAll(parts)).content, [
    { type: 'tool_use', id: 'a', name: 'n', input: { a: 1 }, caller: { type: 'direct' } },
    { type: 'tool_use', id: 'b', name: 'n', input: { b: 2 }, caller: { type: 'direct' } },
    { type: 'text', text: 'done', citations: null },
  ]);
});

test('message stream: what is held back is bounded', () => {
  const encoder = createMessageStreamEncoder('req_1');
  encoder.encode(start);
  encoder.encode({ type: 'tool-call-start', index: 0, id: 'a', name: 'n' });
  const text = 'x'.repeat(1000);
  let heldCharacters = 0;
  while (encoder.encode({ type: 'text-delta', text }) === '') {
    heldCharacters += text.length;
    assert.ok(heldCharacters <= maxHeldBackCharacters);
  }
  assert.ok(heldCharacters > 0);
  assert.throws(
    () => encoder.encode({ type: 'tool-call-delta', index: 0, argumentsDelta: '{}' }),
    (error) => error instanceof SluiceError && error.reason === 'upstream_malformed',
  );
});

test('message stream: arguments without a call are refused', () => {
  const encoder = createMessageStreamEncoder('req_1');
  encoder.encode(start);
  assert.throws(
    () => encoder.encode({ type: 'tool-call-delta', index: 0, argumentsDelta: '{' }),
    (error) => error instanceof SluiceError && error.reason === 'upstream_malformed',
  );
});

test('message stream: what Anthropic says of its usage comes with the figures', () => {
  const extra = {
    service_tier: 'priority',
    server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
    output_tokens: 7,
  };
  const usage = { inputTokens: 3, outputTokens: 4, source: 'provider', extra } as const;
  const delta = encodeAll([start, { ...end, usage }]).find((event) => event.type === 'message_delta');
  assert.equal(delta.usage.service_tier, 'priority');
  assert.deepEqual(delta.usage.server_tool_use, extra.server_tool_use);
  assert.equal(delta.usage.output_tokens, 4);
});

test('message stream: the id of another vendor is kept behind the prefix that clients know', () => {
  assert.equal(encodeAll([{ ...start, id: 'chatcmpl-1' }, end])[0].message.id, 'msg_chatcmpl-1');
});

test('message stream: fields of the end that have no name here are kept, those of the delta in it', () => {
  const container = { id: 'c', skills: null };
  const ending: AnswerPart = { ...end, extra: { container, context_management: { applied_edits: [] } } };
  const event = encodeAll([start, ending]).at(-2);
  assert.deepEqual(event.delta.container, container);
  assert.deepEqual(event.context_management, { applied_edits: [] });
  assert.equal(event.type, 'message_delta');
});

test('message stream: what is known of the input goes out first', () => {
  const inputUsage = { inputTokens: 12, outputTokens: 1, cachedInputTokens: 2, source: 'provider' } as const;
  const [event] = encodeAll([{ ...start, inputUsage }]);
  assert.equal(event.message.usage.input_tokens, 10);
  assert.equal(event.message.usage.cache_read_input_tokens, 2);
});

test('message stream: citations are deltas; annotations of other vendors come with the end of their block', () => {
  const citation = { type: 'char_location', cited_text: 'x', document_title: null, file_id: null };
  const annotation = { type: 'url_citation', url: 'https://a.example' };
  const events = encodeAll([start, { type: 'text-delta', text: 'a', annotations: [citation, annotation] }, end]);
  assert.deepEqual(events.slice(3, 5), [
    { type: 'content_block_delta', index: 0, delta: { type: 'citations_delta', citation } },
    { type: 'content_block_stop', index: 0, annotations: [annotation] },
  ]);
});

test('message stream: a failure is an error event with the request id', () => {
  const encoder = createMessageStreamEncoder('req_1');
  encoder.encode(start);
  assert.deepEqual(parseEvents(encoder.fail(new SluiceError('upstream_truncated'))), [
    {
      type: 'error',
      error: { type: 'api_error', message: 'The answer of the provider ended before it was complete.' },
      request_id: 'req_1',
    },
  ]);
});

test('message stream: the keep-alive is a ping event', () => {
  assert.deepEqual(parseEvents(createMessageStreamEncoder('r').keepAlive()), [{ type: 'ping' }]);
});

const shortText = fc.oneof(fc.constant(''), fc.string({ unit: 'grapheme', maxLength: 6 }));

/** The parts of one tool call: its start and its arguments in any pieces, sometimes broken, sometimes missing. */
function toolCall(index: number): fc.Arbitrary<AnswerPart[]> {
  const json = fc
    .dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
    .map((value) => JSON.stringify(value));
  const text = fc.oneof(
    { weight: 6, arbitrary: json },
    { weight: 1, arbitrary: json.map((value) => value.slice(0, -1)) },
    fc.constant(''),
  );
  const piece = fc.integer({ min: 1, max: 5 });
  return fc.tuple(text, fc.string(), piece).map(([argumentsText, name, size]) => {
    const extra = size > 3 ? { extra: { caller: { type: 'code', tool_id: 'c' } } } : {};
    const parts: AnswerPart[] = [{ type: 'tool-call-start', index, id: `call_${index}`, name, ...extra }];
    for (let at = 0; at < argumentsText.length; at += size) {
      parts.push({ type: 'tool-call-delta', index, argumentsDelta: argumentsText.slice(at, at + size) });
    }
    return parts;
  });
}

const startsBlock = fc.constantFrom<{ startsBlock?: true }>({}, { startsBlock: true });
const annotations = fc.constantFrom<{ annotations?: { type: string }[] }>(
  {},
  {},
  { annotations: [{ type: 'char_location' }] },
  { annotations: [{ type: 'url_citation' }, { type: 'page_location' }] },
);
const proof = fc.constantFrom<{ signature?: string; extra?: { id: string } }>(
  {},
  { signature: 'sig' },
  { extra: { id: 'r' } },
);

const otherPart: fc.Arbitrary<AnswerPart> = fc.oneof(
  fc
    .tuple(shortText, startsBlock, annotations)
    .map(([text, starts, marks]): AnswerPart => ({ type: 'text-delta', text, ...starts, ...marks })),
  fc
    .tuple(shortText, startsBlock, proof)
    .map(([text, starts, proven]): AnswerPart => ({ type: 'reasoning-delta', text, ...starts, ...proven })),
  shortText.map((text): AnswerPart => ({ type: 'refusal-delta', text })),
  // With a signature, so that what follows is a block of its own.
  fc.constant<AnswerPart>({
    type: 'reasoning-delta',
    text: '',
    signature: 'sig',
    encrypted: 'xyz',
    extra: { id: 'r' },
  }),
  fc.constant<AnswerPart>({
    type: 'opaque-delta',
    dialect: 'anthropic',
    value: { type: 'container_upload', file_id: 'f' },
  }),
  fc.constant<AnswerPart>({ type: 'opaque-delta', dialect: 'openai', value: { type: 'audio' } }),
);

/** Any stream: up to four calls whose parts are mixed with each other and with other parts; calls start in order. */
const anyStream: fc.Arbitrary<AnswerPart[]> = fc
  .tuple(toolCall(0), toolCall(1), toolCall(2), toolCall(3), fc.array(otherPart, { maxLength: 8 }), fc.nat(4))
  .chain(([a, b, c, d, others, calls]) => {
    const queues = [...[a, b, c, d].slice(0, calls), others];
    const length = queues.reduce((sum, queue) => sum + queue.length, 0);
    return fc.array(fc.nat(), { minLength: length, maxLength: length }).map((choices) => mix(queues, choices));
  });

function mix(queues: readonly (readonly AnswerPart[])[], choices: readonly number[]): AnswerPart[] {
  const rests = queues.map((queue) => [...queue]);
  let startedCalls = 0;
  const content = choices.map((choice) => {
    // A call may start only after the one before it: vendors number calls in order of appearance.
    const ready = rests.filter((rest) => {
      const next = rest[0];
      return next !== undefined && (next.type !== 'tool-call-start' || next.index === startedCalls);
    });
    const part = ready[choice % ready.length]?.shift();
    assert.ok(part);
    if (part.type === 'tool-call-start') startedCalls += 1;
    return part;
  });
  return [start, ...content, end];
}

test('message stream: any stream keeps to the protocol and says what the collected answer says', () => {
  fc.assert(
    fc.property(anyStream, (parts) => {
      assert.deepEqual(accumulate(encodeAll(parts)), collected(parts));
    }),
    { numRuns: 500 },
  );
});

test('message stream: a stream that fails anywhere never has a message_stop', () => {
  fc.assert(
    fc.property(anyStream, fc.nat(), (parts, seed) => {
      const encoder = createMessageStreamEncoder('req_1');
      const sent = parts.slice(0, seed % parts.length).map((part) => encoder.encode(part));
      const events = parseEvents(sent.join('') + encoder.fail(new SluiceError('upstream_truncated')));
      assert.equal(events.at(-1).type, 'error');
      assert.ok(events.every((event) => event.type !== 'message_stop' && event.type !== 'message_delta'));
    }),
  );
});
