// What one hop from a role to the inference service costs: plain gRPC calls against the multiplexed stream, CPU of both ends.
// The server runs in a process of its own. Usage: node bench/rpc-hop.ts [rounds]; prints a table.

import { type ChildProcess, fork } from 'node:child_process';
import { createSystemClock } from '../src/adapters/system/clock.ts';
import { createSystemIds } from '../src/adapters/system/ids.ts';
import type { CallContext } from '../src/core/call-context.ts';
import { collectResponse } from '../src/core/collect.ts';
import type { PredictPart, PredictRequest } from '../src/core/predict.ts';
import type { Inference } from '../src/ports/inference.ts';
import { createInferenceClient } from '../src/rpc/inference-client.ts';
import { createRpcServer } from '../src/rpc/rpc-server.ts';
import type { Log } from '../src/telemetry/log.ts';

const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (fields, message) => console.error(message, fields),
  child: () => log,
};
const clock = createSystemClock();
const ids = createSystemIds(clock);

/** About 400 bytes, as a short chat turn is. */
const request: PredictRequest = {
  model: 'chat',
  dialect: 'openai',
  sampling: { maxOutputTokens: 64, temperature: 0.2 },
  messages: [
    { role: 'system', content: [{ type: 'text', text: 'You answer briefly and only from the documents given.' }] },
    { role: 'user', content: [{ type: 'text', text: 'What does the warranty cover? '.repeat(9) }] },
  ],
};
const tokensPerStream = 50;

/** Answers at once, so that only the hop is measured. */
function createInstantInference(): Inference {
  const answer = (tokens: number): PredictPart[] => [
    { type: 'start', id: 'chatcmpl-1', model: 'm', target: 'local/m', createdAtMs: 1, attempts: 1 },
    ...Array.from({ length: tokens }, (): PredictPart => ({ type: 'text-delta', text: ' token' })),
    { type: 'end', finishReason: 'stop', usage: { inputTokens: 80, outputTokens: tokens, source: 'engine' } },
  ];
  const stream = async function* (): AsyncGenerator<PredictPart> {
    yield* answer(tokensPerStream);
  };
  const whole = collectResponse(iterate(answer(1)));
  return {
    predict: () => whole,
    predictStream: stream,
    embed: notMeasured,
    rank: notMeasured,
    classify: notMeasured,
    moderate: notMeasured,
    transcribe: notMeasured,
    countTokens: notMeasured,
    infer: notMeasured,
    tensorMetadata: notMeasured,
    listModels: () => Promise.resolve([]),
  };
}

function notMeasured(): Promise<never> {
  return Promise.reject(new Error('not measured'));
}

async function* iterate(parts: readonly PredictPart[]): AsyncGenerator<PredictPart> {
  yield* parts;
}

/** The server process: says its address, and its CPU time whenever it is asked. */
async function serve(): Promise<void> {
  const metrics = { add: () => undefined, set: () => undefined, observe: () => undefined };
  const inference = createInstantInference();
  const server = createRpcServer({ inference, requireApiKey: false, clock, ids, log, metrics });
  process.send?.({ address: await server.listen('127.0.0.1:0') });
  process.on('message', () => process.send?.({ cpuMicros: cpuMicros() }));
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function ask(child: ChildProcess): Promise<{ address?: string; cpuMicros?: number }> {
  return new Promise((resolve) => child.once('message', (message) => resolve(message as { address?: string })));
}

async function serverCpuMicros(child: ChildProcess): Promise<number> {
  const reply = ask(child);
  child.send('cpu');
  return (await reply).cpuMicros ?? 0;
}

interface Row {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly clientMicros: number;
  readonly serverMicros: number;
}

/** Runs `calls` calls, `inFlight` at a time. */
async function measure(
  child: ChildProcess,
  inFlight: number,
  calls: number,
  call: () => Promise<unknown>,
): Promise<Row> {
  const durationsMs: number[] = [];
  let left = calls;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const startedMs = clock.monotonicMs();
      await call();
      durationsMs.push(clock.monotonicMs() - startedMs);
    }
  };
  const serverBefore = await serverCpuMicros(child);
  const clientBefore = cpuMicros();
  const startedMs = clock.monotonicMs();
  await Promise.all(Array.from({ length: inFlight }, worker));
  const wallMs = clock.monotonicMs() - startedMs;
  const clientMicros = (cpuMicros() - clientBefore) / calls;
  const serverMicros = ((await serverCpuMicros(child)) - serverBefore) / calls;
  durationsMs.sort((a, b) => a - b);
  const at = (share: number): number => durationsMs[Math.floor(durationsMs.length * share)] ?? 0;
  return { perSecond: (calls / wallMs) * 1000, p50Ms: at(0.5), p99Ms: at(0.99), clientMicros, serverMicros };
}

async function round(child: ChildProcess, target: string, transport: 'unary' | 'multiplex'): Promise<[string, Row][]> {
  const client = createInferenceClient({ target, transport, clock, ids, log });
  const signal = new AbortController().signal;
  const context = (): CallContext => ({
    requestId: 'req_01J00000000000000000000000',
    tenantId: 'tenant-1',
    keyId: 'key_1',
    deadlineAtMs: clock.now() + 60_000,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  });
  const predict = (): Promise<unknown> => client.predict(request, context(), signal);
  const stream = async (): Promise<void> => {
    for await (const _ of client.predictStream(request, context(), signal));
  };
  for (let i = 0; i < 20; i += 1) await measure(child, 32, 100, i % 4 === 0 ? stream : predict);
  const rows: [string, Row][] = [
    ['predict, 1 in flight', await measure(child, 1, 3_000, predict)],
    ['predict, 64 in flight', await measure(child, 64, 20_000, predict)],
    [`stream of ${tokensPerStream} tokens, 1 in flight`, await measure(child, 1, 1_000, stream)],
    [`stream of ${tokensPerStream} tokens, 32 in flight`, await measure(child, 32, 3_000, stream)],
  ];
  await client.close();
  return rows;
}

async function main(rounds: number): Promise<void> {
  console.log('| call | transport | calls/s | p50 ms | p99 ms | CPU µs client + server |');
  console.log('|---|---|---|---|---|---|');
  for (let i = 0; i < rounds; i += 1) {
    for (const transport of ['unary', 'multiplex'] as const) {
      const child = fork(import.meta.filename, ['serve']);
      const { address } = await ask(child);
      for (const [call, row] of await round(child, `grpc://${address}`, transport)) {
        const { perSecond, p50Ms, p99Ms, clientMicros, serverMicros } = row;
        const cpu = `${clientMicros.toFixed(0)} + ${serverMicros.toFixed(0)} = ${(clientMicros + serverMicros).toFixed(0)}`;
        console.log(
          `| ${call} | ${transport} | ${perSecond.toFixed(0)} | ${p50Ms.toFixed(2)} | ${p99Ms.toFixed(2)} | ${cpu} |`,
        );
      }
      child.kill();
    }
  }
}

if (process.argv[2] === 'serve') await serve();
else await main(Number(process.argv[2] ?? 2));
