// Starts and stops the processes of a benchmark. Whatever happens to the benchmark, they end with it.

import { type ChildProcess, spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';

/** A process that is ready. */
export interface Child {
  readonly pid: number;
  /** Ends the process and waits for its end. */
  stop(): Promise<void>;
}

/** What to start. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** How long a process may take to get ready, and to end when asked to. */
const startLimitMs = 30_000;
const stopLimitMs = 5_000;

/** Between two looks whether a port is open yet. */
const probeIntervalMs = 50;

/** How much of a process's output is kept to explain a failed start. */
const keptOutputChars = 4_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM'); // not SIGKILL: nginx would leave its worker behind
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

/** Starts a process and waits until it has printed a line of which `parse` makes something; returns both. */
export async function startUntilLine<T>(
  program: Program,
  parse: (line: string) => T | undefined,
): Promise<{ readonly child: Child; readonly said: T }> {
  const { child, process: started, failed } = launch(program);
  const line = new Promise<T>((resolve) => {
    let rest = '';
    started.stdout?.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(-keptOutputChars);
      const said = lines.map(parse).find((value) => value !== undefined);
      if (said !== undefined) resolve(said);
    });
  });
  return { child, said: await Promise.race([line, failed]) };
}

/** Starts a process and waits until it listens on this port of 127.0.0.1. */
export async function startUntilListening(program: Program, port: number): Promise<Child> {
  const { child, failed } = launch(program);
  let probing = true;
  const listening = (async () => {
    while (probing && !(await isListening(port))) await new Promise((resolve) => setTimeout(resolve, probeIntervalMs));
  })();
  try {
    await Promise.race([listening, failed]);
  } finally {
    probing = false;
  }
  return child;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await unusedPort();
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}

/** Ports that were given out: the system may offer one again before it is listened on. */
const given: Set<number> = new Set();

function unusedPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}

interface Launched {
  readonly child: Child;
  readonly process: ChildProcess;
  /** Rejects, with what the process wrote, when it ends or is not ready in time; never resolves. */
  readonly failed: Promise<never>;
}

function launch({ command, args, env }: Program): Launched {
  const started = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  running.add(started);
  let output = '';
  const keep = (text: string): void => {
    output = (output + text).slice(-keptOutputChars);
  };
  started.stdout.setEncoding('utf8').on('data', keep);
  started.stderr.setEncoding('utf8').on('data', keep);
  const closed = new Promise<void>((resolve) => started.once('close', () => resolve()));
  const failed = new Promise<never>((_, reject) => {
    const fail = (why: string): void => reject(new Error(`${[command, ...args].join(' ')}: ${why}\n${output}`));
    setTimeout(() => fail('was not ready in time'), startLimitMs).unref();
    started.once('error', (error) => fail(error.message));
    started.once('close', (code, signal) => {
      running.delete(started);
      fail(`ended with ${signal ?? code}`);
    });
  });
  failed.catch(() => {}); // once the process is ready, its end is nobody's failure
  return { child: { pid: started.pid ?? 0, stop: () => stop(started, closed) }, process: started, failed };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (listening: boolean) => (): void => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', answer(true)).once('error', answer(false));
  });
}

async function stop(child: ChildProcess, closed: Promise<void>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
  await closed;
  clearTimeout(timer);
}
