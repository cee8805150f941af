// The worker thread of run-load.ts.

import { parentPort, workerData } from 'node:worker_threads';
import { Agent } from 'undici';
import { chatBody } from './chat-body.ts';
import { Durations } from './histogram.ts';
import type { OpenLoopLoad, OpenLoopResult, PacedLoad, PacedResult, StreamLoad, StreamResult } from './load.ts';
import { readStream } from './read-stream.ts';

/** Stays well above what a working subject needs: a request that waits for a connection waits in the measurement. */
const maxConnections = 1024;

/** How long an answer, or the next bytes of it, are waited for. */
const graceMs = 10_000;

/** A token under way for longer is late: a reader of 50 tokens a second would see the text stop. */
const inTimeMs = 250;

const load: OpenLoopLoad | StreamLoad | PacedLoad = workerData;
const agent = new Agent({
  connections: maxConnections,
  pipelining: 1,
  headersTimeout: graceMs,
  bodyTimeout: graceMs,
});
const result = await run(load);
await agent.destroy();
parentPort?.postMessage(result);

function run(what: OpenLoopLoad | StreamLoad | PacedLoad): Promise<OpenLoopResult | StreamResult | PacedResult> {
  if (what.kind === 'open') return openLoop(what);
  return what.kind === 'streams' ? streams(what) : paced(what);
}

/** Each request is sent when it is due or as soon after as the timer allows, and timed from when it was due. */
async function openLoop({ target, ratePerSecond, seconds }: OpenLoopLoad): Promise<OpenLoopResult> {
  const latencies = new Durations();
  const total = ratePerSecond * seconds;
  const startMs = performance.now();
  let answered = 0;
  let failures = 0;
  const pending = new Set<Promise<void>>();
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - startMs) / 1000) * ratePerSecond) + 1);
    for (; sent < due; sent += 1) {
      const dueMs = startMs + (sent * 1000) / ratePerSecond;
      const answer = send(target).then((isOk) => {
        latencies.record(performance.now() - dueMs);
        answered += 1;
        if (!isOk) failures += 1;
        pending.delete(answer);
      });
      pending.add(answer);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.race([Promise.all(pending), new Promise((resolve) => setTimeout(resolve, graceMs))]);
  const [p50Ms, p99Ms, maxMs] = [latencies.percentileMs(50), latencies.percentileMs(99), latencies.maxMs()];
  return { requests: total, failures: failures + total - answered, p50Ms, p99Ms, maxMs };

  async function send({ url, headers, model }: OpenLoopLoad['target']): Promise<boolean> {
    const { origin, pathname } = new URL(url);
    const request = {
      origin,
      path: pathname,
      method: 'POST' as const,
      headers: { ...headers },
      body: chatBody(model, false),
    };
    try {
      const { statusCode, body } = await agent.request(request);
      await body.dump();
      return statusCode < 300;
    } catch {
      return false; // counted
    }
  }
}

async function streams({ target, concurrency, seconds }: StreamLoad): Promise<StreamResult> {
  const firstTokens = new Durations();
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;
  let count = 0;
  let failures = 0;
  let tokens = 0;
  const connection = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const sentMs = performance.now();
      let isFirst = true;
      const isWhole = await readStream(agent, target, () => {
        tokens += 1;
        if (isFirst) firstTokens.record(performance.now() - sentMs);
        isFirst = false;
      });
      count += 1;
      if (!isWhole) failures += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, connection));
  const tokensPerSecond = tokens / ((performance.now() - startMs) / 1000);
  return { streams: count, failures, tokens, tokensPerSecond, ...firstTokenOf(firstTokens) };
}

async function paced({ target, streams: count, tokensPerSecond, seconds }: PacedLoad): Promise<PacedResult> {
  const firstTokens = new Durations();
  const transits = new Durations();
  const startMs = performance.now();
  let failures = 0;
  let tokens = 0;
  let inTime = 0;
  const stream = async (index: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, (index * 1000) / count));
    const sentMs = performance.now();
    let isFirst = true;
    const isWhole = await readStream(agent, target, (content) => {
      if (isFirst) firstTokens.record(performance.now() - sentMs);
      isFirst = false;
      const transitMs = Number(process.hrtime.bigint() / 1000n - BigInt(content.trim())) / 1000;
      transits.record(transitMs);
      tokens += 1;
      if (transitMs <= inTimeMs) inTime += 1;
    });
    if (!isWhole) failures += 1;
  };
  await Promise.all(Array.from({ length: count }, (_, index) => stream(index)));
  return {
    streams: count,
    failures,
    tokens,
    tokensPerSecond: tokens / ((performance.now() - startMs) / 1000),
    ...firstTokenOf(firstTokens),
    share: inTime / (count * seconds * tokensPerSecond),
    transitP50Ms: transits.percentileMs(50),
    transitP99Ms: transits.percentileMs(99),
  };
}

function firstTokenOf(durations: Durations): { readonly firstTokenP50Ms: number; readonly firstTokenP99Ms: number } {
  return { firstTokenP50Ms: durations.percentileMs(50), firstTokenP99Ms: durations.percentileMs(99) };
}
