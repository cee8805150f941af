// What any vendor answers, sent back with the next turn as the users of official clients do (`messages.push(choice.message)`,
// `input.push(...response.output)`, `content: message.content`), is accepted by a target of every vendor.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectResponse, partsOf } from '../../src/core/collect.ts';
import { SluiceError } from '../../src/core/error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { textOf } from '../../src/core/message.ts';
import type { AnswerPart, PredictPart, PredictRequest, PredictResponse } from '../../src/core/predict.ts';
import { parseMessagesRequest } from '../../src/edge/anthropic/parse-request.ts';
import { renderMessage } from '../../src/edge/anthropic/render-message.ts';
import { parseChatCall } from '../../src/edge/openai/parse-chat.ts';
import { renderChatCompletion } from '../../src/edge/openai/render-chat.ts';
import { OutputItems } from '../../src/edge/openai/responses/output-items.ts';
import { parseResponseCall, toPredictRequest } from '../../src/edge/openai/responses/parse-request.ts';
import { predictToWire as messagesToWire } from '../../src/providers/anthropic/to-wire.ts';
import { toGenerateRequest } from '../../src/providers/local/request.ts';
import { responseToWire } from '../../src/providers/openai/responses/to-wire.ts';
import { predictToWire as chatToWire } from '../../src/providers/openai-compatible/to-wire.ts';
import { predictToWire as generateToWire } from '../../src/providers/vertex/to-wire.ts';
import { createFakeIds } from '../fixtures/fake-ids.ts';
import { evaluationDataMissing } from '../fixtures/upstream-calls.ts';
import { feed, ownStreams, recordedStreams, type VendorStream } from './vendor-streams.ts';

const question = 'What is it like?';
const goOn = 'And then?';

/** A caller's next request: what was asked, the answer as it came, a result for each of its calls, and another question. */
interface Caller {
  readonly dialect: 'openai' | 'openai-responses' | 'anthropic';
  next(response: PredictResponse): PredictRequest;
}

const callers: readonly Caller[] = [
  {
    dialect: 'openai',
    next(response) {
      const { choices } = JSON.parse(renderChatCompletion(response)) as { choices: { message: JsonObject }[] };
      const message = choices[0]?.message ?? {};
      const results = listOf(message['tool_calls']).map(({ id }) => ({ role: 'tool', tool_call_id: id, content: '1' }));
      const user = (content: string): JsonObject => ({ role: 'user', content });
      return parseChatCall({ model: 'm', messages: [user(question), message, ...results, user(goOn)] }).request;
    },
  },
  {
    dialect: 'openai-responses',
    next(response) {
      // The fixture of every item has a result whose call it lacks, which no vendor would take.
      const output = outputOf(response).filter(({ call_id }) => call_id !== 'call_0');
      const user = (content: string): JsonObject => ({ role: 'user', content });
      const results = output.flatMap(({ type, call_id }) =>
        type === 'function_call' || type === 'custom_tool_call'
          ? [{ type: `${type}_output`, call_id, output: '1' }]
          : [],
      );
      const asked = parseResponseCall({ model: 'm', input: [user(question), ...output, ...results, user(goOn)] });
      return toPredictRequest(asked, asked.input, 0);
    },
  },
  {
    dialect: 'anthropic',
    next(response) {
      const content = JSON.parse(JSON.stringify(renderMessage(response).content)) as JsonObject[];
      const results = content.flatMap(({ type, id }) =>
        type === 'tool_use' ? [{ type: 'tool_result', tool_use_id: id, content: '1' }] : [],
      );
      const messages = [
        { role: 'user', content: question },
        ...(content.length === 0 ? [] : [{ role: 'assistant', content }]),
        { role: 'user', content: [...results, { type: 'text', text: goOn }] },
      ];
      return parseMessagesRequest({ model: 'm', max_tokens: 9, messages }).request;
    },
  },
];

function outputOf(response: PredictResponse): JsonObject[] {
  const output = new OutputItems(createFakeIds(), () => {});
  for (const part of partsWithoutEnds(response)) output.add(part);
  output.finish('completed');
  return JSON.parse(JSON.stringify(output.items)) as JsonObject[];
}

function* partsWithoutEnds(response: PredictResponse): Generator<Exclude<AnswerPart, { type: 'start' | 'end' }>> {
  for (const part of partsOf(response)) if (part.type !== 'start' && part.type !== 'end') yield part;
}

function listOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

const chat = { model: 'm', stream: false, maxTokensField: 'max_tokens' } as const;
const local = { target: 'local/l', quotes: true, givesLogprobs: false };

/** Every vendor's translation, and models of a vendor that differ in what may be sent. */
const targets: Readonly<Record<string, (request: PredictRequest) => unknown>> = {
  'openai-compatible': (request) => chatToWire(request, chat).body,
  'openai over chat completions': (request) => chatToWire(request, { ...chat, recipient: 'openai' }).body,
  'openai over responses': (request) => responseToWire(request, 'gpt-5.2', false).body,
  'anthropic, current': (request) => messagesToWire(request, { model: 'claude-opus-4-6', stream: false }).body,
  'anthropic, older': (request) => messagesToWire(request, { model: 'claude-3-haiku', stream: false }).body,
  'vertex, Gemini 3': (request) => generateToWire(request, 'gemini-3-pro-preview', 'vertex').body,
  'gemini api, Gemini 2.5': (request) => generateToWire(request, 'gemini-2.5-flash', 'gemini').body,
  local: (request) => toGenerateRequest(request, local, 1).generate,
};

/** What fails, by answer, caller and target. */
async function refusalsOf(streams: Iterable<VendorStream>): Promise<{ refusals: string[]; count: number }> {
  const refusals: string[] = [];
  let count = 0;
  for (const { label, form, body } of streams) {
    for (const { dialect, next } of callers) {
      const { parts, error } = await feed(form, [body], { dialect });
      if (error !== undefined) continue;
      const response = await collectResponse(iterate(parts));
      const request = next(response);
      for (const [target, translate] of Object.entries(targets)) {
        const refusal = refusalOf(() => assertSays(translate(request), response));
        if (refusal !== undefined) refusals.push(`${label}, a caller of ${dialect}, ${target}: ${refusal}`);
        count += 1;
      }
    }
  }
  return { refusals, count };
}

async function* iterate(parts: readonly PredictPart[]): AsyncGenerator<PredictPart> {
  yield* parts;
}

function refusalOf(translate: () => void): string | undefined {
  try {
    translate();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof SluiceError) return `${thrown.reason} ${thrown.param} ${thrown.message}`;
    throw thrown;
  }
}

/** Both questions and the words of the answer reach the model, of a turn as many vendors as one. */
function assertSays(body: unknown, response: PredictResponse): void {
  const said = JSON.stringify(body);
  for (const words of [question, goOn]) assert.ok(said.includes(words), words);
  const first = response.content.find((part) => part.type === 'text' && part.text !== '');
  if (first?.type === 'text') assert.ok(said.includes(JSON.stringify(first.text).slice(1, -1)), textOf([first]));
}

test('echo: an answer of any vendor, sent back whole, is accepted by a target of any vendor', async () => {
  const { refusals, count } = await refusalsOf(ownStreams());
  assert.deepEqual(refusals, []);
  assert.ok(count >= 500, `only ${count} turns`);
});

test('echo: fields of a message that came in pieces go back as they were shown', () => {
  const opaque = (value: JsonObject) => ({ type: 'opaque', dialect: 'openai', value }) as const;
  const fields = (at: number): JsonObject => ({
    seal: `${at}`,
    details: [at],
    scores: { last: at, all: [at] },
    step: at,
  });
  const response: PredictResponse = {
    id: 'a',
    model: 'm',
    target: 'p/m',
    createdAtMs: 0,
    attempts: 1,
    finishReason: 'stop',
    usage: { inputTokens: 1, outputTokens: 1, source: 'engine' },
    content: [{ type: 'text', text: 'Hi.' }, opaque(fields(1)), opaque(fields(2))],
  };
  const { choices } = JSON.parse(renderChatCompletion(response)) as { choices: { message: JsonObject }[] };
  const shown = choices[0]?.message;
  const messages = [{ role: 'assistant', content: response.content }] as const;
  const sent = listOf(chatToWire({ model: 'm', messages, sampling: {}, dialect: 'openai' }, chat).body['messages']);
  assert.deepEqual({ refusal: null, ...sent[0] }, shown);
  const scores = { last: 2, all: [1, 2] };
  assert.deepEqual(shown, {
    role: 'assistant',
    content: 'Hi.',
    refusal: null,
    seal: '12',
    details: [1, 2],
    scores,
    step: 2,
  });
});

test('echo: so are recorded answers', { skip: evaluationDataMissing ?? false }, async (t) => {
  const { refusals, count } = await refusalsOf(recordedStreams());
  t.diagnostic(`${count} turns`);
  assert.deepEqual(refusals.slice(0, 20), []);
  assert.ok(count >= 5000, `only ${count} turns`);
});
