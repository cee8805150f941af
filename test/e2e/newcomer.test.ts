// What somebody new to Sluice does: start it with nothing configured, make a key, and use it with the clients they have. Real
// processes, real local models; first everything in one process, then one process for each role.

import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { type RunningProcess, runCommand, startRole, temporaryFolder } from './newcomer-process.ts';

/** The chat model answers from what it is given. */
const facts = 'The shop opens at 9:00 in the morning. Returns are free within 30 days. Gift cards never expire.';
const question = 'How long can I return something?';

/** Longest that a test may take: a slow machine converts the embedding model once on the way. */
const limit = { timeout: 120_000 };

test('newcomer: one process with embedded defaults answers the clients of OpenAI and Anthropic', limit, async (t) => {
  const dataDir = await temporaryFolder(t);
  const all = await startRole(t, 'all', ['--data-dir', dataDir]);
  const http = httpOf(all);
  assert.equal((await fetch(`${http}/readyz`)).status, 200);

  // The key of the first start is in a file that only its owner can read.
  const keyFile = join(dataDir, 'dev-key');
  assert.equal((await stat(keyFile)).mode & 0o777, 0o600);
  await useEverything(http, (await readFile(keyFile, 'utf8')).trim());

  // A key made beside the running server works at once.
  const printed = await runCommand('keys', 'create', '--data-dir', dataDir, '--name', 'mine', '--quiet');
  assert.match(printed, /^\S+\n$/);
  await useEverything(http, printed.trim());

  assert.equal(await all.stop(), 0);
});

test('newcomer: streams that are under way when the process is told to stop come to their end', limit, async (t) => {
  const dataDir = await temporaryFolder(t);
  const all = await startRole(t, 'all', ['--data-dir', dataDir]);
  const client = openAi(httpOf(all), (await readFile(join(dataDir, 'dev-key'), 'utf8')).trim());
  const tell = (): Promise<AsyncIterable<OpenAI.ChatCompletionChunk>> =>
    client.chat.completions.create({
      model: 'stories',
      stream: true,
      messages: [{ role: 'user', content: 'Once upon a time' }],
    });
  // As many as the engine makes at the same time, so that each has begun and none is near its end.
  const streams = await Promise.all(Array.from({ length: 6 }, tell));
  const stopped = all.stop();
  for (const stream of streams) {
    let end: string | null | undefined;
    for await (const chunk of stream) end = chunk.choices[0]?.finish_reason ?? end;
    assert.match(String(end), /^(stop|length)$/);
  }
  assert.equal(await stopped, 0);
  await assert.rejects(fetch(`${httpOf(all)}/livez`));
});

test('newcomer: edge, inference and worker in a process of their own answer the same', limit, async (t) => {
  const folder = await temporaryFolder(t);
  const inference = await startRole(t, 'inference', ['--data-dir', join(folder, 'inference')]);
  const where = ['--set', `inference=grpc://${inference.addresses.grpc}`];
  const edgeDir = join(folder, 'edge');
  const edge = await startRole(t, 'edge', ['--data-dir', edgeDir, ...where]);
  const worker = await startRole(t, 'worker', ['--data-dir', join(folder, 'worker'), ...where]);
  assert.equal(inference.addresses.http, undefined);
  assert.equal(edge.addresses.grpc, undefined);

  const key = await runCommand('keys', 'create', '--data-dir', edgeDir, '--name', 'mine', '--quiet');
  await useEverything(httpOf(edge), key.trim());
  assert.equal((await fetch(`http://${worker.addresses.admin}/readyz`)).status, 200);

  for (const role of [worker, edge, inference]) assert.equal(await role.stop(), 0);
});

function httpOf(role: RunningProcess): string {
  assert.ok(role.addresses.http);
  return `http://${role.addresses.http}`;
}

function openAi(http: string, apiKey: string): OpenAI {
  return new OpenAI({ baseURL: `${http}/v1`, apiKey });
}

async function useEverything(http: string, apiKey: string): Promise<void> {
  const client = openAi(http, apiKey);
  await readModels(client);
  await askChat(client);
  await askStories(client);
  await compareTexts(client);
  await askChatAsAnthropic(new Anthropic({ baseURL: http, apiKey }));
  await assert.rejects(openAi(http, `${apiKey}x`).models.list(), OpenAI.AuthenticationError);
  await assert.rejects(
    client.chat.completions.create({ model: 'no-such-model', messages: [{ role: 'user', content: 'Hi' }] }),
    OpenAI.NotFoundError,
  );
}

/** Every model says what it is in a sentence. */
async function readModels(client: OpenAI): Promise<void> {
  const summaries = new Map<string, string>();
  for await (const model of client.models.list()) {
    const { sluice } = model as unknown as { sluice: { summary: string } };
    summaries.set(model.id, sluice.summary);
  }
  for (const id of ['chat', 'stories', 'embed']) assert.match(summaries.get(id) ?? '', /\w+ \w+ \w+/, id);
}

async function askChat(client: OpenAI): Promise<void> {
  const stream = client.chat.completions.stream({
    model: 'chat',
    stream_options: { include_usage: true },
    messages: [
      { role: 'system', content: facts },
      { role: 'user', content: question },
    ],
  });
  let deltas = 0;
  stream.on('content', () => {
    deltas += 1;
  });
  const completion = await stream.finalChatCompletion();
  assert.match(completion.choices[0]?.message.content ?? '', /30 days/);
  assert.equal(completion.choices[0]?.finish_reason, 'stop');
  assert.ok(deltas > 1, 'the answer came in pieces');
  assert.ok((completion.usage?.prompt_tokens ?? 0) > 10);
  assert.ok((completion.usage?.completion_tokens ?? 0) > 1);
}

/** A model that samples: the same seed tells the same story, and `max_tokens` ends it. */
async function askStories(client: OpenAI): Promise<void> {
  const tell = async (): Promise<string> => {
    const stream = client.chat.completions.stream({
      model: 'stories',
      seed: 7,
      max_tokens: 24,
      messages: [{ role: 'user', content: 'Once upon a time there was a fox' }],
    });
    const completion = await stream.finalChatCompletion();
    return completion.choices[0]?.message.content ?? '';
  };
  const story = await tell();
  assert.match(story, /\w+ \w+ \w+/);
  assert.equal(await tell(), story);
}

/** Texts of one meaning are nearer to each other than to another. */
async function compareTexts(client: OpenAI): Promise<void> {
  const { data, usage } = await client.embeddings.create({
    model: 'embed',
    input: ['How do I send a parcel back?', 'What is the way to return a package?', 'The volcano erupted at night.'],
  });
  const [first, second, third] = data.map((entry) => entry.embedding);
  assert.ok(first && second && third);
  assert.equal(first.length, 512);
  assert.ok(cosine(first, second) > cosine(first, third) + 0.2);
  assert.ok(usage.prompt_tokens > 0);
}

function cosine(one: readonly number[], other: readonly number[]): number {
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
  return dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
}

async function askChatAsAnthropic(client: Anthropic): Promise<void> {
  const stream = client.messages.stream({
    model: 'chat',
    max_tokens: 200,
    system: facts,
    messages: [{ role: 'user', content: question }],
  });
  const message = await stream.finalMessage();
  assert.match(message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''), /30 days/);
  assert.equal(message.stop_reason, 'end_turn');
  assert.ok(message.usage.input_tokens > 10);
}
