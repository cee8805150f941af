// Recorded interactions with the Responses API of several vendors, sent again through a real socket and compared with what a
// naive reader finds in them (test/fixtures/naive-response.ts).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { dig } from '../../../test/fixtures/naive-chat.ts';
import { deltasOf, eventsOf, type NaiveResponse, naiveResponse } from '../../../test/fixtures/naive-response.ts';
import { quarterEstimator } from '../../../test/fixtures/quarter-estimator.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { answerWith, startUpstream, type Upstream } from '../../../test/fixtures/upstream.ts';
import {
  evaluationDataMissing,
  failureOfCall,
  modelCall,
  readParts,
  type WireRow,
  wireBody,
  wireRows,
} from '../../../test/fixtures/upstream-calls.ts';
import { collectResponse } from '../../core/collect.ts';
import { type ContentPart, textOf } from '../../core/message.ts';
import type { PredictRequest, PredictResponse } from '../../core/predict.ts';
import type { ModelProvider } from '../../ports/model.ts';
import { createOpenAiProvider } from './provider.ts';

const skip = evaluationDataMissing ?? false;
let upstream: Upstream;
let provider: ModelProvider;

before(async () => {
  upstream = await startUpstream();
  provider = createOpenAiProvider({
    name: 'p',
    baseUrl: upstream.baseUrl,
    api: 'responses',
    clock: new FakeClock(),
    log: createRecordingLog(),
    estimator: quarterEstimator,
  });
});

after(async () => {
  await provider.close();
  await upstream.close();
});

const native: PredictRequest = { ...chatRequest('m'), dialect: 'openai-responses' };
const foreign: PredictRequest = chatRequest('m');

function rows(isStream: boolean): WireRow[] {
  return wireRows().filter(
    (row) => row.api === 'responses' && (row.stream === true) === isStream && row.body !== undefined,
  );
}

const labelOf = (row: WireRow): string => `${row.repo} ${row.path} ${row.index}`;

function compare(response: PredictResponse, expected: NaiveResponse, isNative: boolean, label: string): void {
  const { content, usage } = response;
  const join = (type: 'reasoning' | 'refusal'): string =>
    content.map((part) => (part.type === type ? part.text : '')).join('');
  assert.equal(textOf(content), expected.text, `${label}: text`);
  assert.equal(join('refusal'), expected.refusal, `${label}: refusal`);
  assert.equal(join('reasoning'), expected.reasoning, `${label}: reasoning`);
  const calls = content.flatMap((part) => (part.type === 'tool-call' ? [part] : []));
  assert.deepEqual(
    calls.map(({ id, name, arguments: args }) => ({ id, name, arguments: args })),
    expected.calls,
    `${label}: calls`,
  );
  const annotations = content.flatMap((part) => (part.type === 'text' ? (part.annotations ?? []) : []));
  assert.equal(annotations.length, expected.annotations, `${label}: annotations`);
  const encrypted = content.flatMap((part) => (part.type === 'reasoning' ? (part.encrypted ?? []) : []));
  assert.deepEqual(encrypted, isNative ? expected.encrypted : [], `${label}: encrypted reasoning`);
  const others = content.flatMap((part) => (part.type === 'opaque' ? [part.value] : []));
  const items = others.filter((value) => value['type'] !== 'message');
  // Items that run side by side are done in another order than they began.
  const types = items.map((value) => value['type']).sort();
  if (isNative) assert.deepEqual(types, [...expected.others].sort(), `${label}: other items`);
  const reported = expected.usage.input !== undefined;
  assert.equal(usage.source, reported ? 'provider' : 'estimated', `${label}: usage`);
  if (reported) {
    assert.equal(usage.inputTokens, expected.usage.input, label);
    assert.equal(usage.outputTokens, expected.usage.output, label);
    assert.equal(usage.cachedInputTokens, expected.usage.cached, label);
    assert.equal(usage.reasoningTokens, expected.usage.reasoning, label);
  }
  const isIncomplete = expected.status === 'incomplete';
  assert.equal(response.finishReason === 'stop' || response.finishReason === 'tool-calls', !isIncomplete, label);
  if (calls.length > 0) assert.equal(response.finishReason, 'tool-calls', label);
}

test('recorded responses: items, usage and endings are the vendor’s', { skip, timeout: 60_000 }, async (t) => {
  const counts = new Map<string, number>();
  for (const row of rows(false).filter(({ status = 200 }) => status === 200)) {
    const label = labelOf(row);
    const body: unknown = JSON.parse(row.body ?? '');
    if (dig(body, 'object') !== 'response') continue; // Other endpoints: compaction, counts of tokens.
    upstream.script = answerWith({ body: row.body ?? '', headers: { 'content-type': 'application/json' } });
    if (dig(body, 'status') === 'queued' || dig(body, 'status') === 'in_progress') {
      assert.equal((await failureOfCall(provider.predict(native, modelCall('m')))).reason, 'upstream_truncated', label);
      count(counts, 'not there yet');
      continue;
    }
    const expected = naiveResponse(body);
    for (const request of [native, foreign]) {
      const response = await provider.predict(request, modelCall('m'));
      compare(response, expected, request === native, label);
      const streamed = await collectResponse(provider.predictStream(request, modelCall('m')));
      compare(streamed, expected, request === native, label);
    }
    count(counts, row.host ?? '?');
  }
  assert.ok(report(t, counts) >= 240);
});

test('recorded response streams: what is collected is what the last event says', {
  skip,
  timeout: 60_000,
}, async (t) => {
  const counts = new Map<string, number>();
  for (const row of rows(true)) {
    const label = labelOf(row);
    const body = wireBody(row);
    const all = eventsOf(body);
    // One fixture holds the streams of several calls in a row: a stream ends with its response.
    const end = all.findIndex((event) => isLast(event));
    const events = end === -1 ? all : all.slice(0, end + 1);
    upstream.script = answerWith({ body, headers: { 'content-type': 'text/event-stream' }, chunkBytes: 4000 });
    const last = events.at(-1);
    if (end === -1) {
      const { error } = await readParts(provider.predictStream(native, modelCall('m')));
      assert.ok(error !== undefined, label);
      count(counts, `failed: ${error.reason}`);
      continue;
    }
    const streamed = await collectResponse(provider.predictStream(native, modelCall('m')));
    assert.equal(textOf(streamed.content), deltasOf(events, 'response.output_text.delta'), label);
    const whole = wholeOf(events, last);
    compare(streamed, naiveResponse(whole), true, label);
    // Not only the same for a naive reader: the very parts that the whole response would have given.
    upstream.script = answerWith({ body: JSON.stringify(whole) });
    const direct = await provider.predict(native, modelCall('m'));
    assert.deepEqual(comparable(streamed), comparable(direct), label);
    count(counts, row.host ?? '?');
  }
  assert.ok(report(t, counts) >= 60);
});

function isLast(event: unknown): boolean {
  return /^response\.(?:completed|incomplete)$/.test(String(dig(event, 'type')));
}

/** The response of the last event, with the items of the events before it: encrypted reasoning differs, and theirs counts. */
function wholeOf(events: readonly unknown[], last: unknown): object {
  const output: unknown[] = [...((dig(last, 'response', 'output') as unknown[] | undefined) ?? [])];
  for (const event of events) {
    const index = dig(event, 'output_index');
    if (dig(event, 'type') === 'response.output_item.done' && typeof index === 'number')
      output[index] = dig(event, 'item');
  }
  return { ...(dig(last, 'response') as object), output: output.filter((item) => item !== undefined) };
}

/** Without log probabilities, which only deltas have, and with items of the vendor's own in one order. */
function comparable({ logprobs: _, content, ...response }: PredictResponse): object {
  const isOwn = (part: ContentPart): boolean => part.type === 'opaque' && part.value['type'] !== 'message';
  const own = content.filter(isOwn).map((part) => JSON.stringify(part));
  return { ...response, content: content.filter((part) => !isOwn(part)), own: own.sort() };
}

test('recorded failures of the Responses API: keep the vendor’s status and show no key', { skip }, async (t) => {
  const counts = new Map<string, number>();
  for (const row of rows(false).filter(({ status = 200 }) => status >= 400)) {
    upstream.script = answerWith({ status: row.status ?? 500, body: row.body ?? '' });
    const error = await failureOfCall(provider.predict(native, modelCall('m')));
    assert.equal(error.upstream?.status, row.status, labelOf(row));
    assert.doesNotMatch(error.message, /\*\*\*|sk-|org-/, labelOf(row));
    count(counts, `${row.status} ${error.reason}`);
  }
  assert.ok(report(t, counts) >= 8);
});

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
