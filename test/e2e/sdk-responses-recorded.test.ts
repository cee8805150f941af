// Recorded answers of three vendors' APIs, sent again by a local upstream and read through a provider, the Responses API of the
// edge and the official OpenAI client. Every event and response is valid by OpenAI's document, and what came as a response is a
// response again: items in the same order with the same ids, texts, calls, usage and status.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import OpenAI from 'openai';
import { createSystemClock } from '../../src/adapters/system/clock.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { ModelProvider } from '../../src/ports/model.ts';
import { createAnthropicProvider } from '../../src/providers/anthropic/provider.ts';
import { createOpenAiProvider } from '../../src/providers/openai/provider.ts';
import { createTestEdge, edgeKeys } from '../fixtures/edge.ts';
import { dig } from '../fixtures/naive-chat.ts';
import { eventsOf, type NaiveResponse, naiveResponse } from '../fixtures/naive-response.ts';
import { openAiDocument } from '../fixtures/openapi.ts';
import { providerInference } from '../fixtures/provider-inference.ts';
import { quarterEstimator } from '../fixtures/quarter-estimator.ts';
import { createRecordingLog } from '../fixtures/silent-telemetry.ts';
import { answerWith, startUpstream, type Upstream } from '../fixtures/upstream.ts';
import { evaluationDataMissing, type WireRow, wireBody, wireRows } from '../fixtures/upstream-calls.ts';

const skip = evaluationDataMissing ?? false;

interface Subject {
  readonly client: OpenAI;
  readonly upstream: Upstream;
  /** The events that the edge sent for the last recorded stream, or the response. */
  ask(stream: boolean): Promise<unknown[]>;
}

const question = { model: 'm', input: 'x', include: ['reasoning.encrypted_content' as const] };

async function start(t: TestContext, create: (baseUrl: string) => ModelProvider): Promise<Subject> {
  const upstream = await startUpstream();
  const provider = create(upstream.baseUrl);
  const { listen } = createTestEdge(t, { inference: providerInference(() => provider) });
  const client = new OpenAI({
    baseURL: `http://127.0.0.1:${await listen()}/v1`,
    apiKey: edgeKeys.first,
    maxRetries: 0,
  });
  t.after(async () => {
    await provider.close();
    await upstream.close();
  });
  return {
    client,
    upstream,
    async ask(stream) {
      if (!stream) return [await client.responses.create(question)];
      const events: unknown[] = [];
      for await (const event of await client.responses.create({ ...question, stream })) events.push(event);
      return events;
    },
  };
}

const common = { name: 'p', clock: createSystemClock(), log: createRecordingLog(), estimator: quarterEstimator };
const openAi = (api: 'chat' | 'responses') => (baseUrl: string) => createOpenAiProvider({ ...common, baseUrl, api });

/** Answers of an API that can be sent again as they were. */
function recorded(api: string): WireRow[] {
  return wireRows().filter((row) => row.api === api && (row.status ?? 200) === 200 && row.body !== undefined);
}

function replay(upstream: Upstream, row: WireRow): void {
  const type = row.stream === true ? 'text/event-stream' : 'application/json';
  const body = row.stream === true ? wireBody(row) : (row.body ?? '');
  upstream.script = answerWith({ body, headers: { 'content-type': type }, chunkBytes: 5000 });
}

/** Fields that the client adds to what was on the wire. */
function onTheWire(value: unknown): unknown {
  const { output_text: _, output_parsed: __, ...wire } = value as JsonObject;
  return wire;
}

const labelOf = (row: WireRow): string => `${row.repo} ${row.path} ${row.index}`;

/** Items that a vendor writes otherwise than OpenAI's document says pass as they came. */
const isVendorsOwn = (complaint: string): boolean =>
  /"(?:shell|code_interpreter|web_search|x_search)_call"/.test(complaint);

function check(schema: string, value: unknown, label: string): void {
  const wire = onTheWire(value);
  const complaints = openAiDocument().complaints(schema, wire);
  if (complaints.length === 0 || (isVendorsOwn(JSON.stringify(wire)) && /\/(?:item|output)/.test(complaints[0] ?? '')))
    return;
  assert.fail(`${label}: no ${schema}: ${complaints.join('\n')}`);
}

function checkAll(seen: readonly unknown[], row: WireRow): void {
  const label = labelOf(row);
  if (row.stream !== true) {
    check('Response', seen[0], label);
    return;
  }
  seen.forEach((event, index) => {
    assert.equal(dig(event, 'sequence_number'), index, label);
    check('ResponseStreamEvent', event, `${label} ${dig(event, 'type')}`);
  });
  assert.match(String(dig(seen.at(-1), 'type')), /^response\.(?:completed|incomplete)$/, label);
}

test('recorded responses: are the same responses again, whole and streamed', { skip, timeout: 120_000 }, async (t) => {
  const subject = await start(t, openAi('responses'));
  let streams = 0;
  let wholes = 0;
  for (const row of recorded('responses')) {
    const expected = expectedOf(row);
    if (expected === undefined) continue;
    replay(subject.upstream, row);
    const seen = await subject.ask(row.stream === true);
    checkAll(seen, row);
    const got = row.stream === true ? dig(seen.at(-1), 'response') : seen[0];
    compare(got, expected, labelOf(row));
    if (row.stream === true) {
      // The helper puts the same response together from the events.
      const { output } = await subject.client.responses.stream(question).finalResponse();
      assert.deepEqual(places({ output }), places(expected), labelOf(row));
      streams += 1;
    } else wholes += 1;
  }
  t.diagnostic(`${wholes} whole responses, ${streams} streams`);
  assert.ok(wholes >= 240 && streams >= 60);
});

/** What was recorded as one response; undefined for other endpoints, and where the recording has no end. */
function expectedOf(row: WireRow): unknown {
  if (row.stream !== true) {
    const body: unknown = JSON.parse(row.body ?? '');
    const isAnswer =
      dig(body, 'object') === 'response' && !['queued', 'in_progress'].includes(String(dig(body, 'status')));
    return isAnswer ? body : undefined;
  }
  const events = eventsOf(wireBody(row));
  const end = events.find((event) => /^response\.(?:completed|incomplete)$/.test(String(dig(event, 'type'))));
  if (end === undefined) return undefined;
  const output = [...((dig(end, 'response', 'output') as unknown[] | undefined) ?? [])];
  // Encrypted reasoning of the item's own event differs from that of the last one, and counts.
  for (const event of events.slice(0, events.indexOf(end))) {
    const index = dig(event, 'output_index');
    const isDone = dig(event, 'type') === 'response.output_item.done' && typeof index === 'number';
    if (isDone) output[index] = dig(event, 'item');
  }
  return { ...(dig(end, 'response') as object), output: output.filter((item) => item !== undefined) };
}

function compare(got: unknown, expected: unknown, label: string): void {
  const { usage, status, ...said } = naiveResponse(got);
  const { usage: expectedUsage, status: expectedStatus, ...expectedSaid } = naiveResponse(expected);
  assert.deepEqual(said, expectedSaid, label);
  assert.equal(status, expectedStatus === 'complete' ? 'completed' : expectedStatus, label);
  if (expectedUsage.input !== undefined) assert.deepEqual(usage, filled(expectedUsage), label);
  assert.deepEqual(places(got), places(expected), label);
}

function filled({ input, output, cached = 0, reasoning = 0 }: NaiveResponse['usage']): NaiveResponse['usage'] {
  return { input, output, cached, reasoning };
}

/** Type and id of each item, in order. */
function places(response: unknown): unknown[] {
  const output = (dig(response, 'output') as unknown[] | undefined) ?? [];
  return output.map((item) => [dig(item, 'type'), dig(item, 'id')]);
}

for (const [api, name, create] of [
  ['chat.completions', 'chat completions', openAi('chat')],
  ['messages', 'messages of Anthropic', (baseUrl: string) => createAnthropicProvider({ ...common, baseUrl })],
] as const) {
  test(`recorded ${name}: are valid responses, whole and streamed`, { skip, timeout: 120_000 }, async (t) => {
    const { ask, upstream } = await start(t, create);
    let count = 0;
    let refused = 0;
    for (const row of recorded(api)) {
      replay(upstream, row);
      try {
        const seen = await ask(row.stream === true);
        checkAll(seen, row);
        count += 1;
      } catch (error) {
        // Bodies of other endpoints, and recorded failures.
        if (!(error instanceof OpenAI.APIError)) throw error;
        refused += 1;
      }
    }
    t.diagnostic(`${count} answers, ${refused} refused`);
    assert.ok(count >= 250 && refused <= 20, `${count} answers, ${refused} refused`);
  });
}
