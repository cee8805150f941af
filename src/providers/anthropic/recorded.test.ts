// Recorded interactions with Anthropic, sent again through a real socket: what the vendor said is what comes out.

import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { answerWith, startUpstream, type Upstream } from '../../../test/fixtures/upstream.ts';
import {
  evaluationDataMissing,
  failureOfCall,
  modelCall,
  type WireRow,
  wireRows,
} from '../../../test/fixtures/upstream-calls.ts';
import { collectResponse } from '../../core/collect.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ContentPart } from '../../core/message.ts';
import type { PredictResponse } from '../../core/predict.ts';
import type { ModelProvider } from '../../ports/model.ts';
import { createAnthropicProvider } from './provider.ts';

const skip = evaluationDataMissing ?? false;
const request = chatRequest('m', { dialect: 'anthropic' });
let upstream: Upstream;
let provider: ModelProvider;

before(async () => {
  upstream = await startUpstream();
  const log = createRecordingLog();
  provider = createAnthropicProvider({
    name: 'p',
    estimator: quarterEstimator,
    baseUrl: upstream.baseUrl,
    clock: new FakeClock(),
    log,
  });
});

after(async () => {
  await provider.close();
  await upstream.close();
});

/** Rows of the Messages API, wherever it was served. */
function rows(): WireRow[] {
  return wireRows().filter((row) => {
    if (row.body === undefined) return false;
    const isMessages = /\/v1\/messages(?:\?|$)/.test(row.url ?? '');
    return (isMessages && row.host !== 'api.openai.com') || (row.format !== undefined && row.host === 'anthropic');
  });
}

const labelOf = (row: WireRow): string => `${row.repo} ${row.path} ${row.index}`;

/** The payloads of a stream, found with no care for rules: with or without SSE framing. */
function payloadsOf(body: string): JsonObject[] {
  const lines = body.split(/\r\n|\n|\r/).map((line) => line.replace(/^data: ?/, ''));
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as JsonObject);
}

function wireBody(row: WireRow): string {
  if (row.format === undefined) return row.body ?? '';
  return payloadsOf(row.body ?? '')
    .map((payload) => `event: ${String(payload['type'])}\ndata: ${JSON.stringify(payload)}\n\n`)
    .join('');
}

/** The message that a stream amounts to, put together as Anthropic's clients do. */
function messageOfStream(body: string): JsonObject {
  const message: JsonObject = {};
  const blocks: JsonObject[] = [];
  for (const payload of payloadsOf(body)) {
    const block = blocks[Number(payload['index'])];
    const delta = isJsonObject(payload['delta']) ? payload['delta'] : {};
    if (payload['type'] === 'message_stop') break; // One set has two answers in one file.
    if (payload['type'] === 'message_start') Object.assign(message, payload['message']);
    if (payload['type'] === 'content_block_start') blocks.push({ ...(payload['content_block'] as JsonObject) });
    if (payload['type'] === 'content_block_delta' && block !== undefined) applyDelta(block, delta);
    if (payload['type'] === 'message_delta') {
      Object.assign(message, delta, {
        usage: { ...(message['usage'] as JsonObject), ...(payload['usage'] as JsonObject) },
      });
    }
  }
  for (const block of blocks) {
    if (typeof block['json'] === 'string') block['input'] = JSON.parse(block['json'] === '' ? '{}' : block['json']);
    delete block['json'];
  }
  return { ...message, content: blocks };
}

function applyDelta(block: JsonObject, delta: JsonObject): void {
  const add = (field: string, text: JsonValue | undefined): void => {
    block[field] = `${(block[field] as string | null | undefined) ?? ''}${String(text)}`;
  };
  if (delta['type'] === 'text_delta') add('text', delta['text']);
  if (delta['type'] === 'thinking_delta') add('thinking', delta['thinking']);
  if (delta['type'] === 'compaction_delta') add('content', delta['content']);
  if (delta['type'] === 'signature_delta') block['signature'] = delta['signature'] ?? '';
  if (delta['type'] === 'input_json_delta') add('json', delta['partial_json']);
  if (delta['type'] === 'citations_delta') {
    block['citations'] = [...((block['citations'] as JsonValue[] | undefined) ?? []), delta['citation'] ?? null];
  }
}

/** A part back as a block; what only our parser could have lost must be told apart from what never was there. */
function blockOf(part: ContentPart): JsonObject {
  const { extra = {} } = part as { extra?: JsonObject };
  switch (part.type) {
    case 'text':
      return {
        ...extra,
        type: 'text',
        text: part.text,
        ...(part.annotations ? { citations: [...part.annotations] } : {}),
      };
    case 'tool-call':
      return { ...extra, type: 'tool_use', id: part.id, name: part.name, input: JSON.parse(part.arguments) };
    case 'reasoning':
      if (part.encrypted !== undefined) return { ...extra, type: 'redacted_thinking', data: part.encrypted };
      return { ...extra, type: 'thinking', thinking: part.text, signature: part.signature ?? '' };
    case 'opaque':
      return part.value;
    default:
      throw new Error(`a part of type ${part.type}`);
  }
}

/** A block without what says nothing: no citations, the direct caller of a tool. */
function essence(block: JsonObject): JsonObject {
  const { citations, caller, ...rest } = block;
  const isDirect = block['type'] === 'tool_use' && isJsonObject(caller) && caller['type'] === 'direct';
  return {
    ...rest,
    ...(Array.isArray(citations) && citations.length > 0 ? { citations } : {}),
    ...(caller === undefined || isDirect ? {} : { caller }),
  };
}

function assertSame(response: PredictResponse, message: JsonObject, label: string): void {
  const blocks = (message['content'] as JsonObject[]).filter(
    (block) => block['type'] !== 'text' || block['text'] !== '',
  );
  assert.deepEqual(response.content.map(blockOf).map(essence), blocks.map(essence), label);
  assert.equal(response.rawFinishReason ?? null, message['stop_reason'], label);
  assert.equal(response.stopSequence ?? null, message['stop_sequence'] ?? null, label);
  const usage = message['usage'] as Record<string, number | null>;
  const { inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteInputTokens = 0, source } = response.usage;
  assert.equal(source, 'provider', label);
  assert.equal(inputTokens - cachedInputTokens - cacheWriteInputTokens, usage['input_tokens'], label);
  assert.equal(cachedInputTokens, usage['cache_read_input_tokens'] ?? 0, label);
  assert.equal(cacheWriteInputTokens, usage['cache_creation_input_tokens'] ?? 0, label);
  assert.equal(outputTokens, usage['output_tokens'], label);
  assert.equal(response.id, message['id'], label);
  assert.equal(response.model, message['model'], label);
  for (const field of ['container', 'context_management', 'stop_details']) {
    const known = message[field];
    if (isJsonObject(known)) assert.deepEqual(response.extra?.[field], known, label);
  }
}

test('recorded streams: content, usage and stop reason are the vendor’s', { skip, timeout: 60_000 }, async (t) => {
  const streams = rows().filter((row) => row.stream === true && (row.status ?? 200) === 200);
  for (const row of streams) {
    const body = wireBody(row);
    const message = messageOfStream(body);
    for (const chunkBytes of [997, 100_000]) {
      upstream.script = answerWith({ body, headers: { 'content-type': 'text/event-stream' }, chunkBytes });
      const response = await collectResponse(provider.predictStream(request, modelCall('m')));
      assertSame(response, message, labelOf(row));
    }
  }
  report(t, streams.length, 'streams', 30);
});

test('recorded answers: content, usage and stop reason are the vendor’s', { skip, timeout: 60_000 }, async (t) => {
  const answers = rows().filter((row) => row.stream !== true && (row.status ?? 200) === 200);
  for (const row of answers) {
    upstream.script = answerWith({ body: row.body ?? '', headers: { 'content-type': 'application/json' } });
    const message = JSON.parse(row.body ?? '') as JsonObject;
    assertSame(await provider.predict(request, modelCall('m')), message, labelOf(row));
    // A server that does not stream although it was asked to still gives the same answer.
    assertSame(await collectResponse(provider.predictStream(request, modelCall('m'))), message, labelOf(row));
  }
  report(t, answers.length, 'answers', 150);
});

test('recorded failures: keep the vendor’s status and type and show no key', { skip }, async (t) => {
  const failures = wireRows().filter((row) => /\/v1\/messages/.test(row.url ?? '') && (row.status ?? 200) >= 400);
  for (const row of failures) {
    upstream.script = answerWith({ status: row.status ?? 500, body: row.body ?? '' });
    const error = await failureOfCall(provider.predict(request, modelCall('m')));
    assert.equal(error.upstream?.status, row.status, labelOf(row));
    assert.match(error.upstream?.type ?? '', /_error$/, labelOf(row));
    assert.equal(error.reason, row.status === 404 ? 'model_not_found' : 'upstream_unauthenticated', labelOf(row));
    assert.doesNotMatch(error.message, /x-api-key|\*\*\*|sk-/, labelOf(row));
  }
  report(t, failures.length, 'failures', 3);
});

test('recorded counts of tokens: are the vendor’s', { skip }, async (t) => {
  const counts = wireRows().filter((row) => /count_tokens/.test(row.url ?? '') && row.host === 'api.anthropic.com');
  const answered = counts.filter((row) => row.status === 200);
  for (const row of answered) {
    upstream.script = answerWith({ body: row.body ?? '' });
    const count = await provider.countTokens?.(request, modelCall('m'));
    assert.equal(count?.inputTokens, (JSON.parse(row.body ?? '') as JsonObject)['input_tokens'], labelOf(row));
  }
  report(t, answered.length, 'counts', 2);
});

function report(t: TestContext, count: number, what: string, least: number): void {
  t.diagnostic(`${count} recorded ${what}`);
  assert.ok(count >= least, `only ${count} ${what}`);
}
