// Numbers that a double cannot hold keep their digits on every way through: from text to objects, from objects to text, as they are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectResponse } from '../../src/core/collect.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { PredictRequest } from '../../src/core/predict.ts';
import { parseMessagesRequest } from '../../src/edge/anthropic/parse-request.ts';
import { renderMessage } from '../../src/edge/anthropic/render-message.ts';
import { parseChatCall } from '../../src/edge/openai/parse-chat.ts';
import { renderChatCompletion } from '../../src/edge/openai/render-chat.ts';
import { parseJsonBody } from '../../src/edge/parse-json.ts';
import { predictFromWire as messageFromWire } from '../../src/providers/anthropic/from-wire.ts';
import { predictToWire as messagesToWire } from '../../src/providers/anthropic/to-wire.ts';
import { predictFromWire as chatFromWire } from '../../src/providers/openai-compatible/from-wire.ts';
import { predictToWire as chatToWire } from '../../src/providers/openai-compatible/to-wire.ts';
import { parseObject } from '../../src/providers/translation/wire-values.ts';
import { predictToWire as generateToWire } from '../../src/providers/vertex/to-wire.ts';
import { predictRequestFromWire, predictRequestToWire } from '../../src/rpc/codec/predict-request.ts';
import { quarterEstimator } from '../fixtures/quarter-estimator.ts';
import { feed } from './vendor-streams.ts';

const args = '{"id":12345678901234567890,"limit":1e400}';
const quoted = JSON.stringify(args);
const context = { target: 'p/m', model: 'm', requestId: 'r', nowMs: 0, estimator: quarterEstimator };

const body = (text: string): unknown => parseJsonBody(Buffer.from(text), 64);

const chatCall = (more: string = ''): PredictRequest =>
  parseChatCall(
    body(`{"model":"m","messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"id":"t","type":"function",
"function":{"name":"f","arguments":${quoted}}}]},{"role":"tool","tool_call_id":"t","content":${quoted}}]${more}}`),
  ).request;

const messagesCall = (): PredictRequest =>
  parseMessagesRequest(
    body(`{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"tool_use",
"id":"t","name":"f","input":${args}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"x"}]}]}`),
  ).request;

const toAnthropic = (request: PredictRequest): string =>
  JSON.stringify(messagesToWire(request, { model: 'claude-opus-4-6', stream: false }).body);
const toChat = (request: PredictRequest): string =>
  JSON.stringify(chatToWire(request, { model: 'm', stream: false, maxTokensField: 'max_tokens' }).body);
const toGemini = (request: PredictRequest): string =>
  JSON.stringify(generateToWire(request, 'gemini-3-pro-preview', 'vertex').body);

test('long numbers: the arguments of a call that is sent back keep them', () => {
  assert.ok(toAnthropic(chatCall()).includes(`"input":${args}`));
  assert.ok(toGemini(chatCall()).includes(`"args":${args}`));
  assert.ok(toGemini(chatCall()).includes(`"response":${args}`));
  assert.ok(toAnthropic(messagesCall()).includes(`"input":${args}`));
  assert.ok(toChat(messagesCall()).includes(`"arguments":${quoted}`));
});

test('long numbers: unknown fields and schemas keep them, over gRPC too, and a typed field refuses them', () => {
  const schema = '{"type":"object","properties":{"a":{"type":"integer","maximum":18446744073709551615}}}';
  const request = chatCall(
    `,"ours":{"id":9007199254740993},"tools":[{"type":"function","function":{"name":"f","parameters":${schema}}}]`,
  );
  const carried = predictRequestFromWire(predictRequestToWire(request));
  for (const asked of [request, carried]) {
    assert.ok(toChat(asked).includes('"ours":{"id":9007199254740993}'));
    assert.ok(toChat(asked).includes(`"parameters":${schema}`));
  }
  const { extra: _, ...foreign } = request;
  assert.ok(toGemini(foreign).includes('"maximum":18446744073709551615'));
  assert.ok(toAnthropic(foreign).includes('"maximum":18446744073709551615'));
  assert.throws(() => chatCall(',"seed":12345678901234567890'), { reason: 'invalid_request', param: 'seed' });
});

test('long numbers: the arguments of an answer keep them in every dialect', async () => {
  const message = `{"id":"msg_1","type":"message","role":"assistant","model":"m","stop_reason":"tool_use","usage":{},
"content":[{"type":"tool_use","id":"t","name":"f","input":${args}}]}`;
  const completion = `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"tool_calls",
"message":{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":${quoted}}}]}}]}`;
  const event = `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":${args}}}]},"finishReason":"STOP"}]}`;
  const { parts } = await feed('generate', [Buffer.from(`data: ${event}\n\n`)]);
  const answers = [
    messageFromWire(parseObject(message, 'the answer'), {
      ...context,
      request: messagesCall(),
      downgrades: [],
      answerTool: undefined,
    }),
    chatFromWire(parseObject(completion, 'the answer'), context),
    await collectResponse(listed(parts)),
  ];
  for (const answer of answers) {
    assert.ok(renderChatCompletion(answer).includes(`"arguments":${quoted}`));
    const shown: JsonObject = JSON.parse(JSON.stringify({ text: JSON.stringify(renderMessage(answer)) }));
    assert.ok(String(shown['text']).includes(`"input":${args}`));
  }
});

async function* listed<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  yield* items;
}
