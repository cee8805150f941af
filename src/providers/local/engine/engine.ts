// The main-thread side of local models: typed calls with admission, cancellation and back-pressure over one model thread.
// It computes nothing itself, so no event loop ever waits for a model.

import { abortReason, SluiceError } from '../../../core/error.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Log } from '../../../telemetry/log.ts';
import {
  creditWindow,
  defaultIntraOpThreads,
  maxActiveCalls,
  maxWaitingCalls,
  overloadRetryAfterMs,
} from '../defaults.ts';
import { type Admission, createAdmission } from './admission.ts';
import { fromEngineFailure } from './engine-failure.ts';
import { createModelThread, type ModelThread } from './model-thread.ts';
import { packQuestion } from './pack-tensors.ts';
import { createPartQueue } from './part-queue.ts';
import type {
  EngineAnswers,
  EngineModel,
  EngineQuestion,
  EngineReply,
  GeneratedEnding,
  GeneratedPart,
  GenerateRequest,
} from './protocol.ts';

/** What an engine is made from. */
export interface EngineOptions {
  readonly models: readonly EngineModel[];
  /** Threads inside one matrix product; default 1. */
  readonly intraOpThreads?: number;
  /** Answers worked on at once, and other calls at once; default 8 each. */
  readonly maxActiveCalls?: number;
  /** Answers that may wait, and other calls that may; default 64 each. */
  readonly maxWaitingCalls?: number;
  readonly clock: Clock;
  readonly log: Log;
  /** The file that the model thread runs; default the engine's own. */
  readonly entry?: URL;
}

/**
 * Runs models in a thread. Calls reject with SluiceErrors: `overloaded` when too many wait, `engine_failed` (retryable) when
 * the thread died, `draining` after `close`, the signal's reason when it aborts.
 */
export interface Engine {
  /** Asks a model something that has one answer. Rejects with `unsupported_capability` when it is no question for it. */
  ask<Q extends EngineQuestion>(model: string, question: Q, signal: AbortSignal): Promise<EngineAnswers[Q['type']]>;
  /**
   * The answer as it is made. The engine is never more than a few parts ahead of the reader. `return()` stops the work within
   * one token.
   */
  generate(
    model: string,
    request: GenerateRequest,
    signal: AbortSignal,
  ): AsyncGenerator<GeneratedPart, GeneratedEnding, undefined>;
  /** Ends calls under way and resolves when the thread is gone. */
  close(): Promise<void>;
}

/** Creates an engine. No thread is started before the first call. */
export function createEngine(options: EngineOptions): Engine {
  const limits = {
    active: options.maxActiveCalls ?? maxActiveCalls,
    waiting: options.maxWaitingCalls ?? maxWaitingCalls,
    retryAfterMs: overloadRetryAfterMs,
  };
  // An answer keeps its place as long as its reader takes; vectors must not wait for slow readers.
  const answers = createAdmission(limits);
  const others = createAdmission(limits);
  const thread = createModelThread({
    setup: { models: options.models, intraOpThreads: options.intraOpThreads ?? defaultIntraOpThreads },
    clock: options.clock,
    log: options.log,
    ...(options.entry === undefined ? {} : { entry: options.entry }),
  });
  let calls = 0;
  const desk: CallDesk = { answers, others, thread, nextCall: () => calls++ };

  return {
    ask: (model, question, signal) => ask(desk, model, question, signal),
    generate: (model, request, signal) => generate(desk, model, request, signal),
    async close() {
      answers.close(new SluiceError('draining'));
      others.close(new SluiceError('draining'));
      await thread.close();
    },
  };
}

/** What every call of one engine shares. */
interface CallDesk {
  readonly answers: Admission;
  readonly others: Admission;
  readonly thread: ModelThread;
  nextCall(): number;
}

/** One command with one reply. */
async function ask<Q extends EngineQuestion>(
  desk: CallDesk,
  model: string,
  question: Q,
  signal: AbortSignal,
): Promise<EngineAnswers[Q['type']]> {
  const leave = await desk.others.enter(signal);
  const call = desk.nextCall();
  let onAbort: (() => void) | undefined;
  try {
    if (signal.aborted) throw abortReason(signal);
    const reply = await new Promise<EngineReply>((resolve, reject) => {
      onAbort = () => {
        desk.thread.tell({ type: 'cancel', call });
        reject(abortReason(signal));
      };
      signal.addEventListener('abort', onAbort);
      // Packed only now: a call that waits for its turn holds no copy.
      const packed = packQuestion(question);
      desk.thread.open(
        { type: 'ask', call, model, question: packed.question },
        { reply: resolve, ended: reject },
        packed.transfer,
      );
    });
    if (reply.type === 'answered') return reply.answer as EngineAnswers[Q['type']];
    throw failureOf(reply);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    leave();
  }
}

async function* generate(
  desk: CallDesk,
  model: string,
  request: GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<GeneratedPart, GeneratedEnding, undefined> {
  const leave = await desk.answers.enter(signal);
  const call = desk.nextCall();
  const queue = createPartQueue();
  const onAbort = (): void => queue.fail(abortReason(signal));
  signal.addEventListener('abort', onAbort);
  let opened = false;
  try {
    if (signal.aborted) throw abortReason(signal);
    opened = true;
    desk.thread.open(
      { type: 'generate', call, model, request, credit: creditWindow },
      { reply: queue.reply, ended: queue.fail },
    );
    for (;;) {
      const next = await queue.next();
      if (next.type === 'generated') return next.ending;
      yield next.part;
      desk.thread.tell({ type: 'credit', call, parts: 1 });
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (opened && !queue.finished) desk.thread.tell({ type: 'cancel', call });
    leave();
  }
}

function failureOf(reply: EngineReply): SluiceError {
  if (reply.type === 'failed') return fromEngineFailure(reply.failure);
  return new SluiceError('engine_failed', { detail: `the model thread answered ${reply.type}` });
}
