// The parts of the benchmark: each measures one subject once and returns its figures.

import { runClosedLoop } from './closed-loop.ts';
import type { BenchOptions } from './options.ts';
import { cpuMicros, rssMiB } from './process-usage.ts';
import { runLoad } from './run-load.ts';
import type { Subject } from './subject.ts';

/** Figures by name; the name holds the unit. A figure that does not apply is NaN. */
export type Figures = Readonly<Record<string, number>>;

/** What a part needs to know. */
export interface PartContext {
  readonly options: BenchOptions;
  /** For files of the clients. */
  readonly folder: string;
}

/** One part. */
export type Part = (subject: Subject, context: PartContext) => Promise<Figures>;

/** Connections of the `events` part: enough to keep a subject busy, few enough that the client is not the limit. */
const eventStreams = 8;

/** Streams of the `first-token` part: a light load, so that what is seen is the way and not a queue. */
const lightStreams = 8;

/** The parts by name. */
export const parts: Readonly<Record<string, Part>> = {
  closed: async (subject, { options: { connections, seconds }, folder }) => {
    const target = subject.target('static');
    const { result, cpu } = await withCpu(subject, () => runClosedLoop(target, { connections, seconds, folder }));
    const { requests, ...figures } = result;
    return { ...figures, cpuMicrosPerRequest: cpu / requests, rssMiB: rssOf(subject) };
  },

  open: async (subject, { options: { rate, seconds } }) => {
    const target = subject.target('static');
    const { result, cpu } = await withCpu(subject, () =>
      runLoad({ kind: 'open', target, ratePerSecond: rate, seconds }),
    );
    const { requests, ...figures } = result;
    return { ...figures, cpuMicrosPerRequest: cpu / requests };
  },

  'first-token': async (subject, { options: { seconds } }) => {
    const target = subject.target('short');
    const result = await runLoad({
      kind: 'streams',
      target,
      concurrency: lightStreams,
      seconds: Math.ceil(seconds / 2),
    });
    return { p50Ms: result.firstTokenP50Ms, p99Ms: result.firstTokenP99Ms, failures: result.failures };
  },

  events: async (subject, { options: { seconds } }) => {
    const target = subject.target('fixedStream');
    const { result, cpu } = await withCpu(subject, () =>
      runLoad({ kind: 'streams', target, concurrency: eventStreams, seconds: Math.ceil(seconds / 2) }),
    );
    const { tokens, tokensPerSecond, failures } = result;
    return { eventsPerSecond: tokensPerSecond, cpuMicrosPerEvent: cpu / tokens, failures };
  },

  paced: async (subject, { options: { streams, tokensPerSecond, seconds } }) => {
    const target = subject.target('paced');
    const { result, cpu } = await withCpu(subject, () =>
      runLoad({ kind: 'paced', target, streams, tokensPerSecond, seconds }),
    );
    const { tokens, share, transitP50Ms, transitP99Ms, firstTokenP50Ms, failures } = result;
    const cpuMicrosPerEvent = cpu / tokens;
    return { share, transitP50Ms, transitP99Ms, firstTokenP50Ms, cpuMicrosPerEvent, rssMiB: rssOf(subject), failures };
  },

  rss: measureRss,
};

/** RSS at tenths of the way through a number of requests. Flat means that the second half adds next to nothing. */
async function measureRss(subject: Subject, { options, folder }: PartContext): Promise<Figures> {
  const target = subject.target('static');
  const { connections, rssRequests } = options;
  const samples: { readonly requests: number; readonly rss: number }[] = [];
  let failures = 0;
  for (let requests = 0; requests < rssRequests; ) {
    const result = await runClosedLoop(target, { connections, seconds: 2, folder });
    if (result.requests === 0) throw new Error(`${subject.name} answers nothing`);
    requests += result.requests;
    failures += result.failures;
    samples.push({ requests, rss: rssOf(subject) });
  }
  const at = (share: number): number =>
    samples.find(({ requests }) => requests >= rssRequests * share)?.rss ?? Number.NaN;
  return { rssAt10MiB: at(0.1), rssAt50MiB: at(0.5), rssAt100MiB: at(1), growthMiB: at(1) - at(0.5), failures };
}

async function withCpu<T>(
  subject: Subject,
  run: () => Promise<T>,
): Promise<{ readonly result: T; readonly cpu: number }> {
  const before = cpuMicros(subject.pids);
  const result = await run();
  return { result, cpu: subject.pids.length === 0 ? Number.NaN : cpuMicros(subject.pids) - before };
}

function rssOf(subject: Subject): number {
  return subject.pids.length === 0 ? Number.NaN : rssMiB(subject.pids);
}
