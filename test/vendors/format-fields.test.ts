// Unknown fields of the demanded form of an answer reach targets of the caller's dialect under their own names; everywhere else
// they are refused by their place in the caller's body.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { PredictRequest } from '../../src/core/predict.ts';
import { parseChatCall } from '../../src/edge/openai/parse-chat.ts';
import { parseResponseCall, toPredictRequest } from '../../src/edge/openai/responses/parse-request.ts';
import { predictToWire as messagesToWire } from '../../src/providers/anthropic/to-wire.ts';
import { responseToWire } from '../../src/providers/openai/responses/to-wire.ts';
import { predictToWire as chatToWire } from '../../src/providers/openai-compatible/to-wire.ts';
import { predictToWire as generateToWire } from '../../src/providers/vertex/to-wire.ts';

const targets = {
  chat: (request: PredictRequest) =>
    chatToWire(request, { model: 'm', stream: false, maxTokensField: 'max_tokens' }).body['response_format'],
  responses: (request: PredictRequest) => (responseToWire(request, 'm', false).body['text'] as JsonObject)['format'],
  anthropic: (request: PredictRequest) => messagesToWire(request, { model: 'claude-opus-4-6', stream: false }),
  gemini: (request: PredictRequest) => generateToWire(request, 'gemini-3-pro-preview', 'vertex'),
} as const;

function fromChat(format: JsonObject): PredictRequest {
  return parseChatCall({ model: 'm', messages: [{ role: 'user', content: 'q' }], response_format: format }).request;
}

function fromResponses(format: JsonObject): PredictRequest {
  const asked = parseResponseCall({ model: 'm', input: 'q', text: { format } });
  return toPredictRequest(asked, asked.input, 0);
}

const schema = { type: 'object', properties: {} };

test('format fields: those of chat completions pass to chat completions and are refused elsewhere', () => {
  const rows: [JsonObject, string][] = [
    [
      { type: 'json_schema', json_schema: { name: 'n', schema, strict: true, colour: 'red' } },
      'response_format.json_schema.colour',
    ],
    [{ type: 'json_schema', json_schema: { name: 'n', schema }, colour: 'red' }, 'response_format.colour'],
    [{ type: 'json_object', schema }, 'response_format.schema'],
    [{ type: 'text', colour: 'red' }, 'response_format.colour'],
  ];
  for (const [format, param] of rows) {
    assert.deepEqual(targets.chat(fromChat(format)), format);
    for (const foreign of [targets.responses, targets.anthropic, targets.gemini])
      assert.throws(() => foreign(fromChat(format)), { reason: 'unsupported_capability', param });
  }
});

test('format fields: those of the Responses API pass to the Responses API and are refused elsewhere', () => {
  for (const format of [
    { type: 'json_schema', name: 'n', schema, strict: true, colour: 'red' },
    { type: 'json_object', colour: 'red' },
    { type: 'text', colour: 'red' },
  ]) {
    assert.deepEqual(targets.responses(fromResponses(format)), format);
    for (const foreign of [targets.chat, targets.anthropic, targets.gemini])
      assert.throws(() => foreign(fromResponses(format)), {
        reason: 'unsupported_capability',
        param: 'text.format.colour',
      });
  }
});

test('format fields: null asks for nothing', () => {
  const format = { type: 'json_schema', json_schema: { name: 'n', schema, colour: null } };
  assert.doesNotThrow(() => targets.gemini(fromChat(format)));
  assert.doesNotThrow(() => targets.anthropic(fromChat(format)));
});
