// Starts the writer thread and tells when it is gone.

import { Worker } from 'node:worker_threads';
import { threadHeapMb } from './defaults.ts';
import type { FromThread, ThreadData, ToThread } from './sql.ts';

/** A running writer thread. */
export interface Thread {
  /** Does nothing once the thread is gone. */
  post(message: ToThread): void;
  /** Resolves once the thread is gone, whatever the cause, with that cause. */
  readonly exited: Promise<string>;
  /** Ends the thread without waiting for its work. */
  kill(): void;
}

/** The signature of startThread. */
export type StartThread = (data: ThreadData, onMessage: (message: FromThread) => void) => Thread;

/** `onMessage` is never called after `exited` has resolved. */
export function startThread(data: ThreadData, onMessage: (message: FromThread) => void): Thread {
  const worker = new Worker(new URL('./writer-thread.ts', import.meta.url), {
    name: 'sluice-sqlite',
    workerData: data,
    execArgv: [], // flags such as --test or --inspect are meant for the main thread
    resourceLimits: { maxOldGenerationSizeMb: threadHeapMb },
  });
  let cause = 'the thread ended';
  worker.on('message', onMessage);
  worker.on('error', (error: unknown) => {
    cause = `the thread failed: ${error instanceof Error ? error.message : String(error)}`;
  });
  const exited = new Promise<string>((resolve) => {
    worker.once('exit', () => resolve(cause));
  });
  return {
    post: (message) => worker.postMessage(message),
    exited,
    kill: () => void worker.terminate(),
  };
}
