// Recorded interactions with Gemini on both of its APIs, sent again through a real socket: what the vendor said is what comes out.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { answerWith, startUpstream, type Upstream } from '../../../test/fixtures/upstream.ts';
import {
  evaluationDataMissing,
  failureOfCall,
  modelCall,
  readParts,
  textOfParts,
  type WireRow,
  wireRows,
} from '../../../test/fixtures/upstream-calls.ts';
import { collectResponse } from '../../core/collect.ts';
import type { SluiceError } from '../../core/error.ts';
import { type ContentPart, textOf } from '../../core/message.ts';
import type { FinishReason, PredictResponse } from '../../core/predict.ts';
import type { ModelProvider } from '../../ports/model.ts';
import { createVertexProvider } from './provider.ts';

const skip = evaluationDataMissing ?? false;
const estimator = { count: async () => 7 };
let upstream: Upstream;
let provider: ModelProvider;

/** Answers of generateContent and streamGenerateContent, streamed and whole. */
function rows(): WireRow[] {
  return wireRows().filter((row) => {
    if (row.body === undefined) return false;
    const isFixture = row.repo === 'vercel/ai' && (row.host === 'google' || row.host === 'google-vertex');
    return (row.api ?? '').includes('enerateContent') || (isFixture && row.api === 'default');
  });
}

/** The value at a path; undefined where the path ends early. */
function dig(value: unknown, ...path: readonly (string | number)[]): unknown {
  let at = value;
  for (const step of path) at = (at as Record<string | number, unknown> | null | undefined)?.[step];
  return at;
}

function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = dig(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** What the vendor said, read with no care for rules. */
interface Said {
  readonly chunks: readonly unknown[];
  readonly text: string;
  readonly thoughts: string;
  readonly calls: readonly { name: unknown; args: unknown; isWhole: boolean }[];
  readonly finish: unknown;
  readonly usage: unknown;
  readonly isBlocked: boolean;
}

function saidIn(chunks: readonly unknown[]): Said {
  const parts = chunks.flatMap((chunk) => listAt(chunk, 'candidates', 0, 'content', 'parts'));
  const textWhere = (thought: boolean): string =>
    parts.map((part) => ((dig(part, 'thought') === true) === thought ? (dig(part, 'text') ?? '') : '')).join('');
  const named = parts.map((part) => dig(part, 'functionCall')).filter((call) => dig(call, 'name') !== undefined);
  const usages = chunks.map((chunk) => dig(chunk, 'usageMetadata'));
  return {
    chunks,
    text: textWhere(false),
    thoughts: textWhere(true),
    calls: named.map((call) => ({
      name: dig(call, 'name'),
      args: dig(call, 'args') ?? {},
      isWhole: dig(call, 'willContinue') !== true,
    })),
    finish: chunks.map((chunk) => dig(chunk, 'candidates', 0, 'finishReason')).findLast((word) => word !== undefined),
    usage: usages.findLast((usage) => dig(usage, 'promptTokenCount') !== undefined),
    isBlocked: chunks.some((chunk) => dig(chunk, 'promptFeedback', 'blockReason') !== undefined),
  };
}

const labelOf = (row: WireRow): string => `${row.repo} ${row.path} ${row.index ?? ''}`;

/** The events of a stream, as text. */
function payloadsOf(row: WireRow): string[] {
  const lines = (row.body ?? '').split(/\r\n|\n|\r/).filter((line) => line.trim() !== '');
  return lines.map((line) => line.replace(/^data:\s*/, ''));
}

function expectedFinish(said: Said): FinishReason {
  const words: Record<string, FinishReason> = { STOP: 'stop', MAX_TOKENS: 'length', SAFETY: 'content-filter' };
  const meaning = said.finish === 1 ? 'stop' : (words[String(said.finish)] ?? 'other');
  return meaning === 'stop' && said.calls.length > 0 ? 'tool-calls' : meaning;
}

/** Compares text, thoughts, calls, finish reason and usage. */
function check(response: PredictResponse, said: Said, label: string): void {
  const texts = (type: ContentPart['type']): string =>
    response.content.map((part) => (part.type === type && 'text' in part ? part.text : '')).join('');
  assert.equal(textOf(response.content), said.text, label);
  assert.equal(texts('reasoning'), said.thoughts, label);
  const calls = response.content.filter((part) => part.type === 'tool-call');
  assert.deepEqual(
    calls.map((call) => call.name),
    said.calls.map((call) => call.name),
    label,
  );
  calls.forEach((call, index) => {
    const args: unknown = JSON.parse(call.arguments);
    if (said.calls[index]?.isWhole === true) assert.deepEqual(args, said.calls[index]?.args, label);
    else assert.ok(Object.keys(args as object).length > 0, label);
  });
  assert.equal(new Set(calls.map((call) => call.id)).size, calls.length, label);
  assert.equal(response.finishReason, expectedFinish(said), label);
  if (said.usage === undefined) {
    assert.equal(response.usage.source, 'estimated', label);
    return;
  }
  const count = (name: string): number => Number(dig(said.usage, name) ?? 0);
  assert.equal(response.usage.inputTokens, count('promptTokenCount') + count('toolUsePromptTokenCount'), label);
  assert.equal(response.usage.inputTokens + response.usage.outputTokens, count('totalTokenCount'), label);
  assert.equal(response.usage.reasoningTokens ?? 0, count('thoughtsTokenCount'), label);
  assert.equal(response.usage.cachedInputTokens ?? 0, count('cachedContentTokenCount'), label);
}

describe('recorded interactions with Gemini', () => {
  before(async () => {
    upstream = await startUpstream();
    provider = createVertexProvider({
      name: 'p',
      baseUrl: upstream.baseUrl,
      project: 'demo-project',
      auth: { kind: 'api-key', apiKey: async () => 'AIza-not-a-key' },
      clock: new FakeClock(),
      estimator,
      log: createRecordingLog(),
    });
  });

  after(async () => {
    await provider.close();
    await upstream.close();
  });

  test('recorded streams: text, calls, usage and endings are the vendor’s, whatever the pieces', {
    skip,
    timeout: 120_000,
  }, async (t) => {
    const counts = { complete: 0, truncated: 0, blocked: 0, malformed: 0 };
    for (const row of rows().filter((candidate) => candidate.stream === true && (candidate.status ?? 200) === 200)) {
      const payloads = payloadsOf(row);
      const said = saidIn(payloads.map((text) => JSON.parse(text)));
      const body = `${payloads.map((text) => `data: ${text}\r\n\r\n`).join('')}`;
      const label = labelOf(row);
      for (const chunkBytes of [777, Number.MAX_SAFE_INTEGER]) {
        upstream.script = answerWith({ body, headers: { 'content-type': 'text/event-stream' }, chunkBytes });
        const { parts, error } = await readParts(provider.predictStream(chatRequest('m'), modelCall('m')));
        assert.equal(textOfParts(parts), said.text, label);
        if (chunkBytes !== 777) continue;
        if (said.isBlocked) counts.blocked += Number(expectReason(error, 'content_filtered', label));
        else if (said.chunks.every((chunk) => dig(chunk, 'candidates') === undefined))
          counts.malformed += Number(expectReason(error, 'upstream_malformed', label));
        else if (said.finish === undefined)
          counts.truncated += Number(expectReason(error, 'upstream_truncated', label));
        else {
          assert.equal(error, undefined, label);
          const replay = async function* () {
            yield* parts;
          };
          check(await collectResponse(replay()), said, label);
          counts.complete += 1;
        }
      }
      // The same without `alt=sse`: one JSON list.
      upstream.script = answerWith({ body: `[${payloads.join('\n,\r\n')}]` });
      const listed = await readParts(provider.predictStream(chatRequest('m'), modelCall('m')));
      if (said.finish !== undefined) assert.equal(textOfParts(listed.parts), said.text, label);
      else assert.notEqual(listed.error, undefined, label);
    }
    t.diagnostic(`streams: ${JSON.stringify(counts)}`);
    assert.ok(counts.complete >= 40, `only ${counts.complete} complete streams`);
  });

  function expectReason(error: SluiceError | undefined, reason: SluiceError['reason'], label: string): true {
    assert.equal(error?.reason, reason, label);
    return true;
  }

  test('recorded answers: content, calls, finish reason and usage are the vendor’s', {
    skip,
    timeout: 120_000,
  }, async (t) => {
    const counts = { complete: 0, blocked: 0, notAnswers: 0 };
    for (const row of rows().filter((candidate) => candidate.stream !== true && (candidate.status ?? 200) === 200)) {
      const label = labelOf(row);
      const isPage = (row.body ?? '').startsWith('<');
      upstream.script = answerWith({
        body: row.body ?? '',
        headers: { 'content-type': isPage ? 'text/html' : 'application/json; charset=UTF-8' },
      });
      const said = isPage ? undefined : saidIn([JSON.parse(row.body ?? '')]);
      const ask = () => provider.predict(chatRequest('m'), modelCall('m'));
      const streamed = () => collectResponse(provider.predictStream(chatRequest('m'), modelCall('m')));
      if (said === undefined || (!said.isBlocked && dig(said.chunks[0], 'candidates') === undefined)) {
        expectReason(await failureOfCall(ask()), 'upstream_malformed', label);
        expectReason(await failureOfCall(streamed()), 'upstream_malformed', label);
        counts.notAnswers += 1;
      } else if (said.isBlocked) {
        expectReason(await failureOfCall(ask()), 'content_filtered', label);
        counts.blocked += 1;
      } else {
        const response = await ask();
        check(response, said, label);
        // A server that does not stream although it was asked to still gives the same answer.
        assert.deepEqual(await streamed(), response, label);
        counts.complete += 1;
      }
    }
    t.diagnostic(`answers: ${JSON.stringify(counts)}`);
    assert.ok(counts.complete >= 300, `only ${counts.complete} answers`);
  });

  test('recorded failures: each has its reason, keeps the vendor’s status and shows no key or project', {
    skip,
  }, async (t) => {
    const failures = rows().filter((row) => (row.status ?? 200) >= 400);
    const reasons: Record<string, number> = {};
    for (const row of failures) {
      upstream.script = answerWith({ status: row.status ?? 500, body: row.body ?? '' });
      const call =
        row.stream === true ? readParts(provider.predictStream(chatRequest('m'), modelCall('m'))) : undefined;
      const error = (await call)?.error ?? (await failureOfCall(provider.predict(chatRequest('m'), modelCall('m'))));
      reasons[error.reason] = (reasons[error.reason] ?? 0) + 1;
      const label = `${labelOf(row)}: ${error.reason}`;
      assert.equal(error.upstream?.status, row.status, label);
      assert.equal(error.reason, expectedReason(row), label);
      assert.doesNotMatch(error.message, /AIza|test-project|fake-project|12345678/, label);
      if (row.status === 429) assert.ok((error.retryAfterMs ?? 0) > 30_000, label);
    }
    t.diagnostic(`failures: ${JSON.stringify(reasons)}`);
    assert.ok(failures.length >= 10, `only ${failures.length} failures`);
  });

  function expectedReason(row: WireRow): SluiceError['reason'] {
    const body = row.body ?? '';
    if (row.status === 403 || body.includes('API_KEY_INVALID')) return 'upstream_unauthenticated';
    if (row.status === 429) return 'upstream_rate_limited';
    if (row.status === 404) return /models?\b/i.test(body) ? 'model_not_found' : 'upstream_rejected';
    return body.includes('Responsible AI') ? 'content_filtered' : 'upstream_rejected';
  }

  test('recorded embeddings and token counts: read in each of their forms', { skip }, async (t) => {
    const counts = { vectors: 0, tokens: 0 };
    const { signal } = modelCall('m');
    const log = createRecordingLog();
    const gemini = createVertexProvider({
      name: 'g',
      baseUrl: upstream.baseUrl,
      auth: { kind: 'api-key', apiKey: async () => 'AIza-not-a-key' },
      clock: new FakeClock(),
      estimator,
      log,
    });
    for (const row of wireRows()) {
      const url = row.url ?? '';
      if (!url.includes('googleapis.com') || row.status !== 200) continue;
      upstream.script = answerWith({ body: row.body ?? '', headers: { 'content-type': 'application/json' } });
      if (/:(?:batchEmbedContents|predict)$/.test(url)) {
        const isVertex = url.endsWith(':predict');
        const items = listAt(JSON.parse(row.body ?? ''), isVertex ? 'predictions' : 'embeddings');
        const model = isVertex ? 'text-embedding-004' : 'gemini-embedding-001';
        const input = items.map((_, index) => `text ${index}`);
        const response = await (isVertex ? provider : gemini).embed({ model, input }, modelCall(model, { signal }));
        const values = items.map(
          (item) => dig(item, ...(isVertex ? ['embeddings', 'values'] : ['values'])) as number[],
        );
        assert.deepEqual(
          response.vectors.map((vector) => [...vector]),
          values.map((list) => [...Float32Array.from(list)]),
          labelOf(row),
        );
        const isCounted = isVertex || dig(JSON.parse(row.body ?? ''), 'usageMetadata') !== undefined;
        assert.equal(response.usage.source, isCounted ? 'provider' : 'estimated', labelOf(row));
        counts.vectors += items.length;
      } else if (url.endsWith(':countTokens')) {
        const count = await gemini.countTokens?.(chatRequest('m'), modelCall('m'));
        assert.equal(count?.inputTokens, dig(JSON.parse(row.body ?? ''), 'totalTokens'), labelOf(row));
        counts.tokens += 1;
      }
    }
    await gemini.close();
    t.diagnostic(JSON.stringify(counts));
    assert.ok(counts.vectors >= 10 && counts.tokens >= 2, JSON.stringify(counts));
  });
});
