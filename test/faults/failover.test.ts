// Failing providers in front of real processes, in both layouts: what the caller gets, how often the provider was asked, and
// what an operator sees of it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCommand, startRole, temporaryFolder } from '../e2e/newcomer-process.ts';
import { answerWith, startUpstream, type Upstream, type UpstreamScript } from '../fixtures/upstream.ts';

/** Where a caller and an operator find it. */
interface Served {
  readonly http: string | undefined;
  /** Of the process that calls the providers. */
  readonly admin: string | undefined;
  readonly key: string;
}

type Layout = (t: TestContext, settings: readonly string[]) => Promise<Served>;

const layouts: Readonly<Record<string, Layout>> = {
  'in one process': async (t, settings) => {
    const dataDir = await temporaryFolder(t);
    const { addresses } = await startRole(t, 'all', ['--data-dir', dataDir, ...settings]);
    return { ...served(addresses), key: (await readFile(join(dataDir, 'dev-key'), 'utf8')).trim() };
  },
  'as separate roles': async (t, settings) => {
    const folder = await temporaryFolder(t);
    const inference = await startRole(t, 'inference', ['--data-dir', join(folder, 'inference'), ...settings]);
    const dataDir = join(folder, 'edge');
    const where = ['--set', `inference=grpc://${inference.addresses.grpc}`];
    const edge = await startRole(t, 'edge', ['--data-dir', dataDir, ...where]);
    const key = await runCommand('keys', 'create', '--data-dir', dataDir, '--name', 'mine', '--quiet');
    return { http: edge.addresses.http, admin: inference.addresses.admin, key: key.trim() };
  },
};

function served({ http, admin }: { http?: string; admin?: string }): Pick<Served, 'http' | 'admin'> {
  return { http, admin };
}

const completion = answerWith({
  body: JSON.stringify({
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Paris.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  }),
});
const failure = answerWith({ status: 503, body: '{"error":{"message":"down"}}' });

async function upstreamWith(t: TestContext, script: UpstreamScript): Promise<Upstream> {
  const upstream = await startUpstream(script);
  t.after(() => upstream.close());
  return upstream;
}

/** Two providers behind the alias `assistant`. */
function settingsOf(first: Upstream, second: Upstream, more: readonly string[] = []): string[] {
  const provider = ({ baseUrl }: Upstream): string => `{type: openai-compatible, baseUrl: "${baseUrl}"}`;
  const all = [
    `providers={first: ${provider(first)}, second: ${provider(second)}}`,
    'models={assistant: {targets: [first/m, second/m]}}',
    'breaker.enabled=true',
    'breaker.restMs=600000',
    'breaker.maxRestMs=600000',
    ...more,
  ];
  return all.flatMap((setting) => ['--set', setting]);
}

async function ask({ http, key }: Served, model: string): Promise<Response> {
  const response = await fetch(`http://${http}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Where?' }] }),
  });
  await response.arrayBuffer();
  return response;
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
  const subject = await (layouts['in one process'] as Layout)(t, settings);
  const response = await ask(subject, 'assistant');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('x-sluice-attempts'), '2');
  assert.equal(flaky.exchanges.length, 2);
});

test('failover: with all providers resting the caller is told at once, and when to come again', async (t) => {
  const first = await upstreamWith(t, failure);
  const subject = await (layouts['in one process'] as Layout)(
    t,
    settingsOf(first, first, ['models.assistant.targets=[first/m]']),
  );
  for (let call = 0; call < 5; call += 1) assert.equal((await ask(subject, 'assistant')).status, 503);
  const response = await ask(subject, 'assistant');
  assert.equal(response.status, 503);
  assert.equal(first.exchanges.length, 5);
  const seconds = Number(response.headers.get('retry-after'));
  assert.ok(seconds >= 299 && seconds <= 600, `retry-after ${seconds}`);
});
