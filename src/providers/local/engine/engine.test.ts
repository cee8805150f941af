import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { failsWith } from '../../../../test/fixtures/failures.ts';
import { FakeClock } from '../../../../test/fixtures/fake-clock.ts';
import { createRecordingLog } from '../../../../test/fixtures/silent-telemetry.ts';
import { SluiceError } from '../../../core/error.ts';
import { creditWindow } from '../defaults.ts';
import { createEngine, type Engine, type EngineOptions } from './engine.ts';
import type { GeneratedEnding, GenerateRequest } from './protocol.ts';

const cacheDir = await mkdtemp(join(tmpdir(), 'sluice-engine-'));
const storiesDir = fileURLToPath(new URL('../weights/sluice-stories', import.meta.url));
const engines: Engine[] = [];
after(async () => {
  await Promise.all(engines.map((engine) => engine.close()));
  await rm(cacheDir, { recursive: true, force: true });
});

function engineWith(options: Partial<EngineOptions> = {}): Engine {
  const engine = createEngine({
    models: [
      { kind: 'decoder', name: 'stories', dir: storiesDir },
      { kind: 'use-lite', name: 'embed', cacheDir },
    ],
    clock: new FakeClock(),
    log: createRecordingLog(),
    ...options,
  });
  engines.push(engine);
  return engine;
}

function storyRequest(overrides: Partial<GenerateRequest> = {}): GenerateRequest {
  const text = 'Tell me a short story about a fox and a kite.';
  return {
    messages: [{ role: 'user', text, source: 'message 1' }],
    documents: [],
    seed: 7,
    stop: [],
    presencePenalty: 0,
    frequencyPenalty: 0,
    ...overrides,
  };
}

const never = new AbortController().signal;

async function story(engine: Engine, request: GenerateRequest): Promise<{ text: string; ending: GeneratedEnding }> {
  const parts = engine.generate('stories', request, never);
  let text = '';
  for (;;) {
    const next = await parts.next();
    if (next.done === true) return { text, ending: next.value };
    text += next.value.text;
  }
}

const shared = engineWith();

test('engine: tells a story that fits the prompt, the same one for the same seed', async () => {
  const [first, second, other] = await Promise.all([
    story(shared, storyRequest()),
    story(shared, storyRequest()),
    story(shared, storyRequest({ seed: 8 })),
  ]);
  assert.match(first.text, /fox/);
  assert.match(first.text, /kite/);
  assert.equal(first.text, second.text);
  assert.notEqual(first.text, other.text);
  assert.equal(first.ending.finishReason, 'stop');
});

test('engine: makes no more parts than the reader has room for', async () => {
  const posted: string[] = [];
  const spy = `import { MessagePort, parentPort } from 'node:worker_threads';
    const post = parentPort.postMessage.bind(parentPort);
    let parts = 0;
    parentPort.postMessage = (reply, transfer) => {
      if (reply.type === 'part') parts += 1;
      if (reply.type === 'answered') reply = { ...reply, answer: { ...reply.answer, inputTokens: parts } };
      post(reply, transfer);
    };
    await import(${JSON.stringify(new URL('./worker.ts', import.meta.url).href)});`;
  const engine = engineWith({ entry: new URL(`data:text/javascript,${encodeURIComponent(spy)}`) });
  const parts = engine.generate('stories', storyRequest(), never);
  for (let i = 0; i < 3; i += 1) posted.push((await parts.next()).value?.toString() ?? '');
  // Embedding takes turns with the answer in the same thread: by its end a free answer would be many parts ahead.
  const texts = Array.from({ length: 50 }, (_, i) => `text ${i}`);
  const { inputTokens: partsMade } = await engine.ask('embed', { type: 'embed', texts }, never);
  // The reader has taken three parts and given credit for the first two when it asked for more.
  assert.ok(partsMade >= 3 && partsMade <= creditWindow + 3, `${partsMade} parts made for 3 taken`);
  await parts.return(undefined as never);
});

test('engine: an abort ends the answer with the reason of the signal', async () => {
  const controller = new AbortController();
  const parts = shared.generate('stories', storyRequest(), controller.signal);
  await parts.next();
  controller.abort(new SluiceError('deadline_exceeded'));
  await assert.rejects(parts.next(), failsWith('deadline_exceeded'));
  await assert.rejects(
    shared.generate('stories', storyRequest(), controller.signal).next(),
    failsWith('deadline_exceeded'),
  );
});

test('engine: a reader that leaves frees its place', async () => {
  const engine = engineWith({ maxActiveCalls: 1, maxWaitingCalls: 0 });
  for await (const part of engine.generate('stories', storyRequest(), never)) {
    assert.notEqual(part.text, '');
    break;
  }
  assert.match((await story(engine, storyRequest())).text, /fox/);
});

test('engine: answers wait in a bounded queue, and one too many is told to come back', async () => {
  const engine = engineWith({ maxActiveCalls: 1, maxWaitingCalls: 1 });
  const [running, waiting, refused] = [1, 2, 3].map(() => engine.generate('stories', storyRequest(), never));
  await running!.next();
  const second = waiting!.next();
  await assert.rejects(refused!.next(), (error: unknown) => {
    assert.ok(error instanceof SluiceError && error.reason === 'overloaded' && error.retryable);
    return error.retryAfterMs !== undefined;
  });
  await running!.return(undefined as never);
  assert.equal((await second).done, false);
  await waiting!.return(undefined as never);
});

test('engine: an abort takes a waiting call out of the queue', async () => {
  const engine = engineWith({ maxActiveCalls: 1, maxWaitingCalls: 1 });
  const running = engine.generate('stories', storyRequest(), never);
  await running.next();
  const controller = new AbortController();
  const waiting = engine.generate('stories', storyRequest(), controller.signal).next();
  controller.abort();
  await assert.rejects(waiting, failsWith('cancelled'));
  const next = engine.generate('stories', storyRequest(), never);
  const first = next.next();
  await running.return(undefined as never);
  assert.equal((await first).done, false);
  await next.return(undefined as never);
});

test('engine: readers that stopped reading hold up answers only, never vectors', async () => {
  const engine = engineWith({ maxActiveCalls: 2, maxWaitingCalls: 0 });
  const stalled = [1, 2].map(() => engine.generate('stories', storyRequest(), never));
  for (const parts of stalled) await parts.next();
  assert.equal((await engine.ask('embed', { type: 'embed', texts: ['still served'] }, never)).vectors.length, 1);
  for (const parts of stalled) await parts.return(undefined as never);
});

test('engine: a thread that dies fails its calls as retryable, and the next call gets a new thread', async () => {
  const bomb = `import { parentPort } from 'node:worker_threads';
    await import(${JSON.stringify(new URL('./worker.ts', import.meta.url).href)});
    parentPort.on('message', (command) => {
      if (command.type === 'ask' && command.question.texts[0] === 'die') throw new RangeError('out of luck');
    });`;
  const log = createRecordingLog();
  const engine = engineWith({ entry: new URL(`data:text/javascript,${encodeURIComponent(bomb)}`), log });
  const parts = engine.generate('stories', storyRequest(), never);
  await parts.next();
  const outcome = Promise.allSettled([engine.ask('embed', { type: 'embed', texts: ['die'] }, never), readToEnd(parts)]);
  for (const result of await outcome) {
    assert.ok(result.status === 'rejected');
    assert.ok(
      result.reason instanceof SluiceError && result.reason.reason === 'engine_failed' && result.reason.retryable,
    );
    assert.match(result.reason.detail ?? '', /out of luck/);
  }
  assert.equal(log.lines.filter((line) => line.level === 'error').length, 1);
  assert.equal((await engine.ask('embed', { type: 'embed', texts: ['lives again'] }, never)).vectors.length, 1);
});

async function readToEnd(parts: AsyncGenerator<unknown>): Promise<void> {
  for await (const part of parts) assert.ok(part);
}

test('engine: close ends calls under way and waiting with draining and leaves no thread', async () => {
  const engine = engineWith({ maxActiveCalls: 1, maxWaitingCalls: 1 });
  const parts = engine.generate('stories', storyRequest(), never);
  await parts.next();
  const waiting = engine.generate('stories', storyRequest(), never).next();
  const ends = Promise.allSettled([readToEnd(parts), waiting]);
  await engine.close();
  for (const end of await ends) assert.ok(end.status === 'rejected' && failsWith('draining')(end.reason));
  await assert.rejects(engine.ask('embed', { type: 'embed', texts: ['late'] }, never), failsWith('draining'));
  await engine.close();
});

test('engine: a model that cannot be loaded is an error each time, not a dead thread', async () => {
  const engine = engineWith({ models: [{ kind: 'decoder', name: 'gone', dir: join(cacheDir, 'nowhere') }] });
  for (let i = 0; i < 2; i += 1) {
    await assert.rejects(engine.ask('gone', { type: 'load' }, never), failsWith('config_invalid'));
  }
  await assert.rejects(engine.ask('unheard-of', { type: 'load' }, never), failsWith('model_not_found'));
});

test('engine: the main event loop stays free while models work', async () => {
  const texts = Array.from({ length: 300 }, (_, i) => `How long does delivery number ${i} take to my city?`);
  const work = shared.ask('embed', { type: 'embed', texts }, never);
  let turns = 0;
  let done = false;
  void work.then(() => {
    done = true;
  });
  while (!done) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
  }
  assert.ok(turns > 1000, `${turns} turns of the event loop`);
});
