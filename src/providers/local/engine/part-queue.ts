// The parts of one answer between the thread that makes them and the reader that takes them. It needs no bound of its own:
// the thread makes no part without credit, and credit is given for parts that were taken.

import type { SluiceError } from '../../../core/error.ts';
import { fromEngineFailure } from './engine-failure.ts';
import type { EngineReply } from './protocol.ts';

type Taken = Extract<EngineReply, { type: 'part' | 'generated' }>;

/** A queue with one writer and one reader. */
export interface PartQueue {
  /** Adds a reply of the thread. */
  reply(reply: EngineReply): void;
  /** Makes every later `next` reject, parts that wait included: a cancelled reader wants no more. */
  fail(error: SluiceError): void;
  /** The next part or the ending. Rejects when the answer failed. Not to be called again before it settled. */
  next(): Promise<Taken>;
  /** True once the thread has no more to say about this answer. */
  readonly finished: boolean;
}

/** Creates an empty queue. */
export function createPartQueue(): PartQueue {
  const waiting: Taken[] = [];
  let failure: SluiceError | undefined;
  let finished = false;
  let reader: { resolve(reply: Taken): void; reject(error: SluiceError): void } | undefined;

  const fail = (error: SluiceError): void => {
    if (failure !== undefined) return;
    failure = error;
    waiting.length = 0;
    reader?.reject(error);
    reader = undefined;
  };

  return {
    reply(reply) {
      if (reply.type !== 'part') finished = true;
      if (failure !== undefined) return;
      if (reply.type === 'failed') fail(fromEngineFailure(reply.failure));
      else if (reply.type === 'part' || reply.type === 'generated') {
        if (reader === undefined) waiting.push(reply);
        else {
          reader.resolve(reply);
          reader = undefined;
        }
      }
    },
    fail,
    async next() {
      if (failure !== undefined) throw failure;
      const first = waiting.shift();
      if (first !== undefined) return first;
      return new Promise<Taken>((resolve, reject) => {
        reader = { resolve, reject };
      });
    },
    get finished() {
      return finished;
    },
  };
}
