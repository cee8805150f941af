import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { createRecordingLog } from '../../../test/fixtures/silent-telemetry.ts';
import type { Database } from '../../adapters/sqlite/database.ts';
import type { ResponsesConfig } from '../../config/config.ts';
import type { Component, Use } from '../lifecycle.ts';
import type { Runtime } from '../runtime.ts';
import { responsesComponent } from './responses.ts';

function start(
  responses: ResponsesConfig,
  clock: FakeClock,
): ReturnType<ReturnType<typeof responsesComponent>['start']> {
  const runtime = {
    clock,
    log: createRecordingLog(),
    config: { current: () => ({ responses }) },
  } as unknown as Runtime;
  const database = { write: async () => [], read: async () => [] } as unknown as Database;
  return responsesComponent(runtime, {} as Component<Database>).start((() => database) as Use);
}

test('responses component: opens a store, and leaves nothing behind', async () => {
  const clock = new FakeClock();
  const running = await start({ store: true, retentionDays: 30, passUnknown: false }, clock);
  assert.equal(await running.value?.get('t', 'resp_1'), undefined);
  await running.stop();
  assert.equal(clock.pendingTimers, 0);
});

test('responses component: keeps nothing where the configuration says so', async () => {
  const clock = new FakeClock();
  const running = await start({ store: false, retentionDays: 30, passUnknown: false }, clock);
  assert.equal(running.value, undefined);
  await running.stop();
  assert.equal(clock.pendingTimers, 0);
});
