// However the bytes of a stream are cut on their way, the parts are the same: our own fixtures always, recorded streams of real
// vendors where the evaluation data is present.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ModelProvider } from '../../src/ports/model.ts';
import { createAnthropicProvider } from '../../src/providers/anthropic/provider.ts';
import { createOpenAiProvider } from '../../src/providers/openai/provider.ts';
import { createOpenAiCompatibleProvider } from '../../src/providers/openai-compatible/provider.ts';
import { createVertexProvider } from '../../src/providers/vertex/provider.ts';
import { chatRequest } from '../fixtures/calls.ts';
import { FakeClock } from '../fixtures/fake-clock.ts';
import { createRecordingLog } from '../fixtures/silent-telemetry.ts';
import { answerWith, startUpstream } from '../fixtures/upstream.ts';
import { cutAt, evaluationDataMissing, modelCall, readParts } from '../fixtures/upstream-calls.ts';
import { randomNumbers } from './random-numbers.ts';
import {
  eventEnds,
  feed,
  native,
  type Outcome,
  oneTokenEstimator,
  ownStreams,
  recordedStreams,
  type StreamForm,
  type VendorStream,
} from './vendor-streams.ts';

const seed = Number(process.env['SLUICE_TEST_SEED'] ?? 20_261_125);

/** The pieces of a body, by how it is cut. */
const chunkings: Readonly<Record<string, (body: Buffer, random: () => number) => Iterable<Buffer>>> = {
  'event by event': (body) => cutAt(body, eventEnds(body)),
  'byte by byte': (body) => singleBytes(body),
  'within characters and line ends': (body) => cutAt(body, insides(body)),
  'at random': (body, random) => {
    const cuts = Math.ceil(body.length / 50);
    return cutAt(
      body,
      Array.from({ length: cuts }, () => Math.floor(random() * body.length)),
    );
  },
};

/** Above this size the middle of a body comes in pieces of a few bytes: single ones would take the test's time for the same. */
const singleBytesAtEachEnd = 8 * 1024;

function* singleBytes(body: Buffer): Generator<Buffer> {
  let at = 0;
  while (at < body.length) {
    const isMiddle = at >= singleBytesAtEachEnd && body.length - at > singleBytesAtEachEnd;
    const size = isMiddle ? 5 : 1;
    yield body.subarray(at, at + size);
    at += size;
  }
}

/** Positions before the later bytes of a character, and between CR and LF. */
function insides(body: Buffer): number[] {
  const offsets: number[] = [];
  for (let at = 1; at < body.length; at += 1) {
    const byte = body[at] ?? 0;
    if ((byte & 0xc0) === 0x80 || (byte === 10 && body[at - 1] === 13)) offsets.push(at);
  }
  return offsets;
}

/** A text for comparison: what is equal reads the same. */
const written = ({ parts, error }: Outcome): string => JSON.stringify([parts, error?.reason]);

async function checkAll(streams: readonly VendorStream[], t: { diagnostic(message: string): void }): Promise<void> {
  const random = randomNumbers(seed);
  t.diagnostic(`seed ${seed}`);
  for (const { label, form, body, choiceCount } of streams) {
    // Of the fixtures, several leave `[DONE]` out: what is not known of a server is not held against it.
    const whole = written(await feed(form, [body], { saysDone: false, choiceCount }));
    for (const [name, cut] of Object.entries(chunkings)) {
      const outcome = written(await feed(form, cut(body, random), { saysDone: false, choiceCount }));
      if (outcome !== whole) assert.equal(outcome, whole, `${label}, ${name}`);
    }
  }
  t.diagnostic(`${streams.length} streams, each cut in ${Object.keys(chunkings).length} ways`);
}

/** Every stream through sockets and the provider itself gives what `feed` gives: the two are one path. */
async function checkSockets(streams: readonly VendorStream[]): Promise<void> {
  const upstream = await startUpstream();
  const options = {
    name: 'p',
    baseUrl: upstream.baseUrl,
    clock: new FakeClock(),
    log: createRecordingLog(),
    estimator: oneTokenEstimator,
  };
  const auth = { kind: 'api-key', apiKey: async () => 'a-key' } as const;
  const providers: Readonly<Record<StreamForm, () => ModelProvider>> = {
    chat: () => createOpenAiCompatibleProvider(options),
    responses: () => createOpenAiProvider({ ...options, api: 'responses' }),
    messages: () => createAnthropicProvider(options),
    generate: () => createVertexProvider({ ...options, auth }),
  };
  try {
    for (const { label, form, body, choiceCount } of streams) {
      upstream.script = answerWith({ body, headers: { 'content-type': 'text/event-stream' }, chunkBytes: 7919 });
      const provider = providers[form]();
      const request = form === 'responses' ? native : chatRequest('m', { sampling: { choiceCount } });
      const streamed = written(await readParts(provider.predictStream(request, modelCall('m'))));
      await provider.close();
      assert.equal(streamed, written(await feed(form, [body], { saysDone: false, choiceCount })), label);
    }
  } finally {
    await upstream.close();
  }
}

describe('chunking', () => {
  test('chunking: our own streams give the same parts however they are cut', (t) => checkAll(ownStreams(), t));

  test('chunking: through sockets and a provider they give the same', () => checkSockets(ownStreams()));

  test('chunking: recorded streams give the same parts however they are cut', {
    skip: evaluationDataMissing ?? false,
    timeout: 120_000,
  }, async (t) => {
    const streams = recordedStreams();
    assert.ok(streams.length >= 300, `only ${streams.length} streams`);
    await checkAll(streams, t);
    await checkSockets(streams);
  });
});
