// Recorded answers of Anthropic, given to a caller of each dialect and sent back with the next turn: the vendor gets the blocks that it
// gave, in their order.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { partsOf } from '../../src/core/collect.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import type { Message } from '../../src/core/message.ts';
import type { PredictRequest, PredictResponse } from '../../src/core/predict.ts';
import { parseMessagesRequest } from '../../src/edge/anthropic/parse-request.ts';
import { renderMessage } from '../../src/edge/anthropic/render-message.ts';
import { parseChatCall } from '../../src/edge/openai/parse-chat.ts';
import { renderChatCompletion } from '../../src/edge/openai/render-chat.ts';
import { OutputItems } from '../../src/edge/openai/responses/output-items.ts';
import { itemsToMessages } from '../../src/edge/openai/responses/parse-items.ts';
import { predictFromWire } from '../../src/providers/anthropic/from-wire.ts';
import { predictToWire } from '../../src/providers/anthropic/to-wire.ts';
import { createFakeIds } from '../fixtures/fake-ids.ts';
import { quarterEstimator } from '../fixtures/quarter-estimator.ts';
import { evaluationDataMissing } from '../fixtures/upstream-calls.ts';
import { readRecordings } from './recordings.ts';

const model = 'claude-sonnet-4-5';
const question = { role: 'user', content: 'q' };
const context = {
  target: 'p/m',
  model,
  requestId: 'req_1',
  nowMs: 0,
  estimator: quarterEstimator,
  request: { model, messages: [], sampling: {}, dialect: 'anthropic' },
  downgrades: [],
  answerTool: undefined,
} as const;

/** The next request of a caller that sends the answer back. */
const goOn: Readonly<Record<string, (answer: PredictResponse) => PredictRequest>> = {
  messages: (answer) => {
    const { content } = asJson(renderMessage(answer) as unknown as JsonObject);
    const messages = [question, { role: 'assistant', content }, question] as JsonValue;
    return parseMessagesRequest({ model, max_tokens: 9, messages }).request;
  },
  responses: (answer) => {
    const output = new OutputItems(createFakeIds(), () => {});
    for (const part of partsOf(answer)) if (part.type !== 'start' && part.type !== 'end') output.add(part);
    output.finish('completed');
    const items = output.items.map(asJson);
    const user: Message = { role: 'user', content: [{ type: 'text', text: 'q' }] };
    const messages = [user, ...itemsToMessages(items, (index) => `input[${index}]`), user];
    return { model, messages, sampling: {}, dialect: 'openai-responses' };
  },
  chat: (answer) => {
    const { choices } = JSON.parse(renderChatCompletion(answer)) as { choices: { message: JsonObject }[] };
    return parseChatCall({ model, messages: [question, choices[0]?.message, question] }).request;
  },
};

function asJson(value: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

/** The blocks of the answer's turn. Those of the model in chat completions: without thoughts, whose signatures are a matter of their own. */
function turnOf(request: PredictRequest): JsonValue[] {
  const { messages } = predictToWire(request, { model, stream: false }).body;
  const turns = (messages as JsonObject[]).filter(({ role }) => role === 'assistant');
  assert.ok(turns.length <= 1, 'one turn');
  const content = turns[0]?.['content'] ?? [];
  return canonical(typeof content === 'string' ? [{ type: 'text', text: content }] : content) as JsonValue[];
}

/** Without what means nothing: nulls, empty lists of citations, the direct caller, empty texts. */
function canonical(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(canonical).filter((entry) => !isJsonObject(entry) || entry['text'] !== '');
  if (!isJsonObject(value)) return value;
  const fields = Object.entries(value).filter(([name, inner]) => {
    const isEmpty = name === 'citations' && Array.isArray(inner) && inner.length === 0;
    return inner !== null && !isEmpty && !(name === 'caller' && isJsonObject(inner) && inner['type'] === 'direct');
  });
  return Object.fromEntries(fields.map(([name, inner]) => [name, canonical(inner)]));
}

/** What chat completions keep of a turn: texts in a row are one, without citations; calls come last; no thoughts. */
function asChat(blocks: readonly JsonValue[]): JsonValue[] {
  const said: JsonValue[] = [];
  const calls: JsonValue[] = [];
  for (const block of blocks) {
    const { type, text } = block as JsonObject;
    const last = said.at(-1);
    if (type === 'thinking' || type === 'redacted_thinking') continue;
    if (type === 'tool_use') calls.push(block);
    else if (type !== 'text') said.push(block);
    else if (isJsonObject(last) && last['type'] === 'text') said[said.length - 1] = textBlock(`${last['text']}${text}`);
    else said.push(textBlock(String(text)));
  }
  return [...said, ...calls];
}

function textBlock(text: string): JsonObject {
  return { type: 'text', text };
}

describe('continued turns', { skip: evaluationDataMissing ?? false }, () => {
  for (const [dialect, next] of Object.entries(goOn)) {
    test(`continued turns: Anthropic’s blocks come back to it through ${dialect}`, (t) => {
      let answers = 0;
      let serverTools = 0;
      for (const { wire, status, streamed, body, label } of readRecordings().recordings) {
        if (wire !== 'messages' || status !== 200 || streamed) continue;
        const answer = JSON.parse(body) as JsonObject;
        if (!Array.isArray(answer['content'])) continue;
        const given = canonical(answer['content']) as JsonValue[];
        const turn = turnOf(next(predictFromWire(answer, context)));
        if (dialect === 'chat') assert.deepEqual(asChat(turn), asChat(given), label);
        else assert.deepEqual(turn, given, label);
        answers += 1;
        if (JSON.stringify(given).includes('server_tool_use')) serverTools += 1;
      }
      t.diagnostic(`${answers} answers, ${serverTools} of them with server tools`);
      assert.ok(answers > 200 && serverTools > 10);
    });
  }
});
