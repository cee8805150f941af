// Whatever is lost or damaged on the way, a stream never ends as if it were whole: our own fixtures always, recorded streams of
// real vendors where the evaluation data is present. One table of faults for all vendors.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ResponseCollector } from '../../src/core/collect.ts';
import type { PredictPart } from '../../src/core/predict.ts';
import { cutAt, evaluationDataMissing } from '../fixtures/upstream-calls.ts';
import { randomNumbers } from './random-numbers.ts';
import {
  type BodyEnding,
  eventEnds,
  feed,
  type Outcome,
  ownStreams,
  recordedStreams,
  type StreamForm,
  type VendorStream,
} from './vendor-streams.ts';

const seed = Number(process.env['SLUICE_TEST_SEED'] ?? 20_261_125);

/** A stream that is whole, its events, and what it says. */
interface WholeStream extends VendorStream {
  readonly events: readonly Buffer[];
  /** How many of the events it takes until the stream is complete. */
  readonly needed: number;
  readonly parts: readonly PredictPart[];
  /** Which of the events are tried: all of a short stream, of a long one both ends and a sample between. */
  readonly sample: readonly number[];
}

/** A damaged body, and how it ends. */
interface Damage {
  readonly bytes: readonly Buffer[];
  readonly ending: BodyEnding;
  readonly what: string;
}

/** What a fault may come to beside a failure. */
type Mercy =
  /** Nothing: it must be a failure. */
  | 'none'
  /** All that the whole stream says: what was lost or damaged said nothing. */
  | 'same parts'
  /** The same content and finish reason: what was lost is said of the answer, not by it. */
  | 'same content'
  /** The same texts and arguments, though perhaps a piece later: the whole that follows has what was lost. */
  | 'same words';

interface Fault {
  readonly name: string;
  readonly mercy: (form: StreamForm) => Mercy;
  damages(stream: WholeStream, random: () => number): Iterable<Damage>;
}

/** Google's wire has no last event: a clean end behind the finish reason is an end. */
const unlessGoogle = (form: StreamForm): Mercy => (form === 'generate' ? 'same content' : 'none');

const faults: readonly Fault[] = [
  {
    name: 'cut between two events, the body ends well',
    mercy: unlessGoogle,
    *damages({ events, needed, sample }) {
      for (const at of sample.filter((index) => index < needed))
        yield { bytes: events.slice(0, at), ending: 'end', what: `${at} of ${needed} events` };
    },
  },
  {
    name: 'cut between two events, the connection breaks',
    mercy: () => 'none',
    *damages({ events, needed, sample }) {
      for (const at of sample.filter((index) => index < needed))
        yield { bytes: events.slice(0, at), ending: 'break', what: `${at} of ${needed} events` };
    },
  },
  {
    name: 'cut within an event',
    mercy: unlessGoogle,
    *damages({ events, needed, sample }, random) {
      for (const at of sample.filter((index) => index < needed)) {
        const event = events[at] ?? Buffer.alloc(0);
        // Without its line ends the event is still whole: only what is cut shorter has lost something.
        const length = Math.floor(random() * event.toString('latin1').trimEnd().length);
        const bytes = [...events.slice(0, at), event.subarray(0, length)];
        yield { bytes, ending: random() < 0.5 ? 'end' : 'break', what: `event ${at} at ${length} of ${event.length}` };
      }
    },
  },
  {
    name: 'the last event is missing',
    mercy: unlessGoogle,
    *damages({ events, needed }) {
      yield { bytes: events.slice(0, needed - 1), ending: 'end', what: 'the last event' };
    },
  },
  {
    name: 'the JSON of an event is cut short',
    // What nobody reads may be damaged: pings, comments, what follows the end.
    mercy: () => 'same parts',
    *damages({ events, sample }) {
      for (const at of sample) {
        const text = (events[at] ?? Buffer.alloc(0)).toString('latin1');
        const damaged = text.replace(/[}\]](?=\s*(?:\r\n\r\n|\n\n)$)/, '');
        const bytes = events.map((event, index) => (index === at ? Buffer.from(damaged, 'latin1') : event));
        yield { bytes, ending: 'end', what: `event ${at}` };
      }
    },
  },
  {
    name: 'an error in the middle',
    mercy: () => 'none',
    *damages({ form, events, needed, sample }) {
      for (const at of sample.filter((index) => index < needed)) {
        const bytes = [...events.slice(0, at), Buffer.from(errorEvents[form]), ...events.slice(at)];
        yield { bytes, ending: 'end', what: `before event ${at}` };
      }
    },
  },
  {
    name: 'a delta is lost, doubled or swapped with the next',
    mercy: () => 'same words',
    *damages({ form, events, sample }) {
      if (form !== 'responses') return; // The only form that repeats the whole.
      const isDelta = (at: number): boolean => textDelta.test(String(events[at] ?? ''));
      for (const at of sample.filter(isDelta)) {
        const [event = Buffer.alloc(0), next = event] = events.slice(at);
        yield { bytes: events.toSpliced(at, 1), ending: 'end', what: `without event ${at}` };
        yield { bytes: events.toSpliced(at, 0, event), ending: 'end', what: `event ${at} twice` };
        if (isDelta(at + 1)) {
          yield { bytes: events.toSpliced(at, 2, next, event), ending: 'end', what: `event ${at} behind the next` };
        }
      }
    },
  },
  {
    name: 'nothing more comes',
    mercy: () => 'none',
    *damages({ events, needed, sample }) {
      // Whoever waits for a stalled stream is told by its deadline (deadlines.test.ts); until then there is no end.
      for (const at of sample.filter((index) => index < needed).slice(-4))
        yield { bytes: events.slice(0, at), ending: 'stall', what: `${at} of ${needed} events` };
    },
  },
];

/** The deltas of the Responses API that are repeated whole. */
const textDelta =
  /"type":\s*"response\.(?:output_text|refusal|reasoning_text|reasoning_summary_text|function_call_arguments)\.delta"/;

/** How each vendor says within a stream that it has failed. */
const errorEvents: Readonly<Record<StreamForm, string>> = {
  chat: 'data: {"error":{"message":"The server had an error.","type":"server_error","code":null}}\n\n',
  responses:
    'event: error\ndata: {"type":"error","sequence_number":9,"error":{"type":"server_error","code":"server_error","message":"Oops."}}\n\n',
  messages: 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
  generate: 'data: {"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}\n\n',
};

/** The streams that are whole; those that hold a failure, or were recorded without an end, have nothing to be cut off. */
async function wholeStreams(streams: readonly VendorStream[], most: number): Promise<WholeStream[]> {
  const whole: WholeStream[] = [];
  const random = randomNumbers(seed);
  for (const stream of streams) {
    const { body, form, choiceCount } = stream;
    const { parts, error } = await feed(form, [body], { choiceCount });
    if (error !== undefined) continue;
    const events = cutAt(body, eventEnds(body));
    const needed = await neededOf(form, events, choiceCount);
    whole.push({ ...stream, events, needed, parts, sample: sampleOf(events.length, needed, most, random) });
  }
  return whole;
}

/** Google's streams are complete with the body; the others with an event that says so, behind which some send more. */
async function neededOf(form: StreamForm, events: readonly Buffer[], choiceCount: number): Promise<number> {
  for (let count = events.length; count > 0; count -= 1) {
    const { error } = await feed(form, events.slice(0, count - 1), { choiceCount });
    if (error !== undefined || form === 'generate') return count;
  }
  return events.length;
}

function sampleOf(events: number, needed: number, most: number, random: () => number): number[] {
  if (events <= most) return Array.from({ length: events }, (_, index) => index);
  const third = Math.floor(most / 3);
  const sample = new Set<number>();
  for (let index = 0; index < third; index += 1) {
    sample.add(index);
    sample.add(Math.max(0, needed - 1 - index));
    sample.add(Math.floor(random() * events));
  }
  return [...sample].sort((a, b) => a - b);
}

function contentOf(parts: readonly PredictPart[]): string {
  const collector = new ResponseCollector();
  for (const part of parts) collector.add(part);
  const { content, finishReason, otherChoices = [] } = collector.finish();
  const others = otherChoices.map((other) => [other.index, other.content, other.finishReason]);
  return JSON.stringify([content, finishReason, others]);
}

/** What was said by kind, and how it ended. */
function wordsOf(parts: readonly PredictPart[]): Record<string, string> {
  const words: Record<string, string> = {};
  const add = (kind: string, word: string): void => {
    words[kind] = (words[kind] ?? '') + word;
  };
  for (const part of parts) {
    if (part.type === 'tool-call-delta') add(`call ${part.index}`, part.argumentsDelta);
    else if (part.type === 'end') add(part.type, part.finishReason);
    else if ('text' in part) add(part.type, part.text);
  }
  return words;
}

function assertNoFalseSuccess(outcome: Outcome, stream: WholeStream, mercy: Mercy, label: string): void {
  const { parts, error } = outcome;
  const hasEnd = parts.some((part) => part.type === 'end');
  if (error !== undefined) {
    assert.ok(!hasEnd, `${label}: an end before the failure`);
    return;
  }
  if (!hasEnd) return; // A stall: nothing was said about the end.
  assert.notEqual(mercy, 'none', `${label}: ended as if it were whole`);
  if (mercy === 'same parts') assert.deepEqual(parts, stream.parts, label);
  else if (mercy === 'same words') assert.deepEqual(wordsOf(parts), wordsOf(stream.parts), label);
  else assert.equal(contentOf(parts), contentOf(stream.parts), label);
}

async function checkAll(
  streams: readonly WholeStream[],
  fault: Fault,
  t: { diagnostic(message: string): void },
): Promise<void> {
  const random = randomNumbers(seed);
  let damages = 0;
  let failures = 0;
  for (const stream of streams) {
    for (const { bytes, ending, what } of fault.damages(stream, random)) {
      const outcome = await feed(stream.form, bytes, { ending, choiceCount: stream.choiceCount });
      assertNoFalseSuccess(outcome, stream, fault.mercy(stream.form), `${stream.label}: ${what}`);
      damages += 1;
      failures += Number(outcome.error !== undefined);
    }
  }
  t.diagnostic(`seed ${seed}: ${damages} damages of ${streams.length} streams, ${failures} failures`);
  assert.ok(damages > 0);
  if (fault.name !== 'nothing more comes')
    assert.ok(failures >= damages * 0.8, `only ${failures} of ${damages} failed`);
}

describe('faults of streams', () => {
  for (const fault of faults) {
    test(`our own streams: ${fault.name}`, async (t) => {
      await checkAll(await wholeStreams(ownStreams(), Number.POSITIVE_INFINITY), fault, t);
    });
  }

  test('recorded streams: every fault', { skip: evaluationDataMissing ?? false, timeout: 120_000 }, async (t) => {
    const streams = await wholeStreams(recordedStreams(), 24);
    assert.ok(streams.length >= 300, `only ${streams.length} whole streams`);
    for (const fault of faults) await checkAll(streams, fault, t);
  });
});
