import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClock } from '../../test/fixtures/fake-clock.ts';
import type { Config } from './config.ts';
import { loadConfig } from './load.ts';
import { formatProblem, type Problem } from './problem.ts';
import { type ConfigChange, type ConfigWatch, watchConfig } from './watch.ts';

interface Watched {
  readonly dir: string;
  readonly file: string;
  readonly clock: FakeClock;
  readonly applied: { readonly config: Config; readonly change: ConfigChange }[];
  readonly refused: (readonly Problem[])[];
  readonly watch: ConfigWatch;
  /** Waits until the file system reported an event: it set the timer of the debounce. */
  event(): Promise<void>;
}

/** Watches `sluice.yaml`, made by `prepare`, with a clock that the test moves. */
async function watching(run: (watched: Watched) => Promise<void>, prepare?: (dir: string) => void): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-watch-'));
  const file = join(dir, 'sluice.yaml');
  if (prepare === undefined) writeFileSync(file, 'limits: { maxNesting: 10 }\n');
  else prepare(dir);
  const load = () => loadConfig({ file, env: {} });
  const first = load();
  assert.ok('config' in first);
  const clock = new FakeClock();
  const applied: Watched['applied'] = [];
  const refused: Watched['refused'] = [];
  const watch = watchConfig({
    file,
    current: first.config,
    load,
    timers: clock,
    onChange: (config, change) => applied.push({ config, change }),
    onRefused: (problems) => refused.push(problems),
  });
  const event = async (): Promise<void> => {
    while (clock.pendingTimers < 2) await new Promise((resolve) => setImmediate(resolve)); // one is the poll
  };
  try {
    await run({ dir, file, clock, applied, refused, watch, event });
  } finally {
    watch.close();
    rmSync(dir, { recursive: true, force: true });
    assert.equal(clock.pendingTimers, 0, 'timers were left behind');
  }
}

/** As editors and `kubectl` do: a new file takes the place of the old one. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

test('config watch: a valid change is handed on once, after the last of several events', () =>
  watching(async ({ file, clock, applied, refused, event }) => {
    replace(file, 'limits: { maxNesting: 11 }\n');
    await event();
    clock.advance(100);
    assert.equal(applied.length, 0);
    clock.advance(200);
    assert.equal(applied[0]?.config.limits.maxNesting, 11);
    assert.deepEqual(applied[0]?.change, { changed: ['limits.maxNesting'], needRestart: ['limits.maxNesting'] });
    clock.advance(60_000);
    assert.equal(applied.length, 1);
    assert.equal(refused.length, 0);
  }));

test('config watch: an invalid file is refused once and the next valid one is applied', () =>
  watching(async ({ file, clock, applied, refused, event }) => {
    replace(file, 'limits: { maxNesting: x }\nbus: nats://y\n');
    await event();
    clock.advance(60_000);
    assert.equal(applied.length, 0);
    assert.equal(refused.length, 1);
    assert.deepEqual(
      refused[0]?.map((problem) => problem.path),
      ['limits.maxNesting', 'bus'],
    );
    replace(file, 'limits: { maxNesting: 12 }\n');
    await event();
    clock.advance(200);
    assert.equal(applied[0]?.config.limits.maxNesting, 12);
  }));

test('config watch: a removed file is refused, the old configuration serves on, and its return is noticed', () =>
  watching(async ({ file, clock, applied, refused, event }) => {
    unlinkSync(file);
    await event();
    clock.advance(200);
    assert.match(refused.flat().map(formatProblem).join(), /no such file/);
    replace(file, 'limits: { maxNesting: 13 }\n');
    await event();
    clock.advance(200);
    assert.equal(applied[0]?.config.limits.maxNesting, 13);
  }));

test('config watch: the swap of a Kubernetes volume is noticed, twice', () =>
  watching(
    async ({ dir, clock, applied, event }) => {
      for (const [version, nesting] of [
        ['v2', 20],
        ['v3', 30],
      ] as const) {
        mkdirSync(join(dir, version));
        writeFileSync(join(dir, version, 'sluice.yaml'), `limits: { maxNesting: ${nesting} }\n`);
        symlinkSync(version, join(dir, '..data.new'));
        renameSync(join(dir, '..data.new'), join(dir, '..data'));
        await event();
        clock.advance(200);
        assert.equal(applied.at(-1)?.config.limits.maxNesting, nesting);
      }
    },
    (dir) => {
      mkdirSync(join(dir, 'v1'));
      writeFileSync(join(dir, 'v1', 'sluice.yaml'), 'limits: { maxNesting: 10 }\n');
      symlinkSync('v1', join(dir, '..data'));
      symlinkSync('..data/sluice.yaml', join(dir, 'sluice.yaml'));
    },
  ));

test('config watch: without any event the poll notices the change', () =>
  watching(async ({ file, clock, applied }) => {
    writeFileSync(file, 'limits: { maxNesting: 14 }\n');
    clock.advance(10_000); // before the loop turned, so no event can have come
    assert.equal(applied[0]?.config.limits.maxNesting, 14);
  }));

test('config watch: says which changes need a restart', () =>
  watching(async ({ file, clock, applied }) => {
    writeFileSync(
      file,
      'listen: { http: 127.0.0.1:9999 }\nstore: sqlite:/tmp/x.db\nmodels: { chat: { targets: [local/chat] } }\n',
    );
    clock.advance(10_000);
    assert.deepEqual(applied[0]?.change, {
      changed: [
        'listen.http',
        'models.stories',
        'models.embed',
        'models.rank',
        'models.classify',
        'limits.maxNesting',
        'store.path',
      ],
      needRestart: ['listen.http', 'limits.maxNesting', 'store.path'],
    });
  }));

test('config watch: a rewrite of the same content and a comment are no change; reload() reads at once', () =>
  watching(async ({ file, clock, applied, watch }) => {
    writeFileSync(file, readFileSync(file));
    clock.advance(10_000);
    writeFileSync(file, '# only a comment\nlimits: { maxNesting: 10 }\n');
    clock.advance(10_000);
    assert.equal(applied.length, 0);
    writeFileSync(file, 'limits: { maxNesting: 15 }\n');
    watch.reload();
    assert.equal(applied.length, 1);
  }));
