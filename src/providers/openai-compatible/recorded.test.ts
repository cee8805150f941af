// Recorded interactions with real vendors, sent again through a real socket: what the vendor said is what comes out. The
// expected side is read by a naive reader that knows no rules but where the fields are (test/fixtures/naive-chat.ts).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { dig, type NaiveAnswer, naiveChat, naiveChatStream } from '../../../test/fixtures/naive-chat.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { answerWith, startUpstream, type Upstream } from '../../../test/fixtures/upstream.ts';
import {
  evaluationDataMissing,
  failureOfCall,
  modelCall,
  readParts,
  type WireRow,
  wireRows,
} from '../../../test/fixtures/upstream-calls.ts';
import { collectResponse } from '../../core/collect.ts';
import { type ContentPart, textOf } from '../../core/message.ts';
import type { PredictRequest, PredictResponse } from '../../core/predict.ts';
import type { ModelProvider } from '../../ports/model.ts';
import { createOpenAiCompatibleProvider } from './provider.ts';

const skip = evaluationDataMissing ?? false;
let upstream: Upstream;
let provider: ModelProvider;

before(async () => {
  upstream = await startUpstream();
  provider = createOpenAiCompatibleProvider({
    name: 'p',
    baseUrl: upstream.baseUrl,
    clock: new FakeClock(),
    log: createRecordingLog(),
    estimator: quarterEstimator,
  });
});

after(async () => {
  await provider.close();
  await upstream.close();
});

const apis: ReadonlySet<string | undefined> = new Set([
  'chat.completions',
  'chat',
  'openai-compatible',
  'completions',
  'completion',
  'default',
]);
/** Vendors within `default` rows whose wire is another one. */
const otherWires: ReadonlySet<string | undefined> = new Set([
  'google',
  'google-vertex',
  'anthropic',
  'amazon-bedrock',
  'cohere',
]);

function rows(isStream: boolean): WireRow[] {
  return wireRows().filter((row) => {
    if (row.body === undefined || !apis.has(row.api) || otherWires.has(row.host)) return false;
    return (row.stream === true) === isStream && (isStream ? isChatStream(row) : isChatAnswer(row));
  });
}

/** Sets without requests label loosely: the body tells. */
function isChatStream(row: WireRow): boolean {
  const body = wireBody(row);
  if (row.format !== undefined && body.includes('"message":{')) return false; // Labelled wrongly.
  return body.includes('"choices"') || (row.api === 'chat.completions' && (row.status ?? 200) === 200);
}

function isChatAnswer(row: WireRow): boolean {
  if ((row.status ?? 200) >= 400) return row.url !== undefined;
  return row.body?.includes('"choices"') === true;
}

/** The body as it was on the wire: some sets keep one JSON text a line, or a list of chunks, without framing. */
function wireBody(row: WireRow): string {
  const body = row.body ?? '';
  if (row.format === undefined || row.stream !== true || body.startsWith('data:')) return body;
  const isOneJson = /^\s*(?:\[|\{\n)/.test(body);
  const list = isOneJson ? [JSON.parse(body) as unknown].flat() : undefined;
  const lines = list?.map((chunk) => JSON.stringify(chunk)) ?? body.split('\n').filter((line) => line.trim() !== '');
  return `${lines.map((line) => `data: ${line}\n\n`).join('')}data: [DONE]\n\n`;
}

const labelOf = (row: WireRow): string => `${row.repo} ${row.path} ${row.index}`;

/** The request that a row's answer was for, as far as the provider acts on it. */
function requestOf(row: WireRow): PredictRequest {
  const isRaw = row.api === 'completions' || row.api === 'completion';
  return isRaw ? { ...chatRequest('m'), messages: [], prompt: 'p' } : chatRequest('m');
}

/** Calls of custom tools are opaque parts in the form of a whole answer. */
function callsOf(content: readonly ContentPart[]): NaiveAnswer['calls'] {
  return content.flatMap((part) => {
    if (part.type === 'tool-call') return [{ name: part.name, arguments: part.arguments }];
    if (part.type !== 'opaque') return [];
    const calls = dig(part.value, 'tool_calls');
    if (!Array.isArray(calls)) return [];
    return calls
      .filter((call) => dig(call, 'custom') !== undefined)
      .map((call) => ({ name: String(dig(call, 'custom', 'name')), arguments: String(dig(call, 'custom', 'input')) }));
  });
}

function compare(response: PredictResponse, expected: NaiveAnswer, label: string): void {
  const { content, usage } = response;
  assert.equal(textOf(content), expected.text, `${label}: text`);
  const reasoning = content.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');
  assert.equal(reasoning, expected.reasoning, `${label}: reasoning`);
  assert.deepEqual(callsOf(content), expected.calls, `${label}: tool calls`);
  assert.equal(response.rawFinishReason, expected.finishReason, `${label}: finish reason`);
  if (expected.usage === undefined) assert.equal(usage.source, 'estimated', `${label}: usage`);
  else {
    const { input, output, total, reasoning, sound } = expected.usage;
    // Mistral counts sound beside the prompt, and bills it.
    const isSoundBeside = sound > 0 && total === input + output + sound;
    assert.equal(usage.inputTokens, isSoundBeside ? input + sound : input, `${label}: input tokens`);
    // xAI counts reasoning beside the completion and not within it: its total says so, and is what it bills.
    const isBeside = reasoning > 0 && total === input + output + reasoning;
    assert.equal(usage.outputTokens, isBeside ? output + reasoning : output, `${label}: output tokens`);
    assert.equal(usage.source, 'provider', label);
  }
}

test('recorded streams: text, calls, usage and endings are the vendor’s', { skip, timeout: 120_000 }, async (t) => {
  const counts = new Map<string, number>();
  for (const row of rows(true)) {
    const body = wireBody(row);
    const label = labelOf(row);
    upstream.script = answerWith({ body, headers: { 'content-type': 'text/event-stream' }, chunkBytes: 4000 });
    const expected = naiveChatStream(body);
    // OpenRouter has left the finish reason out once, but not the usage and `[DONE]`.
    const isWhole = expected.finishReason !== undefined || (expected.usage !== undefined && body.includes('[DONE]'));
    if (expected.hasError || !isWhole) {
      const { error } = await readParts(provider.predictStream(requestOf(row), modelCall('m')));
      assert.ok(error !== undefined, `${label}: no failure`);
      count(counts, expected.hasError ? 'failed' : 'cut');
      continue;
    }
    compare(await collectResponse(provider.predictStream(requestOf(row), modelCall('m'))), expected, label);
    count(counts, row.host ?? '?');
  }
  const total = report(t, counts);
  assert.ok(total >= 130, `only ${total} streams`);
});

test('recorded answers: content, calls, usage and endings are the vendor’s', { skip, timeout: 120_000 }, async (t) => {
  const counts = new Map<string, number>();
  for (const row of rows(false).filter((candidate) => (candidate.status ?? 200) === 200)) {
    for (const body of bodiesOf(row)) {
      const label = labelOf(row);
      upstream.script = answerWith({ body, headers: { 'content-type': 'application/json' } });
      const expected = naiveChat(JSON.parse(body));
      const response = await provider.predict(requestOf(row), modelCall('m'));
      compare(response, expected, label);
      // A server that does not stream although it was asked to still gives the same answer.
      compare(await collectResponse(provider.predictStream(requestOf(row), modelCall('m'))), expected, label);
      count(counts, row.host ?? '?');
    }
  }
  const total = report(t, counts);
  assert.ok(total >= 500, `only ${total} answers`);
});

/** A set of snapshots keeps several answers in one row. */
function bodiesOf(row: WireRow): string[] {
  const parsed: unknown = JSON.parse(row.body ?? '');
  const all = Array.isArray(parsed) ? parsed.flat() : [parsed];
  const answers = all.filter(
    (one) => dig(one, 'choices', 0, 'message') !== undefined || dig(one, 'choices', 0, 'text') !== undefined,
  );
  return answers.map((one) => JSON.stringify(one));
}

test('recorded failures: keep the vendor’s status and show no key', { skip }, async (t) => {
  const counts = new Map<string, number>();
  for (const row of rows(false).filter((candidate) => (candidate.status ?? 200) >= 400)) {
    upstream.script = answerWith({ status: row.status ?? 500, body: row.body ?? '' });
    const error = await failureOfCall(provider.predict(requestOf(row), modelCall('m')));
    assert.equal(error.upstream?.status, row.status, labelOf(row));
    assert.ok(
      expectedReasons(row.status ?? 0).includes(error.reason),
      `${labelOf(row)}: ${row.status} ${error.reason}`,
    );
    assert.doesNotMatch(error.message, /\*\*\*|sk-|org-/, labelOf(row));
    count(counts, `${row.status} ${error.reason}`);
  }
  const total = report(t, counts);
  assert.ok(total >= 15, `only ${total} failures`);
});

function expectedReasons(status: number): readonly string[] {
  if (status === 401 || status === 402) return ['upstream_unauthenticated'];
  if (status === 403) return ['upstream_unauthenticated', 'content_filtered'];
  if (status === 404) return ['model_not_found', 'upstream_rejected'];
  if (status === 429) return ['upstream_rate_limited', 'upstream_unauthenticated'];
  if (status >= 500) return ['upstream_unavailable', 'unsupported_capability'];
  return ['upstream_rejected', 'model_not_found', 'context_length_exceeded', 'content_filtered'];
}

test('recorded embeddings: every vector and the usage are the vendor’s', { skip, timeout: 60_000 }, async (t) => {
  const counts = new Map<string, number>();
  const isOurs = (row: WireRow): boolean =>
    row.api === 'embeddings' && row.url?.includes('/embeddings') === true && !/batchEmbed|cohere/.test(row.url);
  for (const row of wireRows().filter(isOurs)) {
    const label = labelOf(row);
    const status = row.status ?? 200;
    upstream.script = answerWith({ status, body: row.body ?? '', headers: { 'content-type': 'application/json' } });
    if (status >= 400) {
      const error = await failureOfCall(provider.embed({ model: 'm', input: ['t'] }, modelCall('m')));
      assert.equal(error.upstream?.status, status, label);
      count(counts, `${status} ${error.reason}`);
      continue;
    }
    const body: unknown = JSON.parse(row.body ?? '');
    const data = dig(body, 'data');
    if (!Array.isArray(data)) continue;
    const input = data.map((_, index) => `text ${index}`);
    const embedding = provider.embed({ model: 'm', input }, modelCall('m'));
    if (!data.every((item) => floatsOf(dig(item, 'embedding')).every(Number.isFinite))) {
      // Perplexity's 8-bit numbers: no error of theirs, but no vector that could be handed on either.
      assert.equal((await failureOfCall(embedding)).reason, 'upstream_malformed', label);
      count(counts, 'not floats');
      continue;
    }
    const response = await embedding;
    assert.equal(response.vectors.length, data.length, label);
    data.forEach((item, position) => {
      const index = dig(item, 'index') ?? position;
      assert.deepEqual([...(response.vectors[Number(index)] ?? [])], floatsOf(dig(item, 'embedding')), label);
    });
    const tokens = dig(body, 'usage', 'prompt_tokens');
    assert.equal(response.usage.source, tokens === undefined ? 'estimated' : 'provider', label);
    if (tokens !== undefined) assert.equal(response.usage.inputTokens, tokens, label);
    count(counts, row.host ?? '?');
  }
  const total = report(t, counts);
  assert.ok(total >= 30, `only ${total} embeddings`);
});

/** A vector as numbers of 32 bits: from decimal text, or from little-endian bytes in base64. */
function floatsOf(embedding: unknown): number[] {
  if (Array.isArray(embedding)) return embedding.map((value: number) => Math.fround(value));
  const bytes = Buffer.from(String(embedding), 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}

test('recorded moderations, rankings and transcripts are read', { skip }, async (t) => {
  const counts = new Map<string, number>();
  for (const row of wireRows()) {
    const kind = kindOf(row);
    if (kind === undefined || row.body === undefined || (row.status ?? 200) !== 200) continue;
    const label = labelOf(row);
    upstream.script = answerWith({ body: row.body, headers: { 'content-type': 'application/json' } });
    const body: unknown = JSON.parse(row.body);
    if (kind === 'moderation') {
      const text = [{ type: 'text', text: 't' } as const];
      const response = await provider.moderate?.({ model: 'm', input: [text] }, modelCall('m'));
      assert.equal(response?.results[0]?.flagged, dig(body, 'results', 0, 'flagged'), label);
      assert.deepEqual(response?.results[0]?.scores, dig(body, 'results', 0, 'category_scores'), label);
    } else if (kind === 'rank') {
      const documents = Array.from({ length: 50 }, (_, index) => `d${index}`);
      const response = await provider.rank?.({ model: 'm', query: 'q', documents }, modelCall('m'));
      const items = (dig(body, 'results') ?? dig(body, 'data')) as { index: number; relevance_score: number }[];
      const expected = items.map(({ index, relevance_score: score }) => ({ index, score }));
      assert.deepEqual(
        response?.results,
        expected.sort((a, b) => b.score - a.score),
        label,
      );
    } else {
      const audio = new Uint8Array([1, 2, 3]);
      const asked = { model: 'm', audio, fileName: 'a.wav', mediaType: 'audio/wav' };
      const response = await provider.transcribe?.(asked, modelCall('m'));
      assert.equal(response?.text, dig(body, 'text'), label);
      assert.equal(response?.usage.source, 'provider', label);
    }
    count(counts, `${kind} ${row.host}`);
  }
  const total = report(t, counts);
  assert.ok(total >= 10, `only ${total} rows`);
});

function kindOf(row: WireRow): 'moderation' | 'rank' | 'transcript' | undefined {
  if (row.api === 'moderations') return 'moderation';
  if (row.api === 'rerank' || row.api === 'reranking') return 'rank';
  return row.url?.endsWith('/audio/transcriptions') === true ? 'transcript' : undefined;
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Says what was run; returns how much it was. */
function report(t: { diagnostic(message: string): void }, counts: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const one of counts.values()) total += one;
  const list = [...counts].sort(([, a], [, b]) => b - a).map(([name, one]) => `${name} ${one}`);
  t.diagnostic(`${total} rows: ${list.join(', ')}`);
  return total;
}
