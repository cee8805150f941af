import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../../test/fixtures/fake-clock.ts';
import { createRecordingLog } from '../../test/fixtures/silent-telemetry.ts';
import { type Component, inOrder, type LifecycleOptions, startRole } from './lifecycle.ts';

function component(
  name: string,
  needs: Component<unknown>[],
  events: string[],
  fails: { start?: boolean; drain?: boolean; stop?: boolean; notReady?: () => string | undefined } = {},
): Component<string> {
  return {
    name,
    needs,
    async start(use) {
      for (const need of needs) use(need);
      if (fails.start) throw new Error(`${name} cannot start`);
      events.push(`start ${name}`);
      return {
        value: name,
        ...(fails.notReady === undefined ? {} : { notReady: fails.notReady }),
        async drain(deadlineMs) {
          events.push(`drain ${name}`);
          assert.ok(deadlineMs <= 1000);
          if (fails.drain) throw new Error('drain failed');
        },
        async stop() {
          events.push(`stop ${name}`);
          if (fails.stop) throw new Error(`${name} cannot stop`);
        },
      };
    },
  };
}

function options(): LifecycleOptions {
  return { log: createRecordingLog(), clock: new FakeClock() };
}

describe('role lifecycle', () => {
  it('start: follows dependencies, drains and stops in reverse', async () => {
    const events: string[] = [];
    const store = component('store', [], events);
    const keys = component('keys', [store], events);
    const http = component('http', [keys, store], events);
    const role = await startRole([http, keys, store], options());
    assert.equal(role.use(http), 'http');
    await role.shutDown(1000);
    assert.deepEqual(events, [
      ...['start store', 'start keys', 'start http'],
      ...['drain http', 'drain keys', 'drain store'],
      ...['stop http', 'stop keys', 'stop store'],
    ]);
  });

  it('start: a failure stops what was started and is thrown', async () => {
    const events: string[] = [];
    const store = component('store', [], events);
    const http = component('http', [store], events, { start: true });
    await assert.rejects(startRole([http], options()), { message: 'http cannot start' });
    assert.deepEqual(events, ['start store', 'stop store']);
  });

  it('shutDown: a failing drain or stop does not keep others from stopping, and the stop failure is reported', async () => {
    const events: string[] = [];
    const store = component('store', [], events);
    const http = component('http', [store], events, { drain: true, stop: true });
    const role = await startRole([http], options());
    const first = role.shutDown(10);
    assert.equal(role.shutDown(10), first, 'a second call joins the first');
    await assert.rejects(first, { message: 'http cannot stop' });
    assert.equal(events.at(-1), 'stop store');
  });

  it('check: what is certain to fail is told before anything starts', async () => {
    const events: string[] = [];
    const http = component('http', [], events);
    const lacking: Component<unknown> = {
      ...component('lacking', [http], events),
      check: () => {
        throw new Error('a setting is missing');
      },
    };
    await assert.rejects(startRole([http, lacking], options()), { message: 'a setting is missing' });
    assert.deepEqual(events, []);
  });

  it('start: an operator who wants to stop does not wait for a slow component, which is stopped when it comes', async () => {
    const events: string[] = [];
    const stop = new AbortController();
    const slow = Promise.withResolvers<void>();
    const store = component('store', [], events);
    const engine = component('engine', [store], events);
    const loading: Component<unknown> = { ...engine, start: (use) => slow.promise.then(() => engine.start(use)) };
    const starting = startRole([loading], { ...options(), signal: stop.signal });
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await assert.rejects(starting, { name: 'AbortError' });
    assert.deepEqual(events, ['start store', 'stop store']);
    slow.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(events.slice(2), ['start engine', 'stop engine']);
  });

  it('readiness: names what is not ready, and that the role drains', async () => {
    let problem: string | undefined = 'loading models';
    const engine = component('engine', [], [], { notReady: () => problem });
    const role = await startRole([engine], options());
    assert.deepEqual(role.readiness(), { ready: false, checks: { engine: 'loading models' } });
    problem = undefined;
    assert.deepEqual(role.readiness(), { ready: true, checks: { engine: 'ok' } });
    const done = role.shutDown(10);
    assert.deepEqual(role.readiness(), { ready: false, checks: { role: 'draining', engine: 'ok' } });
    await done;
  });

  it('inOrder: a cycle is refused by name', () => {
    const needs: Component<unknown>[] = [];
    const a: Component<unknown> = { name: 'a', needs, start: () => Promise.reject(new Error('unused')) };
    needs.push({ name: 'b', needs: [a], start: () => Promise.reject(new Error('unused')) });
    assert.throws(() => inOrder([a]), { message: 'component a depends on itself' });
  });

  it('use: a component that was not named in needs is refused', async () => {
    const other = component('other', [], []);
    const careless: Component<unknown> = {
      name: 'careless',
      needs: [],
      start: async (use) => ({ value: use(other), stop: async () => undefined }),
    };
    await assert.rejects(startRole([careless, other], options()), /other is used without being named/);
  });
});
