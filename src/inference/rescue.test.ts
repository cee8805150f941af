// Streams whose target dies in the middle: who goes on, what the caller reads, what he is billed, and when nobody goes on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chatRequest, contextFor } from '../../test/fixtures/calls.ts';
import { attemptRuntime, noRepeats } from '../../test/fixtures/failure-policies.ts';
import { FakeClock } from '../../test/fixtures/fake-clock.ts';
import { quarterEstimator } from '../../test/fixtures/quarter-estimator.ts';
import { type ScriptStep, untilAborted } from '../../test/fixtures/scripted-inference.ts';
import { continueBy, createScriptedProvider, type ScriptedProvider } from '../../test/fixtures/scripted-provider.ts';
import { createRecordingMetrics } from '../../test/fixtures/silent-telemetry.ts';
import { SluiceError, toSluiceError } from '../core/error.ts';
import type { ErrorReason } from '../core/error-catalogue.ts';
import type { DeltaPart, PredictPart, PredictRequest } from '../core/predict.ts';
import type { RescueMode } from './rescue-mode.ts';
import { createRoutingTable } from './routing-table.ts';
import { createInferenceService } from './service.ts';

const timeouts = { connectMs: 100, firstTokenMs: 200, idleMs: 300, totalMs: 400 };
const names = ['one', 'two', 'three', 'four'] as const;
type Name = (typeof names)[number];

/** What came of a stream. */
interface Outcome {
  readonly parts: readonly PredictPart[];
  readonly text: string;
  readonly error: SluiceError | undefined;
  readonly end: Extract<PredictPart, { type: 'end' }> | undefined;
}

class Subject {
  readonly clock: FakeClock = new FakeClock();
  readonly metrics: ReturnType<typeof createRecordingMetrics> = createRecordingMetrics();
  readonly caller: AbortController = new AbortController();
  readonly providers: Readonly<Record<Name, ScriptedProvider>>;
  readonly #mode: RescueMode;

  constructor(mode: RescueMode = 'continue') {
    this.#mode = mode;
    const made = names.map((name) => [name, createScriptedProvider(name)] as const);
    this.providers = Object.fromEntries(made) as Record<Name, ScriptedProvider>;
  }

  /** The call, with the first targets of the list. */
  stream(targets: number, request: PredictRequest = chatRequest('chat')): AsyncIterable<PredictPart> {
    const routingTable = createRoutingTable({
      aliases: {
        chat: {
          targets: names.slice(0, targets).map((name) => `${name}/m`),
          timeouts,
          retries: noRepeats,
          rescue: this.#mode,
        },
      },
      providers: new Map(Object.entries(this.providers)),
      defaultTimeouts: timeouts,
    });
    const runtime = { ...attemptRuntime(this.clock), metrics: this.metrics, estimator: quarterEstimator };
    const service = createInferenceService({ routingTable: () => routingTable, ...runtime });
    return service.predictStream(request, contextFor(this.clock), this.caller.signal);
  }

  async run(targets: number, request?: PredictRequest): Promise<Outcome> {
    const parts: PredictPart[] = [];
    let error: SluiceError | undefined;
    try {
      for await (const part of this.stream(targets, request)) parts.push(part);
    } catch (thrown) {
      error = toSluiceError(thrown);
    }
    for (const name of names) assert.equal(this.providers[name].open, 0, `${name} is left open`);
    assert.equal(this.clock.pendingTimers, 0);
    const text = parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join('');
    return { parts, text, error, end: parts.find((part) => part.type === 'end') };
  }

  rescues(): Record<string, number> {
    const counted = [...this.metrics.values].filter(([name]) => name.startsWith('sluice_rescues_total'));
    return Object.fromEntries(counted.map(([name, value]) => [name.slice('sluice_rescues_total'.length), value]));
  }
}

function start(name: Name): PredictPart {
  return { type: 'start', id: `answer-${name}`, model: `m-${name}`, target: `${name}/m`, createdAtMs: 0, attempts: 1 };
}

function text(value: string): DeltaPart {
  return { type: 'text-delta', text: value };
}

function end(inputTokens = 10, outputTokens = 3): PredictPart {
  return { type: 'end', finishReason: 'stop', usage: { inputTokens, outputTokens, source: 'provider' } };
}

function failing(reason: ErrorReason): () => never {
  return () => {
    throw new SluiceError(reason);
  };
}

const cut = failing('upstream_truncated');

test('rescue: another target goes on behind the text, and the end says who spoke and what all of it cost', async () => {
  const subject = new Subject();
  const { one, two } = subject.providers;
  const given: string[] = [];
  one.script = () => [start('one'), text('Paris is '), text('the '), cut];
  continueBy(two, (said) => {
    given.push(said);
    return [start('two'), text(' the capital'), text('.'), end()];
  });
  const { parts, end: last } = await subject.run(2);
  assert.deepEqual(given, ['Paris is the']);
  assert.deepEqual(parts, [
    start('one'),
    text('Paris is '),
    text('the '),
    { type: 'seam', target: 'two/m' },
    // What the caller has of the white space is not said twice.
    text('the capital'),
    text('.'),
    last,
  ]);
  assert.deepEqual(last, {
    type: 'end',
    finishReason: 'stop',
    // Of the first: 'hello' and a message are 6 tokens by our estimate, its 13 characters 4.
    usage: { inputTokens: 10 + 6, outputTokens: 3 + 4, source: 'estimated' },
    spokenBy: [
      { target: 'one/m', model: 'm-one', characters: 13 },
      { target: 'two/m', model: 'm-two', characters: 12 },
    ],
  });
  assert.deepEqual(subject.rescues(), { '{one/m,two/m,ok}': 1 });
  assert.equal(subject.metrics.values.get('sluice_attempts_total{one/m,predict_stream,upstream_truncated}'), 1);
  assert.equal(subject.metrics.values.get('sluice_attempts_total{two/m,predict_stream,ok}'), 1);
});

test('rescue: wherever the stream is cut, the text is whole when the next target goes on exactly', async () => {
  const piece = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '🙂'), maxLength: 4 });
  const pieces = fc.array(piece, { minLength: 1, maxLength: 8 });
  const property = fc.asyncProperty(pieces, fc.nat(8), fc.boolean(), async (said, cutAt, echoes) => {
    const whole = said.join('');
    const subject = new Subject();
    const { one, two } = subject.providers;
    one.script = () => [start('one'), ...said.slice(0, cutAt).map(text), cut];
    const rest = (from: string): ScriptStep[] => [
      start('two'),
      ...(whole.slice(from.length).match(/..?/gsu)?.map(text) ?? []),
      end(),
    ];
    two.script = () => rest('');
    continueBy(two, (given) => (echoes ? [start('two'), text(given), ...rest(given).slice(1)] : rest(given)), echoes);
    const outcome = await subject.run(2);
    assert.equal(outcome.error, undefined);
    assert.equal(outcome.text, whole);
  });
  await fc.assert(property, { numRuns: 200 });
});

test('rescue: an echo in pieces is taken away, and what only begins like one is said', async () => {
  for (const [pieces, expected] of [
    [['Hel', 'lo wor', 'ld', '!'], 'Hello world!'],
    [['Hel', 'p'], 'Hello worldHelp'],
    [['Hello'], 'Hello worldHello'],
    [['', 'Hello world'], 'Hello world'],
  ] as const) {
    const subject = new Subject();
    subject.providers.one.script = () => [start('one'), text('Hello world'), cut];
    continueBy(subject.providers.two, () => [start('two'), ...pieces.map(text), end()], true);
    const outcome = await subject.run(2);
    assert.equal(outcome.text, expected);
    const characters = outcome.end?.spokenBy?.map((speaker) => speaker.characters);
    assert.deepEqual(characters, [11, expected.length - 11]);
  }
});

const tool: DeltaPart = { type: 'tool-call-start', index: 0, id: 'c', name: 'f' };
const logprob = { token: 'a', logprob: 0, top: [] };

test('rescue: what is more than one plain text stays cut', async () => {
  const shown: Record<string, DeltaPart[]> = {
    'a tool call': [text('a'), tool],
    'a piece of a call': [tool, { type: 'tool-call-delta', index: 0, argumentsDelta: '{"a' }],
    thoughts: [{ type: 'reasoning-delta', text: 'hm' }, text('a')],
    'a refusal': [{ type: 'refusal-delta', text: 'no' }],
    'log probabilities': [{ type: 'text-delta', text: 'a', logprobs: [logprob] }],
    citations: [{ type: 'text-delta', text: 'a', annotations: [{}] }],
    'a signature': [text('a'), { type: 'text-delta', text: '', extra: { thought_signature: 's' } }],
    'two blocks': [text('a'), { type: 'text-delta', text: 'b', startsBlock: true }],
    'a part of a vendor': [text('a'), { type: 'opaque-delta', dialect: 'openai', value: { type: 'x' } }],
  };
  for (const [label, parts] of Object.entries(shown)) {
    const subject = new Subject();
    subject.providers.one.script = () => [start('one'), ...parts, cut];
    continueBy(subject.providers.two, () => [start('two'), text('b'), end()]);
    const outcome = await subject.run(2);
    assert.equal(outcome.error?.reason, 'upstream_truncated', label);
    assert.deepEqual(outcome.parts, [start('one'), ...parts], label);
    assert.equal(subject.providers.two.calls.length, 0, label);
    assert.deepEqual(subject.rescues(), { '{one/m,,not-text}': 1 }, label);
  }
});

test('rescue: a request that asks for more than text stays cut', async () => {
  const requests: Partial<PredictRequest>[] = [
    { sampling: { choiceCount: 2 } },
    { sampling: { logprobs: true } },
    { responseFormat: { kind: 'json-object' } },
    { responseFormat: { kind: 'json-schema', name: 's', schema: {} } },
    { toolChoice: { kind: 'required' } },
  ];
  for (const fields of requests) {
    const subject = new Subject();
    subject.providers.one.script = () => [start('one'), text('a'), cut];
    continueBy(subject.providers.two, () => [start('two'), text('b'), end()]);
    const outcome = await subject.run(2, { ...chatRequest('chat'), ...fields } as PredictRequest);
    assert.equal(outcome.error?.reason, 'upstream_truncated');
    assert.deepEqual(subject.rescues(), { '{one/m,,not-text}': 1 });
  }
});

test('rescue: a verdict on the content is nobody else’s to overrule', async () => {
  for (const reason of ['content_filtered', 'upstream_rejected', 'internal'] as const) {
    const subject = new Subject();
    subject.providers.one.script = () => [start('one'), text('a'), failing(reason)];
    continueBy(subject.providers.two, () => [start('two'), text('b'), end()]);
    const outcome = await subject.run(2);
    assert.equal(outcome.error?.reason, reason);
    assert.equal(subject.providers.two.calls.length, 0);
  }
});

test('rescue: off, the caller is told that the answer is cut', async () => {
  const subject = new Subject('off');
  subject.providers.one.script = () => [start('one'), text('a'), cut];
  continueBy(subject.providers.two, () => [start('two'), text('b'), end()]);
  const outcome = await subject.run(2);
  assert.equal(outcome.error?.reason, 'upstream_truncated');
  assert.deepEqual(outcome.parts, [start('one'), text('a')]);
  assert.deepEqual(subject.rescues(), {});
});

test('rescue: while nothing of the answer was shown, any target begins anew', async () => {
  const notice: DeltaPart = { type: 'opaque-delta', dialect: 'openai-responses', value: {}, isNotice: true };
  for (const mode of ['restart', 'continue'] as const) {
    const subject = new Subject(mode);
    const asked: PredictRequest[] = [];
    subject.providers.one.script = () => [start('one'), notice, text(''), cut];
    subject.providers.two.script = (request) => {
      asked.push(request);
      return [start('two'), text(' All.'), end()];
    };
    const request = { ...chatRequest('chat'), sampling: { maxOutputTokens: 9, logprobs: true } };
    const outcome = await subject.run(2, request);
    assert.equal(outcome.error, undefined);
    assert.equal(outcome.text, ' All.');
    assert.deepEqual(asked, [request]);
    assert.deepEqual(
      outcome.end?.spokenBy?.map(({ target, characters }) => [target, characters]),
      [
        ['one/m', 0],
        ['two/m', 5],
      ],
    );
  }
});

test('rescue: restart does not go on behind a text', async () => {
  const subject = new Subject('restart');
  subject.providers.one.script = () => [start('one'), text('a'), cut];
  continueBy(subject.providers.two, () => [start('two'), text('b'), end()]);
  const outcome = await subject.run(2);
  assert.equal(outcome.error?.reason, 'upstream_truncated');
  assert.deepEqual(subject.rescues(), { '{one/m,,policy}': 1 });
});

test('rescue: targets that cannot go on are passed over, and one that refuses to leaves its place to the next', async () => {
  const subject = new Subject();
  const { one, three, four } = subject.providers;
  one.script = () => [start('one'), text('a'), cut];
  continueBy(three, () => [failing('upstream_rejected')]);
  continueBy(four, () => [start('four'), text('b'), end()]);
  const outcome = await subject.run(4);
  assert.equal(outcome.text, 'ab');
  assert.equal(subject.providers.two.calls.length, 0);
  assert.deepEqual(subject.rescues(), { '{one/m,three/m,upstream_rejected}': 1, '{one/m,four/m,ok}': 1 });
});

test('rescue: when nobody goes on the caller hears of the target that died, not of those that refused', async () => {
  const subject = new Subject();
  subject.providers.one.script = () => [start('one'), text('a'), failing('upstream_timeout')];
  continueBy(subject.providers.two, () => [failing('upstream_rejected')]);
  continueBy(subject.providers.three, () => [failing('upstream_unavailable')]);
  const outcome = await subject.run(3);
  assert.equal(outcome.error?.reason, 'upstream_timeout');
  assert.deepEqual(outcome.parts, [start('one'), text('a')]);
});

test('rescue: without a target that can go on the stream stays cut', async () => {
  const subject = new Subject();
  subject.providers.one.script = () => [start('one'), text('a'), cut];
  const outcome = await subject.run(3);
  assert.equal(outcome.error?.reason, 'upstream_truncated');
  assert.deepEqual(subject.rescues(), { '{one/m,,no-target}': 1 });
});

test('rescue: a continuation that dies is continued in its turn, at most so often, and is never a success', async () => {
  const subject = new Subject();
  subject.providers.one.script = () => [start('one'), text('a'), cut];
  for (const name of ['two', 'three', 'four'] as const) {
    continueBy(subject.providers[name], () => [start(name), text(name), cut]);
  }
  const outcome = await subject.run(4);
  assert.equal(outcome.text, 'atwothree');
  assert.equal(outcome.end, undefined);
  assert.equal(outcome.error?.reason, 'upstream_truncated');
  assert.equal(subject.providers.four.calls.length, 0);
  assert.deepEqual(subject.rescues(), {
    '{one/m,two/m,upstream_truncated}': 1,
    '{two/m,three/m,upstream_truncated}': 1,
    '{three/m,,too-many}': 1,
  });
});

test('rescue: a continuation that said nothing new is not continued', async () => {
  const subject = new Subject();
  subject.providers.one.script = () => [start('one'), text('a '), cut];
  continueBy(subject.providers.two, () => [start('two'), text(' '), cut]);
  continueBy(subject.providers.three, () => [start('three'), text('b'), end()]);
  const outcome = await subject.run(3);
  assert.equal(outcome.error?.reason, 'upstream_truncated');
  assert.deepEqual(subject.rescues(), { '{one/m,two/m,upstream_truncated}': 1, '{two/m,,no-progress}': 1 });
});

test('rescue: the limit of tokens is what is left of it, and what the vendor said of its input is billed', async () => {
  const subject = new Subject();
  const limits: (number | undefined)[] = [];
  const inputUsage = { inputTokens: 100, outputTokens: 1, cachedInputTokens: 40, source: 'provider' } as const;
  subject.providers.one.script = () => [{ ...start('one'), inputUsage } as PredictPart, text('12345678'), cut];
  continueBy(subject.providers.two, (_, { sampling }) => {
    limits.push(sampling.maxOutputTokens);
    return [start('two'), text('1234'), cut];
  });
  continueBy(subject.providers.three, (_, { sampling }) => {
    limits.push(sampling.maxOutputTokens);
    return [start('three'), text('!'), end(20, 1)];
  });
  const outcome = await subject.run(3, { ...chatRequest('chat'), sampling: { maxOutputTokens: 3 } });
  assert.deepEqual(limits, [1, 1]);
  const usage = {
    inputTokens: 100 + (6 + 2) + 20,
    outputTokens: 2 + 1 + 1,
    cachedInputTokens: 40,
    source: 'estimated',
  };
  assert.deepEqual(outcome.end?.usage, usage);
});

test('rescue: a caller who leaves, and a deadline, end the call at whatever target it is', async () => {
  for (const reason of ['cancelled', 'deadline_exceeded'] as const) {
    const subject = new Subject();
    const { one, two } = subject.providers;
    one.script = () => [start('one'), text('a'), cut];
    const pause: ScriptStep = async (signal) => {
      subject.caller.abort(new SluiceError(reason));
      await untilAborted(signal);
    };
    continueBy(two, () => [start('two'), text('b'), pause, end()]);
    continueBy(subject.providers.three, () => [start('three'), text('c'), end()]);
    const outcome = await subject.run(3);
    assert.equal(outcome.error?.reason, reason);
    assert.equal(subject.providers.three.calls.length, 0);
    assert.deepEqual(subject.rescues(), { [`{one/m,two/m,${reason}}`]: 1 });
  }
});

test('rescue: a reader that leaves gives the target back that speaks', async () => {
  const rescues = {
    start: {},
    'text-delta': {},
    seam: { '{one/m,two/m,cancelled}': 1 },
    end: { '{one/m,two/m,ok}': 1 },
  };
  for (const [leavesAfter, counted] of Object.entries(rescues)) {
    const subject = new Subject();
    subject.providers.one.script = () => [start('one'), text('a'), cut];
    continueBy(subject.providers.two, () => [start('two'), text('b'), text('c'), end()]);
    for await (const part of subject.stream(2)) if (part.type === leavesAfter) break;
    for (const name of names) assert.equal(subject.providers[name].open, 0, `${name} after ${leavesAfter}`);
    assert.deepEqual(subject.rescues(), counted);
  }
});
