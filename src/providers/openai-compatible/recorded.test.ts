// Recorded interactions with real vendors, sent again through a real socket: what the vendor said is what comes out.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
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
import type { ModelProvider } from '../../ports/model.ts';
import { createOpenAiCompatibleProvider } from './provider.ts';

const skip = evaluationDataMissing ?? false;
let upstream: Upstream;
let provider: ModelProvider;

before(async () => {
  upstream = await startUpstream();
  const log = createRecordingLog();
  provider = createOpenAiCompatibleProvider({ name: 'p', baseUrl: upstream.baseUrl, clock: new FakeClock(), log });
});

after(async () => {
  await provider.close();
  await upstream.close();
});

function rows(): WireRow[] {
  return wireRows().filter((row) => {
    if (row.body === undefined) return false;
    return row.api === 'chat.completions' || (row.format !== undefined && row.api === 'chat' && row.host !== 'google');
  });
}

/** The body as it was on the wire: some sets keep one JSON text a line, without framing. */
function wireBody(row: WireRow): string {
  const body = row.body ?? '';
  if (row.format === undefined || row.stream !== true || body.startsWith('data:')) return body;
  const lines = body.split('\n').filter((line) => line.trim() !== '');
  return `${lines.map((line) => `data: ${line}\n\n`).join('')}data: [DONE]\n\n`;
}

/** The first choice's deltas in a stream, found with no care for rules. */
function deltasOf(body: string): unknown[] {
  const lines = body.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data:'));
  const payloads = lines.map((line) => line.slice(5).trim()).filter((text) => text !== '[DONE]');
  const choices = payloads.flatMap((text) => listAt(JSON.parse(text), 'choices'));
  return choices.filter((choice) => (dig(choice, 'index') ?? 0) === 0).map((choice) => dig(choice, 'delta'));
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

/** Text of a content field, be it text or a list. */
function plainText(content: unknown): string {
  if (typeof content === 'string') return content;
  const items = listAt(content);
  return items.map((item) => (dig(item, 'type') === 'text' ? dig(item, 'text') : '')).join('');
}

/** All arguments in a message or delta, joined. */
function plainArguments(message: unknown): string {
  const calls = listAt(message, 'tool_calls').map((call) => dig(call, 'function', 'arguments'));
  return [...calls, dig(message, 'function_call', 'arguments')].join('');
}

const labelOf = (row: WireRow): string => `${row.repo} ${row.path} ${row.index}`;
const argumentsOf = (content: readonly ContentPart[]): string =>
  content.map((part) => (part.type === 'tool-call' ? part.arguments : '')).join('');

test('recorded streams: text, tool arguments and endings are the vendor’s', { skip, timeout: 60_000 }, async () => {
  let count = 0;
  for (const row of rows().filter((candidate) => candidate.stream === true && (candidate.status ?? 200) === 200)) {
    const body = wireBody(row);
    upstream.script = answerWith({ body, headers: { 'content-type': 'text/event-stream' }, chunkBytes: 1000 });
    const { parts, error } = await readParts(provider.predictStream(chatRequest('m'), modelCall('m')));
    const deltas = deltasOf(body);
    const text = parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join('');
    assert.equal(text, deltas.map((delta) => plainText(dig(delta, 'content'))).join(''), labelOf(row));
    count += 1;
    if (body.includes('event: error')) {
      assert.equal(error?.reason, 'upstream_rejected', labelOf(row));
      continue;
    }
    assert.equal(error, undefined, labelOf(row));
    const args = parts.map((part) => (part.type === 'tool-call-delta' ? part.argumentsDelta : '')).join('');
    assert.equal(args, deltas.map(plainArguments).join(''), labelOf(row));
    assert.equal(parts.at(-1)?.type, 'end', labelOf(row));
  }
  assert.ok(count >= 100, `only ${count} streams`);
});

test('recorded answers: content, calls and usage are the vendor’s', { skip, timeout: 60_000 }, async () => {
  let count = 0;
  for (const row of rows().filter((candidate) => candidate.stream !== true && (candidate.status ?? 200) === 200)) {
    if (row.body?.includes('"error"') === true && row.format !== undefined) continue;
    upstream.script = answerWith({ body: row.body ?? '', headers: { 'content-type': 'application/json' } });
    const response = await provider.predict(chatRequest('m'), modelCall('m'));
    const body: unknown = JSON.parse(row.body ?? '');
    const message = dig(body, 'choices', 0, 'message');
    assert.equal(textOf(response.content), plainText(dig(message, 'content')), labelOf(row));
    assert.equal(argumentsOf(response.content), plainArguments(message), labelOf(row));
    const prompt = dig(body, 'usage', 'prompt_tokens');
    if (prompt !== undefined) assert.equal(response.usage.inputTokens, prompt, labelOf(row));
    assert.ok(
      response.usage.reasoningTokens === undefined || response.usage.reasoningTokens <= response.usage.outputTokens,
    );
    count += 1;
    // A server that does not stream although it was asked to still gives the same answer.
    const streamed = await collectResponse(provider.predictStream(chatRequest('m'), modelCall('m')));
    assert.equal(textOf(streamed.content), textOf(response.content));
    assert.equal(argumentsOf(streamed.content), argumentsOf(response.content));
  }
  assert.ok(count >= 200, `only ${count} answers`);
});

test('recorded failures: keep the vendor’s status and show no key', { skip }, async () => {
  const failures = rows().filter((row) => (row.status ?? 200) >= 400 && row.format === undefined);
  for (const row of failures) {
    upstream.script = answerWith({ status: row.status ?? 500, body: row.body ?? '' });
    const error = await failureOfCall(provider.predict(chatRequest('m'), modelCall('m')));
    assert.equal(error.upstream?.status, row.status, labelOf(row));
    assert.ok(
      ['upstream_rejected', 'model_not_found', 'upstream_unauthenticated', 'context_length_exceeded'].includes(
        error.reason,
      ),
      `${labelOf(row)}: ${error.reason}`,
    );
    if (row.status === 404) assert.equal(error.reason, 'model_not_found', labelOf(row));
    assert.doesNotMatch(error.message, /\*\*\*|sk-|org-/, labelOf(row));
  }
  assert.ok(failures.length >= 10, `only ${failures.length} failures`);
});
