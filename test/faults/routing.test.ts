// Aliases that choose among their targets, in front of real processes and in both layouts: who is asked, and what an operator sees.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Upstream } from '../fixtures/upstream.ts';
import { ask, completion, failure, layouts, providerAt, type Served, upstreamWith } from './layouts.ts';

/** Two vendors and aliases that choose between them, each in its own way. */
function settingsOf(first: Upstream, second: Upstream): string[] {
  const prices = (input: number, output: number): string => `usdPerMillionTokens: {input: ${input}, output: ${output}}`;
  const all = [
    `providers={first: ${providerAt(first)}, second: ${providerAt(second)}}`,
    'models={}',
    'models.priority={targets: [{target: first/m, priority: 1}, second/m]}',
    'models.weight={targets: [{target: first/m, weight: 0}, second/m], routing: {by: weight}}',
    `models.cost={targets: [{target: first/m, ${prices(3, 9)}}, {target: second/m, ${prices(1, 5)}}], routing: {by: cost}}`,
    'models.latency={targets: [first/m, second/m], routing: {by: latency}}',
    'models.canary={targets: [{target: first/m, canary: {name: next}}, second/m]}',
    'models.sticky={targets: [first/m, second/m], routing: {sticky: conversation}}',
  ];
  return all.flatMap((setting) => ['--set', setting]);
}

async function answererOf(subject: Served, ...question: [string, Parameters<typeof ask>[2]?]): Promise<string> {
  const response = await ask(subject, ...question);
  assert.equal(response.status, 200);
  return response.headers.get('x-sluice-model') ?? '';
}

for (const [layout, start] of Object.entries(layouts)) {
  test(`routing: ${layout}, priorities, weights, prices and canaries decide who is asked`, async (t) => {
    const first = await upstreamWith(t, completion);
    const second = await upstreamWith(t, completion);
    const subject = await start(t, settingsOf(first, second));
    for (const alias of ['priority', 'weight', 'cost', 'canary']) {
      for (let call = 0; call < 3; call += 1) assert.equal(await answererOf(subject, alias), 'second/m', alias);
    }
    assert.equal(first.exchanges.length, 0);
    const headers = { 'x-sluice-canary': 'other, next' };
    assert.equal(await answererOf(subject, 'canary', { headers }), 'first/m');
    assert.equal(await answererOf(subject, 'canary', { headers: { 'x-sluice-canary': 'other' } }), 'second/m');
    assert.deepEqual(
      Object.keys(first.exchanges[0]?.headers ?? {}).filter((name) => name.startsWith('x-sluice')),
      [],
    );
    assert.equal((await ask(subject, 'canary', { headers: { 'x-sluice-canary': '!' } })).status, 400);

    // Whoever comes first: the others stand behind.
    second.script = failure;
    for (const alias of ['priority', 'weight', 'cost', 'canary']) {
      assert.equal(await answererOf(subject, alias), 'first/m', alias);
    }
  });

  test(`routing: ${layout}, a conversation stays with its target, leaves it when it fails and comes back`, async (t) => {
    const first = await upstreamWith(t, completion);
    const second = await upstreamWith(t, completion);
    const subject = await start(t, settingsOf(first, second));
    const questions = Array.from({ length: 16 }, (_, at) => [
      { headers: { 'x-sluice-conversation': `thread-${at}` } },
      { say: `Question ${at}` },
    ]).flat();
    const before = await Promise.all(questions.map((question) => answererOf(subject, 'sticky', question)));
    assert.deepEqual(new Set(before), new Set(['first/m', 'second/m']));
    const again = (): Promise<string[]> =>
      Promise.all(questions.map((question) => answererOf(subject, 'sticky', { say: 'Go on', ...question })));
    assert.deepEqual(await again(), before);
    first.script = failure;
    assert.deepEqual(new Set(await again()), new Set(['second/m']));
    first.script = completion;
    assert.deepEqual(await again(), before);
  });

  test(`routing: ${layout}, by latency a target that failed is left to the other, and the operator sees why`, async (t) => {
    const first = await upstreamWith(t, failure);
    const second = await upstreamWith(t, completion);
    const subject = await start(t, settingsOf(first, second));
    for (let call = 0; first.exchanges.length === 0; call += 1) {
      assert.ok(call < 100, 'a target that nobody knows is tried');
      await answererOf(subject, 'latency');
    }
    for (let call = 0; call < 10; call += 1) assert.equal(await answererOf(subject, 'latency'), 'second/m');
    assert.equal(first.exchanges.length, 1);

    const { targets } = (await (await fetch(`http://${subject.admin}/targets`)).json()) as {
      targets: { target: string; load?: { inFlight: number; wholeMs?: number } }[];
    };
    const loads = new Map(targets.map(({ target, load }) => [target, load]));
    assert.equal(loads.get('first/m')?.inFlight, 0);
    assert.ok((loads.get('first/m')?.wholeMs ?? 0) > (loads.get('second/m')?.wholeMs ?? Number.POSITIVE_INFINITY));
  });
}
