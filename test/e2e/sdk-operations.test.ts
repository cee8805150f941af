// The official OpenAI and Anthropic clients, unmodified, against the routes beside chat: completions, moderations,
// transcriptions, token counts, models.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI, { toFile } from 'openai';
import { SluiceError } from '../../src/core/error.ts';
import type { ModelDescription } from '../../src/core/model-description.ts';
import type { TranscribeRequest } from '../../src/core/transcribe.ts';
import { textAnswer } from '../fixtures/scripted-inference.ts';
import { goodKey, requestOf, type SdkServer, startSdkServer } from './sdk-server.ts';

interface Clients extends SdkServer {
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
}

async function start(t: TestContext): Promise<Clients> {
  const server = await startSdkServer(t);
  return {
    ...server,
    openai: new OpenAI({ baseURL: `${server.url}/v1`, apiKey: goodKey }),
    anthropic: new Anthropic({ baseURL: server.url, apiKey: goodKey }),
  };
}

function model(id: string): ModelDescription {
  return { id, targets: ['p/m'], ownedBy: 'sluice', summary: 'S.', capabilities: ['chat'], createdAtMs: 0 };
}

test('openai sdk: a completion of a raw prompt, and of several', async (t) => {
  const { openai, inference } = await start(t);
  inference.script = ({ prompt = '' }) => textAnswer(' of', ` ${prompt.length}`);
  const one = await openai.completions.create({ model: 'base', prompt: 'Once', max_tokens: 5 });
  assert.deepEqual(
    [one.object, one.choices[0]?.text, one.choices[0]?.finish_reason],
    ['text_completion', ' of 4', 'stop'],
  );
  assert.equal(one.usage?.total_tokens, 5);
  const two = await openai.completions.create({ model: 'base', prompt: ['a', 'bb'] });
  assert.deepEqual(
    two.choices.map(({ index, text }) => [index, text]),
    [
      [0, ' of 1'],
      [1, ' of 2'],
    ],
  );
});

test('openai sdk: a completion as a stream, of several prompts, with its usage', async (t) => {
  const { openai, inference } = await start(t);
  inference.script = ({ prompt = '' }) => textAnswer(' of', ` ${prompt.length}`);
  const texts: string[] = ['', ''];
  let usage: OpenAI.CompletionUsage | undefined;
  const stream = await openai.completions.create({
    model: 'base',
    prompt: ['a', 'bb'],
    stream: true,
    stream_options: { include_usage: true },
  });
  for await (const chunk of stream) {
    for (const choice of chunk.choices) texts[choice.index] += choice.text;
    usage = chunk.usage ?? usage;
  }
  assert.deepEqual(texts, [' of 1', ' of 2']);
  assert.equal(usage?.completion_tokens, 4);
});

test('openai sdk: a target that cannot continue raw text is a BadRequestError that names the prompt', async (t) => {
  const { openai, inference } = await start(t);
  const refusal = new SluiceError('unsupported_capability', { message: 'It cannot.', param: 'prompt' });
  inference.script = () => [() => Promise.reject(refusal)];
  for (const stream of [false, true]) {
    await assert.rejects(openai.completions.create({ model: 'chat', prompt: 'x', stream }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.deepEqual([error.code, error.param], ['unsupported_capability', 'prompt']);
      return true;
    });
  }
});

test('openai sdk: a moderation', async (t) => {
  const { openai } = await start(t);
  const { data, response } = await openai.moderations.create({ model: 'guard', input: ['a', 'b'] }).withResponse();
  assert.equal(data.results.length, 2);
  assert.equal(data.results[0]?.categories.violence, false);
  assert.equal(data.results[0]?.category_scores.violence, 0.125);
  assert.equal(response.headers.get('x-sluice-model'), 'scripted/model-1');
});

test('openai sdk: transcriptions in every format, and as a stream', async (t) => {
  const { openai, inference } = await start(t);
  const file = () => toFile(Buffer.from('RIFF'), 'note.wav', { type: 'audio/wav' });
  inference.answers.transcribe = ({ audio }) => ({
    model: 'w',
    target: 'p/w',
    attempts: 1,
    text: `${audio.length} bytes`,
    language: 'english',
    durationS: 1,
    segments: [{ startS: 0, endS: 1, text: '4 bytes' }],
    usage: { inputTokens: 1, outputTokens: 2, source: 'provider' },
  });
  const asked = (): TranscribeRequest => inference.calls.at(-1)?.request as TranscribeRequest;
  const { transcriptions } = openai.audio;

  const json = await transcriptions.create({ model: 'w', file: await file(), include: ['logprobs'] });
  assert.equal(json.text, '4 bytes');
  assert.deepEqual(asked().extra, { include: ['logprobs'] });
  assert.deepEqual([asked().fileName, asked().mediaType], ['note.wav', 'audio/wav']);

  const verbose = await transcriptions.create({
    model: 'w',
    file: await file(),
    response_format: 'verbose_json',
    timestamp_granularities: ['word', 'segment'],
    temperature: 0,
  });
  assert.deepEqual([verbose.language, verbose.duration, verbose.segments?.[0]?.end], ['english', 1, 1]);
  assert.deepEqual([asked().timings, asked().temperature], [['word', 'segment'], 0]);

  const srt = await transcriptions.create({ model: 'w', file: await file(), response_format: 'srt' });
  assert.equal(srt, '1\n00:00:00,000 --> 00:00:01,000\n4 bytes\n\n');
  const text = await transcriptions.create({ model: 'w', file: await file(), response_format: 'text' });
  assert.equal(text, '4 bytes\n');

  const types: string[] = [];
  for await (const event of await transcriptions.create({ model: 'w', file: await file(), stream: true })) {
    types.push(event.type);
    if (event.type === 'transcript.text.done') assert.equal(event.usage?.total_tokens, 3);
  }
  assert.deepEqual(types, ['transcript.text.delta', 'transcript.text.done']);
});

test('openai sdk: models', async (t) => {
  const { openai, inference } = await start(t);
  inference.models = [model('chat'), model('p/m')];
  const ids: string[] = [];
  for await (const { id } of openai.models.list()) ids.push(id);
  assert.deepEqual(ids, ['chat', 'p/m']);
  assert.equal((await openai.models.retrieve('p/m')).object, 'model');
  await assert.rejects(openai.models.retrieve('nope'), OpenAI.NotFoundError);
});

test('anthropic sdk: tokens are counted, and an estimate says so', async (t) => {
  const { anthropic, inference } = await start(t);
  const question = { model: 'chat', messages: [{ role: 'user' as const, content: 'Hi' }] };
  const { data, response } = await anthropic.messages.countTokens(question).withResponse();
  assert.deepEqual(data, { input_tokens: 1 });
  assert.equal(response.headers.get('x-sluice-usage-source'), 'estimated');
  await anthropic.beta.messages.countTokens({ ...question, betas: ['token-counting-2024-11-01'] });
  const betas = requestOf(inference, 1).extra?.['anthropic_beta'];
  assert.ok(Array.isArray(betas) && betas.includes('token-counting-2024-11-01'));
});

test('anthropic sdk: models come page by page, and one by its name', async (t) => {
  const { anthropic, inference, url } = await start(t);
  inference.models = Array.from({ length: 45 }, (_, index) => model(`p/m${index}`));
  const ids: string[] = [];
  for await (const { id } of anthropic.models.list()) ids.push(id);
  assert.deepEqual(
    ids,
    inference.models.map(({ id }) => id),
  );
  assert.equal(inference.calls.length, 3);
  const one = await anthropic.models.retrieve('p/m7');
  assert.deepEqual([one.id, one.type, one.display_name], ['p/m7', 'model', 'p/m7']);
  await assert.rejects(anthropic.models.retrieve('nope'), (error) => {
    assert.ok(error instanceof Anthropic.NotFoundError);
    assert.equal(error.type, 'not_found_error');
    return true;
  });
  const stranger = new Anthropic({ baseURL: url, apiKey: 'sk-wrong' });
  await assert.rejects(stranger.models.list(), (error) => {
    assert.ok(error instanceof Anthropic.AuthenticationError);
    assert.equal(error.type, 'authentication_error');
    return true;
  });
});

test('anthropic sdk: ids are Anthropic’s whoever answers, and beta features reach the model call', async (t) => {
  const { anthropic, inference } = await start(t);
  const question = { model: 'chat', max_tokens: 9, messages: [{ role: 'user' as const, content: 'Hi' }] };
  const whole = await anthropic.beta.messages.create({ ...question, betas: ['context-1m-2025-08-07'] });
  assert.match(whole.id, /^msg_/);
  const streamed = await anthropic.messages.stream(question).finalMessage();
  assert.equal(streamed.id, whole.id);
  assert.deepEqual(requestOf(inference, 0).extra?.['anthropic_beta'], ['context-1m-2025-08-07']);
  assert.equal(requestOf(inference, 1).extra, undefined);
});
