// Transcriptions through the edge: the form that a call sends, and each of the forms in which it is answered.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestEdge, edgeKeys, type TestEdge } from '../../../test/fixtures/edge.ts';
import { formOf } from '../../../test/fixtures/form.ts';
import { openAiDocument } from '../../../test/fixtures/openapi.ts';
import { evaluationDataMissing } from '../../../test/fixtures/upstream-calls.ts';
import { SluiceError } from '../../core/error.ts';
import type { TranscribeRequest, TranscribeResponse } from '../../core/transcribe.ts';
import { renderSrt, renderVtt } from './transcriptions-subtitles.ts';

type Fields = Parameters<typeof formOf>[0];
type Json = ReturnType<typeof JSON.parse>;

const recording: Fields = [
  ['model', 'whisper'],
  ['file', new Blob(['RIFF....'], { type: 'audio/wav' }), 'note.wav'],
];

async function send(edge: TestEdge, ...fields: Fields): Promise<Awaited<ReturnType<TestEdge['server']['inject']>>> {
  const { contentType, body } = await formOf([...recording, ...fields]);
  return edge.server.inject({
    method: 'POST',
    url: '/v1/audio/transcriptions',
    headers: { authorization: `Bearer ${edgeKeys.first}`, 'content-type': contentType },
    payload: body,
  });
}

function asked(edge: TestEdge): TranscribeRequest {
  return edge.inference.calls.at(-1)?.request as TranscribeRequest;
}

const whole: TranscribeResponse = {
  model: 'whisper-1',
  target: 'p/whisper-1',
  attempts: 1,
  text: 'Hello there. <b>Bye</b> & out.',
  language: 'english',
  durationS: 62.25,
  segments: [
    {
      startS: 0,
      endS: 1.5,
      text: ' Hello there.',
      extra: {
        id: 7,
        seek: 0,
        tokens: [1],
        temperature: 0,
        avg_logprob: -0.25,
        compression_ratio: 1,
        no_speech_prob: 0.5,
      },
    },
    { startS: 61, endS: 62.0005, text: '<b>Bye</b>\n\n& out --> end.' },
  ],
  words: [{ word: 'Hello', startS: 0, endS: 0.5 }],
  usage: { inputTokens: 0, outputTokens: 4, source: 'estimated' },
  extra: { task: 'transcribe' },
};

test('transcriptions: the form becomes a request, and what has no name here is kept', async (t) => {
  const edge = createTestEdge(t);
  const answer = await send(
    edge,
    ['language', 'en'],
    ['prompt', 'Sluice'],
    ['temperature', '0.2'],
    ['include[]', 'logprobs'],
    ['keywords[]', 'a'],
    ['keywords[]', 'b'],
    ['chunking_strategy[type]', 'server_vad'],
    ['hotwords', 'c'],
  );
  assert.equal(answer.statusCode, 200);
  const { audio, ...request } = asked(edge);
  assert.equal(Buffer.from(audio).toString(), 'RIFF....');
  assert.deepEqual(request, {
    model: 'whisper',
    fileName: 'note.wav',
    mediaType: 'audio/wav',
    language: 'en',
    prompt: 'Sluice',
    temperature: 0.2,
    extra: { include: ['logprobs'], keywords: ['a', 'b'], 'chunking_strategy[type]': 'server_vad', hotwords: 'c' },
  });
  assert.equal(answer.headers['x-sluice-model'], 'scripted/model-1');
  const { fields } = await edge.logged('');
  assert.deepEqual([fields['route'], fields['model']], ['/v1/audio/transcriptions', 'whisper']);
});

test('transcriptions: json is the default; its usage is what is known', async (t) => {
  const edge = createTestEdge(t);
  const tokens = { type: 'tokens', input_tokens: 4, output_tokens: 0, total_tokens: 4 };
  assert.deepEqual((await send(edge)).json(), { text: '8 bytes', usage: tokens });
  edge.inference.answers.transcribe = () => ({ ...whole, extra: { languages: [{ code: 'en' }] } });
  const answer = await send(edge, ['response_format', 'json']);
  const { text } = whole;
  assert.deepEqual(answer.json(), { languages: [{ code: 'en' }], text, usage: { type: 'duration', seconds: 63 } });
  assert.equal('x-sluice-usage-source' in answer.headers, false, 'the length is the figure of the vendor');
  const { durationS: _, ...untimed } = whole;
  edge.inference.answers.transcribe = () => untimed;
  const estimated = { type: 'tokens', input_tokens: 0, output_tokens: 4, total_tokens: 4, estimated: true };
  const guessed = await send(edge);
  assert.deepEqual(guessed.json().usage, estimated);
  assert.equal(guessed.headers['x-sluice-usage-source'], 'estimated');
});

test('transcriptions: usage is told as the vendor told it, with its details', async (t) => {
  const edge = createTestEdge(t);
  const counted = { inputTokens: 14, outputTokens: 5, source: 'provider' } as const;
  const details = { type: 'tokens', input_token_details: { text_tokens: 1, audio_tokens: 13 }, input_tokens: 99 };
  const { extra: _, ...plain } = whole;
  edge.inference.answers.transcribe = () => ({ ...plain, usage: { ...counted, extra: details } });
  const tokens = { ...details, input_tokens: 14, output_tokens: 5, total_tokens: 19 };
  assert.deepEqual((await send(edge)).json(), { text: whole.text, usage: tokens });
  assert.deepEqual((await send(edge, ['response_format', 'verbose_json'])).json().usage, tokens);
  assert.deepEqual(eventsOf((await send(edge, ['stream', 'true'])).body).at(-1)?.usage, tokens);
  const duration = { type: 'duration', seconds: 9.5 };
  edge.inference.answers.transcribe = () => ({ ...whole, usage: { ...whole.usage, extra: duration } });
  assert.deepEqual((await send(edge)).json().usage, duration);
  assert.deepEqual((await send(edge, ['response_format', 'verbose_json'])).json().usage, duration);
});

test('transcriptions: what the model could not honour is in the header, whole and streamed', async (t) => {
  const edge = createTestEdge(t);
  edge.inference.answers.transcribe = () => ({ ...whole, downgrades: ['timestamp_granularities'] });
  assert.equal((await send(edge)).headers['x-sluice-downgraded'], 'timestamp_granularities');
  const streamed = await send(edge, ['stream', 'true']);
  assert.equal(streamed.headers['x-sluice-downgraded'], 'stream, timestamp_granularities');
});

test('transcriptions: verbose_json asks for segments unless it is told otherwise, and makes nothing up', async (t) => {
  const edge = createTestEdge(t);
  edge.inference.answers.transcribe = () => whole;
  const body: Json = (await send(edge, ['response_format', 'verbose_json'])).json();
  assert.deepEqual(asked(edge).timings, ['segment']);
  assert.deepEqual(body, {
    task: 'transcribe',
    language: 'english',
    duration: 62.25,
    text: whole.text,
    segments: [
      { ...whole.segments?.[0]?.extra, start: 0, end: 1.5, text: ' Hello there.' },
      { id: 1, start: 61, end: 62.0005, text: '<b>Bye</b>\n\n& out --> end.' },
    ],
    words: [{ word: 'Hello', start: 0, end: 0.5 }],
    usage: { type: 'duration', seconds: 63 },
  });
  await send(edge, ['response_format', 'verbose_json'], ['timestamp_granularities[]', 'word']);
  assert.deepEqual(asked(edge).timings, ['word']);
  await send(
    edge,
    ['response_format', 'verbose_json'],
    ['timestamp_granularities[]', 'word'],
    ['timestamp_granularities[]', 'segment'],
  );
  assert.deepEqual(asked(edge).timings, ['word', 'segment']);
});

test('transcriptions: text and subtitles are not JSON', async (t) => {
  const edge = createTestEdge(t);
  edge.inference.answers.transcribe = () => whole;
  const text = await send(edge, ['response_format', 'text']);
  assert.equal(text.body, `${whole.text}\n`);
  assert.match(text.headers['content-type'] ?? '', /^text\/plain/);
  const srt = await send(edge, ['response_format', 'srt']);
  assert.match(srt.headers['content-type'] ?? '', /^application\/x-subrip/);
  assert.deepEqual(asked(edge).timings, ['segment']);
  assert.equal(srt.body, renderSrt(whole.segments ?? []));
  const vtt = await send(edge, ['response_format', 'vtt']);
  assert.match(vtt.headers['content-type'] ?? '', /^text\/vtt/);
  assert.equal(vtt.body, renderVtt(whole.segments ?? []));
});

test('transcriptions: subtitles have one cue for each segment, on one line', () => {
  const segments = whole.segments ?? [];
  assert.equal(
    renderSrt(segments),
    '1\n00:00:00,000 --> 00:00:01,500\nHello there.\n\n' +
      '2\n00:01:01,000 --> 00:01:02,001\n<b>Bye</b> & out -> end.\n\n',
  );
  assert.equal(
    renderVtt(segments),
    'WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nHello there.\n\n' +
      '00:01:01.000 --> 00:01:02.001\n&lt;b&gt;Bye&lt;/b&gt; &amp; out --&gt; end.\n\n',
  );
  const late = renderSrt([{ startS: 3_599.9996, endS: 360_000, text: 'x' }]);
  assert.equal(late, '1\n01:00:00,000 --> 100:00:00,000\nx\n\n');
});

test('transcriptions: subtitles without timings are refused, never empty', async (t) => {
  const edge = createTestEdge(t);
  const answer = await send(edge, ['response_format', 'vtt']);
  assert.equal(answer.statusCode, 400);
  const { code, param } = answer.json().error;
  assert.deepEqual([code, param], ['unsupported_capability', 'response_format']);
});

test('transcriptions: a stream is one delta and its end, and says that the text came at once', async (t) => {
  const edge = createTestEdge(t);
  const logprobs = [{ token: 'x', logprob: -1 }];
  edge.inference.answers.transcribe = () => ({
    ...whole,
    usage: { inputTokens: 2, outputTokens: 4, source: 'provider' },
    extra: { logprobs },
  });
  const answer = await send(edge, ['stream', 'true']);
  assert.match(answer.headers['content-type'] ?? '', /^text\/event-stream/);
  assert.equal(answer.headers['x-sluice-downgraded'], 'stream');
  assert.equal(answer.headers['x-sluice-model'], 'p/whisper-1');
  const { text } = whole;
  const usage = { type: 'tokens', input_tokens: 2, output_tokens: 4, total_tokens: 6 };
  assert.deepEqual(eventsOf(answer.body), [
    { type: 'transcript.text.delta', delta: text, logprobs },
    { type: 'transcript.text.done', text, logprobs, usage },
  ]);
  assert.equal((await send(edge, ['stream', 'false'])).json().text, text);
});

test('transcriptions: speakers are the model’s to tell apart, whole and streamed', async (t) => {
  const edge = createTestEdge(t);
  const extra = { id: 'seg_1', speaker: 'A', type: 'transcript.text.segment' };
  edge.inference.answers.transcribe = () => ({ ...whole, segments: [{ startS: 0, endS: 1, text: 'Hi.', extra }] });
  const format = ['response_format', 'diarized_json'] as const;
  const body: Json = (await send(edge, format)).json();
  assert.deepEqual(asked(edge).extra, { response_format: 'diarized_json' });
  assert.deepEqual(body.segments, [{ ...extra, start: 0, end: 1, text: 'Hi.' }]);
  const events = eventsOf((await send(edge, format, ['stream', 'true'])).body);
  assert.deepEqual(events.slice(0, 2), [
    { type: 'transcript.text.delta', delta: 'Hi.', segment_id: 'seg_1' },
    { type: 'transcript.text.segment', id: 'seg_1', start: 0, end: 1, text: 'Hi.', speaker: 'A' },
  ]);
  assert.equal(events.at(-1)?.type, 'transcript.text.done');
});

test('transcriptions: a stream that fails has the status of its failure', async (t) => {
  const edge = createTestEdge(t);
  edge.inference.answers.transcribe = () => {
    throw new SluiceError('upstream_unavailable');
  };
  const answer = await send(edge, ['stream', 'true']);
  assert.deepEqual([answer.statusCode, answer.json().error.code], [503, 'upstream_unavailable']);
});

test('transcriptions: wrong fields are named', async (t) => {
  const edge = createTestEdge(t);
  const cases: readonly [fields: Fields, code: string, param: string][] = [
    [[['response_format', 'docx']], 'invalid_request', 'response_format'],
    [[['temperature', 'hot']], 'invalid_request', 'temperature'],
    [[['temperature', '1.5']], 'invalid_request', 'temperature'],
    [[['stream', 'maybe']], 'invalid_request', 'stream'],
    [[['timestamp_granularities[]', 'word']], 'invalid_request', 'timestamp_granularities[]'],
    [
      [
        ['response_format', 'verbose_json'],
        ['timestamp_granularities[]', 'letter'],
      ],
      'invalid_request',
      'timestamp_granularities[]',
    ],
    [[['model', 'again']], 'invalid_request', 'model'],
    [[['__proto__', 'x']], 'invalid_request', '__proto__'],
    [
      [
        ['response_format', 'srt'],
        ['stream', 'true'],
      ],
      'unsupported_capability',
      'stream',
    ],
  ];
  for (const [fields, code, param] of cases) {
    const answer = await send(edge, ...fields);
    const { error } = answer.json();
    assert.deepEqual([answer.statusCode, error.code, error.param], [400, code, param]);
  }
  assert.equal(edge.inference.calls.length, 0);
});

test('transcriptions: answers and events are valid by the published document', {
  skip: evaluationDataMissing ?? false,
}, async (t) => {
  const edge = createTestEdge(t);
  const document = openAiDocument();
  const [first] = whole.segments ?? [];
  assert.ok(first);
  edge.inference.answers.transcribe = () => ({ ...whole, segments: [first] });
  document.assertValid('CreateTranscriptionResponseJson', (await send(edge)).json());
  const verbose = await send(edge, ['response_format', 'verbose_json']);
  document.assertValid('CreateTranscriptionResponseVerboseJson', verbose.json());
  edge.inference.answers.transcribe = () => ({
    ...whole,
    usage: { inputTokens: 2, outputTokens: 4, source: 'provider' },
  });
  for (const event of eventsOf((await send(edge, ['stream', 'true'])).body)) {
    document.assertValid('CreateTranscriptionResponseStreamEvent', event);
  }
});

function eventsOf(body: string): Json[] {
  const events = body.split('\n\n').filter((event) => event !== '');
  return events.map((event) => JSON.parse(event.replace(/^data: /, '')));
}
