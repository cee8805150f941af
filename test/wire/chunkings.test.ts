// What a client reads does not depend on how a network cuts a vendor's bytes, and a stream that was cut is never an answer.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, describe, type TestContext, test } from 'node:test';
import { cutAt, evaluationDataMissing } from '../fixtures/upstream-calls.ts';
import { anthropicReader } from './readers/anthropic.ts';
import type { Heard, Reader } from './readers/heard.ts';
import { openAiReader } from './readers/openai.ts';
import { type Recording, readRecordings, type Wire } from './recordings.ts';
import { type Chunking, type Playing, type ReplayServer, startReplayServer, whole } from './replay-server.ts';
import { askedOf, nativeEndpoint } from './requests/asked.ts';
import { type SluiceSubject, startSluice } from './sluice.ts';
import { truthOf } from './truth.ts';

/** Streams of each wire that are cut in every way; longer ones would take their time byte by byte. */
const sampleSize = 6;
const maxSampleBytes = 8_000;

/** Streams of each wire that are cut off. */
const truncationSampleSize = 25;

describe('wire chunkings', { skip: evaluationDataMissing ?? false, timeout: 600_000 }, () => {
  let replay: ReplayServer;
  let sluice: SluiceSubject;
  let readers: readonly Reader[];

  before(async () => {
    replay = await startReplayServer();
    sluice = await startSluice(replay.baseUrl);
    readers = [openAiReader(sluice.url, sluice.apiKey), anthropicReader(sluice.url, sluice.apiKey)];
  });

  after(async () => {
    await sluice.close();
    await replay.close();
  });

  async function hear(recording: Recording, playing: Playing): Promise<Heard> {
    const endpoint = nativeEndpoint[recording.wire];
    const reader = readers.find(({ endpoints }) => endpoints.includes(endpoint)) ?? assert.fail('no reader');
    replay.play(recording, playing);
    return reader.ask(askedOf(recording, endpoint, sluice.modelOf(recording), truthOf(recording)));
  }

  test('wire chunkings: the same stream is heard however its bytes are cut', async (t) => {
    const random = seeded(t);
    const chunkings: Readonly<Record<string, Chunking>> = {
      'per event': perEvent,
      'per byte': (body) => Array.from(body, (_, index) => body.subarray(index, index + 1)),
      'inside characters and line ends': insideCharacters,
      random: (body) =>
        cutAt(
          body,
          Array.from({ length: 1 + random(20) }, () => random(body.length)),
        ),
    };
    for (const recording of sampleOf(t, sampleSize, maxSampleBytes)) {
      const expected = await hear(recording, { chunking: whole });
      assert.equal(expected.kind, 'answer', recording.label);
      for (const body of [recording.body, recording.body.replaceAll(/\r?\n/g, '\r\n')]) {
        for (const [name, chunking] of Object.entries(chunkings)) {
          const heard = await hear({ ...recording, body }, { chunking });
          assert.deepEqual(heard, expected, `${name}: ${recording.label}`);
        }
      }
    }
  });

  test('wire chunkings: a stream that is cut off before its end is a failure for the caller', async (t) => {
    const random = seeded(t);
    let count = 0;
    for (const recording of sampleOf(t, truncationSampleSize, 100_000)) {
      const bytes = Buffer.from(recording.body);
      const ends = perEvent(bytes).map((_, index, all) =>
        all.slice(0, index + 1).reduce((sum, { length }) => sum + length, 0),
      );
      for (const at of [random(bytes.length), ends[random(ends.length)] ?? 0, ends.at(-3) ?? 0]) {
        const cut = { ...recording, body: bytes.subarray(0, at).toString() };
        if (truthOf(cut).kind !== 'broken') continue; // All but the last words of the vendor: it is an answer.
        for (const ending of ['end', 'cut', 'reset'] as const) {
          const heard = await hear(cut, { ending });
          assert.equal(heard.kind, 'failure', `${ending} after ${at} of ${bytes.length} bytes: ${recording.label}`);
          count += 1;
        }
      }
    }
    t.diagnostic(`${count} streams cut off`);
    assert.ok(count >= 100, `only ${count} cuts`);
  });
});

/** Whole streams, evenly spread over the recordings of each wire in the order of their labels. */
function sampleOf(t: TestContext, size: number, maxBytes: number): Recording[] {
  const fit = readRecordings()
    .recordings.filter((recording) => recording.streamed && recording.status === 200)
    .filter((recording) => Buffer.byteLength(recording.body) <= maxBytes && truthOf(recording).kind === 'answer')
    .filter(({ request }) => request?.['previous_response_id'] == null && Number(request?.['n'] ?? 1) === 1)
    .sort((a, b) => (a.label < b.label ? -1 : 1));
  const wires: readonly Wire[] = ['chat', 'completions', 'responses', 'messages', 'generate'];
  return wires.flatMap((wire) => {
    const all = fit.filter((recording) => recording.wire === wire);
    const step = Math.max(1, Math.floor(all.length / size));
    const chosen = all.filter((_, index) => index % step === 0).slice(0, size);
    t.diagnostic(`${wire}: ${chosen.length} of ${all.length} streams, every ${step}th`);
    return chosen;
  });
}

/** Whole numbers below a bound, by a seed that is printed; write it here to repeat a run. */
function seeded(t: TestContext, seed: number = randomInt(2 ** 31)): (bound: number) => number {
  t.diagnostic(`seed ${seed}`);
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % Math.max(1, bound);
  };
}

/** Behind each empty line. */
const perEvent: Chunking = (body) => {
  const ends = [...body.toString('latin1').matchAll(/\r?\n\r?\n/g)].map((match) => match.index + match[0].length);
  return cutAt(body, ends);
};

/** Within every character of more than one byte, and between the two halves of every line end. */
const insideCharacters: Chunking = (body) => {
  const offsets: number[] = [];
  for (const [index, byte] of body.entries()) {
    const isInside = (byte & 0xc0) === 0x80;
    const isBetween = byte === 10 && body[index - 1] === 13;
    if (isInside || isBetween) offsets.push(index);
  }
  return cutAt(body, offsets);
};
