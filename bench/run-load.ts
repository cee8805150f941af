// Makes a load in a thread of its own, so that neither the bookkeeping of the benchmark nor its timers get in its way.

import { Worker } from 'node:worker_threads';
import type { OpenLoopLoad, PacedLoad, ResultOf, StreamLoad } from './load.ts';

/** Makes a load and returns what it saw. */
export function runLoad<L extends OpenLoopLoad | StreamLoad | PacedLoad>(load: L): Promise<ResultOf<L>> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./load-worker.ts', import.meta.url), { workerData: load });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the load ended without a result (${code})`)));
  });
}
