// Owns one model thread at a time: starts it when it is first needed, routes its replies to the calls that wait for them, and
// turns its death into a retryable failure of exactly those calls. The next call starts a new thread.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { SluiceError } from '../../../core/error.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Log } from '../../../telemetry/log.ts';
import { closeGraceMs } from '../defaults.ts';
import type { EngineCommand, EngineReply, EngineSetup } from './protocol.ts';

/** Hears what the thread says about one call. After `ended` it hears nothing more. */
export interface CallListener {
  reply(reply: EngineReply): void;
  /** The thread is gone or going. */
  ended(error: SluiceError): void;
}

/** A thread that is there when needed. */
export interface ModelThread {
  /** Starts a call; the listener stays until the call's last reply. The buffers of `transfer` are gone afterwards. */
  open(
    command: EngineCommand & { readonly call: number },
    listener: CallListener,
    transfer?: readonly ArrayBuffer[],
  ): void;
  /** Says something about an open call; ignored when its thread is gone. */
  tell(command: EngineCommand): void;
  /** Ends the open calls with `draining` and resolves when no thread is left. */
  close(): Promise<void>;
}

/** What a thread is made from. `entry` is the file that it runs; tests pass one that can be made to crash. */
export interface ModelThreadOptions {
  readonly setup: EngineSetup;
  readonly clock: Clock;
  readonly log: Log;
  readonly entry?: URL;
}

/** The thread's own file; the build turns the name into `worker.js`. */
const workerEntry = new URL('./worker.ts', import.meta.url);

/** Creates the owner; no thread runs yet. */
export function createModelThread(options: ModelThreadOptions): ModelThread {
  const listeners = new Map<number, CallListener>();
  let worker: Worker | undefined;
  let closing = false;

  const endAll = (error: SluiceError): void => {
    const open = [...listeners.values()];
    listeners.clear();
    for (const listener of open) listener.ended(error);
  };

  const died = (cause: unknown): void => {
    worker = undefined;
    if (closing) return;
    const detail = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    options.log.error({ detail, calls: listeners.size }, 'the model thread ended; the next call starts a new one');
    endAll(new SluiceError('engine_failed', { detail, cause }));
  };

  const start = (): Worker => {
    const thread = new Worker(options.entry ?? workerEntry, { workerData: options.setup, name: 'sluice-models' });
    let failure: unknown;
    thread.on('error', (error) => {
      failure = error;
    });
    // 'exit' follows 'error', so a death is handled once.
    thread.on('exit', (code) => {
      if (worker === thread) died(failure ?? `exit code ${code}`);
    });
    thread.on('message', (reply: EngineReply) => {
      const listener = listeners.get(reply.call);
      if (listener === undefined) return;
      if (reply.type !== 'part') listeners.delete(reply.call);
      listener.reply(reply);
    });
    return thread;
  };

  return {
    open(command, listener, transfer = []) {
      if (closing) {
        listener.ended(new SluiceError('draining'));
        return;
      }
      worker ??= start();
      listeners.set(command.call, listener);
      worker.postMessage(command, transfer);
    },
    tell(command) {
      worker?.postMessage(command);
    },
    async close() {
      closing = true;
      endAll(new SluiceError('draining'));
      const thread = worker;
      if (thread === undefined) return;
      const gone = once(thread, 'exit');
      thread.postMessage({ type: 'close' } satisfies EngineCommand);
      const force = options.clock.setTimer(closeGraceMs, () => void thread.terminate());
      await gone;
      force.cancel();
      worker = undefined;
    },
  };
}
