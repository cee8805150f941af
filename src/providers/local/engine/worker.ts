// Entry of the model thread: hears commands, keeps one task per call, posts replies. Everything that a model computes happens
// in here; what a model is, is decided in load-model.ts.

import { parentPort, workerData } from 'node:worker_threads';
import { SluiceError } from '../../../core/error.ts';
import { answerQuestion, unable } from './answer-question.ts';
import { type Credit, createCredit } from './credit.ts';
import { toEngineFailure } from './engine-failure.ts';
import { createModelShelf } from './model-shelf.ts';

import { buffersOf } from './pack-tensors.ts';
import type { EngineCommand, EngineReply, EngineSetup, GeneratedEnding, GeneratedPart } from './protocol.ts';

interface Task {
  readonly abort: AbortController;
  readonly credit: Credit;
}

const port = parentPort;
if (port === null) throw new Error('worker.ts runs in a worker thread only');
const setup: EngineSetup = workerData;
const shelf = createModelShelf(setup);
const tasks = new Map<number, Task>();

port.on('message', (command: EngineCommand) => {
  switch (command.type) {
    case 'credit':
      tasks.get(command.call)?.credit.add(command.parts);
      return;
    case 'cancel':
      tasks.get(command.call)?.abort.abort(new SluiceError('cancelled'));
      return;
    case 'close':
      void close();
      return;
    default:
      void run(command);
  }
});

async function run(command: Extract<EngineCommand, { type: 'ask' | 'generate' }>): Promise<void> {
  const { call } = command;
  const abort = new AbortController();
  const credit = createCredit(command.type === 'generate' ? command.credit : 0);
  tasks.set(call, { abort, credit });
  try {
    const model = await shelf.get(command.model);
    if (command.type === 'ask') {
      const answer = await answerQuestion(model, command.model, command.question, abort.signal);
      post({ type: 'answered', call, answer }, buffersOf(answer));
    } else {
      if (model.generate === undefined) throw unable(command.model, 'generate');
      const parts = model.generate(command.request, abort.signal);
      post({ type: 'generated', call, ending: await deliver(call, parts, credit, abort.signal) });
    }
  } catch (thrown) {
    post({ type: 'failed', call, failure: toEngineFailure(thrown) });
  } finally {
    tasks.delete(call);
  }
}

/** Posts parts as credit allows and returns the ending. */
async function deliver(
  call: number,
  parts: AsyncGenerator<GeneratedPart, GeneratedEnding, undefined>,
  credit: Credit,
  signal: AbortSignal,
): Promise<GeneratedEnding> {
  try {
    for (;;) {
      await credit.take(signal);
      const next = await parts.next();
      if (next.done === true) return next.value;
      post({ type: 'part', call, part: next.value });
    }
  } catch (thrown) {
    // Lets the generator free its cache when the failure came from outside it.
    await parts.throw(thrown).catch(() => undefined);
    throw thrown;
  }
}

function post(reply: EngineReply, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(reply, transfer);
}

async function close(): Promise<void> {
  for (const task of tasks.values()) task.abort.abort(new SluiceError('draining'));
  await shelf.release();
  // With the port closed nothing keeps the thread alive.
  port?.close();
}
