// Reads as the story of the local provider: what each built-in model does when it is asked. Real models, one engine.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chatRequest } from '../../../test/fixtures/calls.ts';
import { failsWith } from '../../../test/fixtures/failures.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { createFakeIds } from '../../../test/fixtures/fake-ids.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import { modelCall, testTimeouts } from '../../../test/fixtures/upstream-calls.ts';
import { collectResponse } from '../../core/collect.ts';
import { SluiceError } from '../../core/error.ts';
import { type Message, textOf } from '../../core/message.ts';
import type { PredictPart, PredictRequest, PredictResponse } from '../../core/predict.ts';
import { createLocalProvider } from './provider.ts';

const cacheDir = await mkdtemp(join(tmpdir(), 'sluice-local-'));
const weightsDir = fileURLToPath(new URL('./weights/sluice-stories', import.meta.url));
const clock = new FakeClock();
const log = createRecordingLog();
const provider = createLocalProvider({
  name: 'local',
  cacheDir,
  models: { mine: { path: weightsDir, task: 'chat' } },
  clock,
  ids: createFakeIds(),
  log,
});
after(async () => {
  await provider.close();
  await rm(cacheDir, { recursive: true, force: true });
});

const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] });
const ask = (model: string, text: string, overrides: Partial<PredictRequest> = {}): Promise<PredictResponse> =>
  provider.predict(
    chatRequest(`local/${model}`, { messages: [user(text)], ...overrides } as Partial<PredictRequest>),
    modelCall(model),
  );

test('local provider: lists its models with honest descriptions, and knows their sizes once ready', async () => {
  await provider.ready(new AbortController().signal);
  const models = provider.models();
  assert.deepEqual(
    models.map((model) => [model.id, model.contextTokens, model.embeddingDimensions, model.capabilities.join(' ')]),
    [
      ['local/chat', 131_072, undefined, 'chat'],
      ['local/stories', 512, undefined, 'chat logprobs seed'],
      ['local/use-lite', 128, 512, 'embeddings'],
      ['local/rank', undefined, undefined, 'rank'],
      ['local/classify', 128, undefined, 'classify'],
      ['local/mine', 512, undefined, 'chat logprobs seed'],
    ],
  );
  assert.match(models[0]!.summary, /not a language model/);
});

test('local stories: streams a fitting story as start, deltas and end with real usage', async () => {
  const request = chatRequest('local/stories', {
    messages: [user('Write a story about a penguin and a lantern.')],
    sampling: { seed: 4 },
  });
  const parts: PredictPart[] = [];
  for await (const part of provider.predictStream(request, modelCall('stories'))) parts.push(part);
  assert.equal(parts[0]?.type, 'start');
  const end = parts.at(-1);
  assert.ok(end?.type === 'end');
  const text = parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join('');
  assert.match(text, /penguin/);
  assert.match(text, /lantern/);
  assert.equal(end.usage.source, 'engine');
  assert.equal(end.usage.outputTokens, parts.length - 2, 'one part per token: this text has no split characters');
});

test('local stories: the token limit ends with length, the stop sequence with stop and without its text', async () => {
  const short = await ask('stories', 'Tell me a story about a fox.', { sampling: { maxOutputTokens: 5, seed: 1 } });
  assert.deepEqual([short.finishReason, short.usage.outputTokens], ['length', 5]);
  const whole = textOf((await ask('stories', 'Tell me a story about a fox.', { sampling: { seed: 1 } })).content);
  const stop = whole.slice(20, 31);
  const stopped = await ask('stories', 'Tell me a story about a fox.', { sampling: { seed: 1, stop: [stop] } });
  assert.deepEqual([stopped.finishReason, stopped.stopSequence], ['stop', stop]);
  assert.equal(textOf(stopped.content), whole.slice(0, whole.indexOf(stop)));
});

test('local stories: log probabilities spell the answer and rank alternatives', async () => {
  const answer = await ask('stories', 'Tell me a story about a fox.', {
    sampling: { temperature: 0, logprobs: true, topLogprobs: 3, maxOutputTokens: 20 },
  });
  const logprobs = answer.logprobs ?? [];
  assert.equal(logprobs.length, answer.usage.outputTokens);
  assert.equal(Buffer.from(logprobs.flatMap((entry) => entry.bytes ?? [])).toString(), textOf(answer.content));
  for (const { token, logprob, top } of logprobs) {
    assert.equal(top.length, 3);
    assert.equal(top[0]?.token, token, 'temperature 0 takes the most probable');
    assert.ok(logprob <= 0 && top[0]!.logprob >= top[1]!.logprob);
  }
});

test('local stories: an answer to a raw text that was cut at a word goes on with the same words', async () => {
  const prompt = 'Once upon a time, there was a small fox. The fox';
  const sampling = { temperature: 0, maxOutputTokens: 24 };
  const request = chatRequest('local/stories', { messages: [], prompt, sampling });
  const { continuation } = provider;
  assert.equal(continuation?.canContinue(request, 'stories'), true);
  assert.equal(continuation?.canContinue(chatRequest('local/stories'), 'stories'), false);
  const whole = textOf((await provider.predict(request, modelCall('stories'))).content);
  const said = /^(?: \w+){3}/.exec(whole)?.[0] ?? assert.fail(whole);
  const rest = await collectResponse(continuation!.continueStream(request, said, modelCall('stories')));
  assert.ok(`${said}${textOf(rest.content)}`.startsWith(whole), textOf(rest.content));
});

test('local stories: continues a raw text without any template', async () => {
  const prompt = 'Once upon a time, there was a small fox. The fox';
  const answer = await ask('stories', '', { messages: [], prompt, sampling: { temperature: 0, maxOutputTokens: 12 } });
  const count = await provider.countTokens!(
    chatRequest('local/stories', { messages: [], prompt }),
    modelCall('stories'),
  );
  assert.equal(answer.usage.inputTokens, count.inputTokens);
  assert.match(textOf(answer.content), /^ \w+/, 'goes on within the sentence');
  const long = { messages: [], prompt: 'fox '.repeat(1_000) };
  await assert.rejects(ask('stories', '', long), failsWith('context_length_exceeded', 'prompt'));
});

test('local stories: a conversation that does not fit is refused with its size', async () => {
  await assert.rejects(ask('stories', 'fox kite '.repeat(400)), failsWith('context_length_exceeded', 'messages'));
});

test('local chat: quotes the sentence that answers, with the id of its document', async () => {
  const documents = [
    { id: 'returns.md', text: 'Returns are accepted within 30 days of delivery. Items must be unused.' },
    { id: 'shipping.md', text: 'Standard shipping takes 3 to 5 days. Express delivery arrives the next working day.' },
  ];
  const answer = await ask('chat', 'Within how many days are returns accepted?', { extra: { documents } });
  assert.equal(
    textOf(answer.content),
    'According to the supplied context: "Returns are accepted within 30 days of delivery." [returns.md]',
  );
  assert.equal(answer.finishReason, 'stop');
  assert.ok(answer.usage.inputTokens > 0 && answer.usage.outputTokens > 0);
});

test('local chat: says so when the context does not hold the answer, or when there is no context', async () => {
  const documents = ['Returns are accepted within 30 days of delivery.'];
  const answer = await ask('chat', 'Who is the king of Sweden?', { extra: { documents } });
  assert.match(textOf(answer.content), /did not find an answer/);
  assert.match(textOf((await ask('chat', 'Who is the king of Sweden?')).content), /only answer from text/);
});

test('local chat: numbers decide: class 12 is not answered from class 9, and class 99 not at all', async () => {
  const documents = [9, 10, 12].map((n) => ({ id: `class-${n}`, text: `Parcels of class ${n} take ${n + 30} days.` }));
  const days = (n: number) => ask('chat', `How many days do parcels of class ${n} take?`, { extra: { documents } });
  assert.equal(
    textOf((await days(12)).content),
    'According to the supplied context: "Parcels of class 12 take 42 days." [class-12]',
  );
  assert.match(textOf((await days(99)).content), /did not find/);
});

test('local chat: the same request has the same answer, and limits apply to it as to any model', async () => {
  const first = await ask('chat', 'Hello!');
  assert.deepEqual((await ask('chat', 'Hello!')).content, first.content);
  const cut = await ask('chat', 'Hello!', { sampling: { maxOutputTokens: 3 } });
  assert.deepEqual([cut.finishReason, cut.usage.outputTokens], ['length', 3]);
  const stopped = await ask('chat', 'Hello!', { sampling: { stop: ['text'] } });
  assert.equal(textOf(stopped.content), 'Hello! Send me a ');
});

test('local use-lite: near texts are near, usage is counted, and what was cut off is logged', async () => {
  const input = [
    'How do I reset my password?',
    'I forgot my password, how can I change it?',
    'The fox ate berries.',
    '',
  ];
  const { vectors, usage } = await provider.embed({ model: 'local/use-lite', input }, modelCall('use-lite'));
  const cosine = (a: number, b: number) => vectors[a]!.reduce((sum, value, i) => sum + value * vectors[b]![i]!, 0);
  assert.ok(cosine(0, 1) > 0.6 && cosine(0, 2) < 0.4, `${cosine(0, 1)} ${cosine(0, 2)}`);
  assert.deepEqual(
    vectors.map((vector) => vector.length),
    [512, 512, 512, 512],
  );
  assert.ok(usage.inputTokens > 20);
  await provider.embed({ model: 'local/use-lite', input: ['word '.repeat(500)] }, modelCall('use-lite'));
  assert.match(log.lines.at(-1)?.message ?? '', /cut off/);
});

test('local provider: refuses what its models cannot do, naming the field', async () => {
  const tools = [{ kind: 'function' as const, name: 'f' }];
  await assert.rejects(ask('chat', 'x', { tools }), failsWith('unsupported_capability', 'tools'));
  const json = { responseFormat: { kind: 'json-object' as const } };
  await assert.rejects(ask('stories', 'x', json), failsWith('unsupported_capability', 'response_format'));
  await assert.rejects(
    ask('chat', 'x', { sampling: { logprobs: true } }),
    failsWith('unsupported_capability', 'logprobs'),
  );
  const source = { kind: 'url' as const, url: 'https://example.org/x.png' };
  const picture = { messages: [{ role: 'user' as const, content: [{ type: 'image' as const, source }] }] };
  await assert.rejects(ask('chat', '', picture), failsWith('unsupported_capability', 'messages[0].content'));
  await assert.rejects(ask('use-lite', 'x'), failsWith('unsupported_capability', 'model'));
  const embedding = { model: 'local/use-lite', input: ['x'], dimensions: 64 };
  await assert.rejects(
    provider.embed(embedding, modelCall('use-lite')),
    failsWith('unsupported_capability', 'dimensions'),
  );
  const tokens = { model: 'local/use-lite', input: [], tokens: [[1, 2]] };
  await assert.rejects(provider.embed(tokens, modelCall('use-lite')), failsWith('unsupported_capability', 'input'));
  await assert.rejects(
    provider.embed({ model: 'local/chat', input: ['x'] }, modelCall('chat')),
    failsWith('unsupported_capability'),
  );
  await assert.rejects(ask('gpt-7', 'x'), failsWith('model_not_found', 'model'));
  const biased = { extra: { logit_bias: { 50256: -100 } } };
  await assert.rejects(ask('stories', 'x', biased), failsWith('unsupported_capability', 'logit_bias'));
  const raw = { messages: [], prompt: 'Once' };
  await assert.rejects(ask('chat', '', raw), failsWith('unsupported_capability', 'prompt'));
});

test('local provider: says which hints it left out, in the answer and at the start of a stream', async () => {
  const extra = { user: 'u-1', metadata: { team: 'a' }, store: false, logit_bias: {} };
  const answer = await ask('chat', 'Hello!', { extra, sampling: { temperature: 0.7 } });
  assert.deepEqual(answer.downgrades, ['user', 'metadata', 'temperature']);
  const parts = provider.predictStream(chatRequest('local/stories', { extra }), modelCall('stories'));
  for await (const part of parts) {
    assert.ok(part.type === 'start');
    assert.deepEqual(part.downgrades, ['user', 'metadata']);
    break;
  }
  assert.equal((await ask('chat', 'Hello!')).downgrades, undefined);
});

test('local provider: the time to the first token runs while the prompt is read, and the caller hears of it at once', async () => {
  const before = clock.pendingTimers;
  const documents = ['The fox ate berries in the garden. '.repeat(6_000)];
  const request = chatRequest('local/chat', { messages: [user('Who ate berries?')], extra: { documents } });
  const first = provider.predictStream(request, modelCall('chat'))[Symbol.asyncIterator]().next();
  clock.advance(testTimeouts.firstTokenMs);
  await assert.rejects(first, failsWith('upstream_timeout'));
  assert.equal(clock.pendingTimers, before);
});

test('local provider: an attempt that takes too long fails as upstream_timeout and leaves no timer', async () => {
  const before = clock.pendingTimers;
  const request = chatRequest('local/stories', { messages: [user('Tell me a story about a fox.')] });
  const parts = provider.predictStream(request, modelCall('stories'))[Symbol.asyncIterator]();
  await parts.next();
  await parts.next();
  clock.advance(testTimeouts.totalMs);
  await assert.rejects(async () => {
    for (;;) if ((await parts.next()).done === true) return;
  }, failsWith('upstream_timeout'));
  assert.equal(clock.pendingTimers, before);
});

test('local provider: a cancelled call rejects with the reason of its signal', async () => {
  const signal = AbortSignal.abort(new SluiceError('deadline_exceeded'));
  const request = chatRequest('local/stories', { messages: [user('Tell me a story about a fox.')] });
  await assert.rejects(provider.predict(request, modelCall('stories', { signal })), failsWith('deadline_exceeded'));
});

test('sluice-stories: the committed files are those of the checksum list', async () => {
  const sums = (await readFile(join(weightsDir, 'SHA256SUMS'), 'utf8')).trim().split('\n');
  assert.ok(sums.length >= 6);
  for (const line of sums) {
    const [expected, file = ''] = line.split('  ');
    const actual = createHash('sha256')
      .update(await readFile(join(weightsDir, file)))
      .digest('hex');
    assert.equal(actual, expected, file);
  }
});
