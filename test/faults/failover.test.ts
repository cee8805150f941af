// Failing providers in front of real processes, in both layouts: what the caller gets, how often the provider was asked, and
// what an operator sees of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Upstream } from '../fixtures/upstream.ts';
import { ask, completion, failure, layouts, providerAt, upstreamWith } from './layouts.ts';

/** Two providers behind the alias `assistant`. */
function settingsOf(first: Upstream, second: Upstream, more: readonly string[] = []): string[] {
  const all = [
    `providers={first: ${providerAt(first)}, second: ${providerAt(second)}}`,
    'models={assistant: {targets: [first/m, second/m]}}',
    'breaker.enabled=true',
    'breaker.restMs=600000',
    'breaker.maxRestMs=600000',
    ...more,
  ];
  return all.flatMap((setting) => ['--set', setting]);
}

for (const [layout, start] of Object.entries(layouts)) {
  test(`failover: ${layout}, a provider that is down is asked until its breaker opens, and no more`, async (t) => {
    const first = await upstreamWith(t, failure);
    const second = await upstreamWith(t, completion);
    const subject = await start(t, settingsOf(first, second));
    const attempts: (string | null)[] = [];
    for (let call = 0; call < 12; call += 1) {
      const response = await ask(subject, 'assistant');
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('x-sluice-model'), 'second/m');
      attempts.push(response.headers.get('x-sluice-attempts'));
    }
    assert.equal(first.exchanges.length, 5);
    assert.equal(second.exchanges.length, 12);
    assert.deepEqual(attempts, [...Array<string>(5).fill('2'), ...Array<string>(7).fill('1')]);

    const shown = (await (await fetch(`http://${subject.admin}/targets`)).json()) as { targets: { target: string }[] };
    assert.deepEqual(
      shown.targets.map(({ target, ...health }) => [target, { ...health, restsForMs: 0 }]),
      [
        ['first/m', { calls: 'open', firstToken: 'closed', restsForMs: 0, why: 'failing' }],
        ['second/m', { calls: 'closed', firstToken: 'closed', restsForMs: 0 }],
      ],
    );
    const metrics = await (await fetch(`http://${subject.admin}/metrics`)).text();
    assert.match(metrics, /sluice_breaker_state\{target="first\/m",breaker="calls"\} 2/);
    assert.match(metrics, /sluice_attempts_held_back_total\{target="first\/m",why="failing"\} 7/);

    // Who names the target gets it, and its own failure.
    assert.equal((await ask(subject, 'first/m')).status, 503);
    assert.equal(first.exchanges.length, 6);
  });
}

test('failover: a lone failure is repeated at the same provider when that is asked for', async (t) => {
  const flaky = await upstreamWith(t, (exchange) => {
    const isFirst = flaky.exchanges.length === 1;
    return (isFirst ? failure : completion)(exchange);
  });
  const settings = settingsOf(flaky, flaky, [
    'models.assistant.targets=[first/m]',
    'models.assistant.retries.maxRepeats=1',
  ]);
  const subject = await layouts['in one process'](t, settings);
  const response = await ask(subject, 'assistant');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('x-sluice-attempts'), '2');
  assert.equal(flaky.exchanges.length, 2);
});

test('failover: with all providers resting the caller is told at once, and when to come again', async (t) => {
  const first = await upstreamWith(t, failure);
  const subject = await layouts['in one process'](t, settingsOf(first, first, ['models.assistant.targets=[first/m]']));
  for (let call = 0; call < 5; call += 1) assert.equal((await ask(subject, 'assistant')).status, 503);
  const response = await ask(subject, 'assistant');
  assert.equal(response.status, 503);
  assert.equal(first.exchanges.length, 5);
  const seconds = Number(response.headers.get('retry-after'));
  assert.ok(seconds >= 299 && seconds <= 600, `retry-after ${seconds}`);
});
