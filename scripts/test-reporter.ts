// A second reporter beside node's own, which guards what node lets pass: tests that were skipped (listed with their
// reasons; a failure when CI is set) and handles that a test left open (node would wait for them forever). It prints
// nothing of its own while tests run.

import type { EventData } from 'node:test';

/** The events that matter here; node emits more. */
export type TestEvent =
  | { readonly type: 'test:enqueue' | 'test:complete'; readonly data: { readonly name: string } }
  | { readonly type: 'test:pass'; readonly data: Pick<EventData.TestPass, 'name' | 'skip' | 'file'> };

/** How long nothing may happen after the last known test ended. Loading a large test file must fit into it. */
const idleLimitMs = Number(process.env['TEST_IDLE_LIMIT_MS'] ?? 10_000);

/** What every test process holds by itself. */
const ownResources: ReadonlySet<string> = new Set(['TTYWrap', 'PipeWrap', 'FSReqCallback', 'FSReqPromise']);

/** Counts tests begun and ended, and collects the skipped ones. */
export class TestLog {
  readonly skipped: string[] = [];
  readonly #idleLimitMs: number;
  #open = 0;
  #lastEventMs = 0;

  constructor(limitMs: number) {
    this.#idleLimitMs = limitMs;
  }

  /** Records an event at this moment. */
  record(event: { readonly type: string; readonly data: unknown }, nowMs: number): void {
    this.#lastEventMs = nowMs;
    const known = event as TestEvent;
    if (known.type === 'test:enqueue') this.#open += 1;
    if (known.type === 'test:complete') this.#open -= 1;
    if (known.type === 'test:pass' && known.data.skip !== undefined && known.data.skip !== false) {
      this.skipped.push(`${known.data.name} # ${known.data.skip === true ? 'no reason given' : known.data.skip}`);
    }
  }

  /** True when every test has ended and the process still runs long after. */
  isStuck(nowMs: number): boolean {
    return this.#open === 0 && nowMs - this.#lastEventMs >= this.#idleLimitMs;
  }
}

/** The reporter, in the form that `node --test-reporter` asks for. */
// biome-ignore lint/style/noDefaultExport: node takes a reporter only as the default export of its module
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const log = new TestLog(idleLimitMs);
  log.record({ type: 'start', data: undefined }, Date.now());
  const watch = setInterval(() => {
    if (!log.isStuck(Date.now())) return;
    clearInterval(watch);
    failForLeak();
  }, idleLimitMs / 10);
  watch.unref();
  process.on('exit', () => reportSkipped(log.skipped));
  for await (const event of source) log.record(event, Date.now());
  yield '';
}

/** Tells node's runner that the loop would be empty, upon which it prints its summary; then ends the process as failed. */
function failForLeak(): void {
  const open = process.getActiveResourcesInfo().filter((name) => !ownResources.has(name));
  console.error(`\nAll tests ended, but the process does not: a test left something open (${open.join(', ')}).`);
  process.emit('beforeExit', 1);
  setTimeout(() => process.exit(1), 500);
}

/** Evaluation collections lie beside the repository where they are licensed to lie; everything must pass without them. */
const optionalData = '../shared/data';

function reportSkipped(skipped: readonly string[]): void {
  if (skipped.length === 0) return;
  const isCi = process.env['CI'] !== undefined && !['', '0', 'false'].includes(process.env['CI']);
  const isFailure = isCi && skipped.some((line) => !line.includes(optionalData));
  console.error(`\n${skipped.length} skipped test(s)${isFailure ? ', which fails in CI' : ''}:`);
  for (const line of skipped) console.error(`  ${line}`);
  if (isFailure) process.exitCode = 1;
}
