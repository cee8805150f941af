// A chat completion request for a server of the same dialect: in through the edge, out through the provider, its meaning whole.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { parseChatCall } from '../../src/edge/openai/parse-chat.ts';
import { predictToWire } from '../../src/providers/openai-compatible/to-wire.ts';
import { evaluationDataMissing } from '../fixtures/upstream-calls.ts';
import { refusalOf } from './plan.ts';
import { readRecordings } from './recordings.ts';

function roundTrip(body: JsonObject): JsonObject {
  const { request, stream } = parseChatCall(structuredClone(body));
  const wire = predictToWire(request, { model: request.model, stream, maxTokensField: 'max_tokens' });
  assert.deepEqual(wire.downgrades, [], 'nothing is left out');
  return wire.body;
}

/** A body in one of its equivalent forms: no words for defaults, lists for lone texts, the long spelling of short ones. */
function canonical(body: JsonObject): JsonValue {
  // What the provider needs beside what was asked: figures at the end of a stream.
  const { stream, stream_options: _, n, max_completion_tokens: limit, tool_choice: choice, ...rest } = body;
  return withoutNulls({
    ...rest,
    ...(stream === true ? { stream } : {}),
    ...(typeof n === 'number' && n > 1 ? { n } : {}),
    ...(limit == null ? {} : { max_tokens: limit }),
    ...(choice == null ? {} : { tool_choice: choice === 'any' ? 'required' : choice }),
    messages: listOf(body['messages']).map(canonicalMessage),
    ...(Array.isArray(body['tools']) ? { tools: body['tools'].map(canonicalTool) } : {}),
  });
}

function canonicalMessage(message: JsonValue): JsonValue {
  if (!isJsonObject(message)) return message;
  const { content, tool_calls: calls, ...rest } = message;
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : listOf(content).map(canonicalPart);
  const said = parts.filter((part) => !isJsonObject(part) || part['text'] !== '');
  return { ...rest, content: said, ...(listOf(calls).length === 0 ? {} : { tool_calls: listOf(calls) }) };
}

function canonicalPart(part: JsonValue): JsonValue {
  if (!isJsonObject(part) || typeof part['image_url'] !== 'string') return part;
  return { ...part, image_url: { url: part['image_url'] } };
}

function canonicalTool(tool: JsonValue): JsonValue {
  return isJsonObject(tool) ? { type: 'function', ...tool } : tool;
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutNulls(inner)]));
}

test('chat round trip: recorded requests keep their meaning', { skip: evaluationDataMissing ?? false }, (t) => {
  let count = 0;
  for (const recording of readRecordings().recordings) {
    const { wire, request, label, model, status } = recording;
    const isWhole = request?.['messages'] !== undefined && status === 200;
    if (wire !== 'chat' || !isWhole || refusalOf(recording, { endpoint: 'chat', sameDialect: true }) !== undefined)
      continue;
    const body = { ...request, model } as JsonObject;
    assert.deepEqual(canonical(roundTrip(body)), canonical(body), label);
    count += 1;
  }
  t.diagnostic(`${count} recorded requests`);
  assert.ok(count >= 500, `only ${count} requests`);
});
