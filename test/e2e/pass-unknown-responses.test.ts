// The setting responses.passUnknown in real processes: whether a vendor's own id of an answer goes on to the vendor is decided
// where HTTP comes in, in one process and across separate roles alike.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { answerWith, startUpstream, type Upstream } from '../fixtures/upstream.ts';
import { runCommand, startRole, temporaryFolder } from './newcomer-process.ts';

const answer = {
  id: 'resp_2',
  object: 'response',
  status: 'completed',
  output: [{ type: 'message', id: 'msg_1', role: 'assistant', content: [{ type: 'output_text', text: 'Paris.' }] }],
  usage: { input_tokens: 6, output_tokens: 2 },
};

/** Where HTTP is served, and a key for it. */
interface Served {
  readonly http: string | undefined;
  readonly key: string;
}

type Layout = (t: TestContext, upstream: Upstream, settings: readonly string[]) => Promise<Served>;

const layouts: Readonly<Record<string, Layout>> = {
  'in one process': async (t, upstream, settings) => {
    const dataDir = await temporaryFolder(t);
    const all = await startRole(t, 'all', ['--data-dir', dataDir, ...providerOf(upstream), ...settings]);
    return { http: all.addresses.http, key: (await readFile(join(dataDir, 'dev-key'), 'utf8')).trim() };
  },
  'as separate roles': async (t, upstream, settings) => {
    const folder = await temporaryFolder(t);
    const inferenceDir = join(folder, 'inference');
    const inference = await startRole(t, 'inference', ['--data-dir', inferenceDir, ...providerOf(upstream)]);
    const dataDir = join(folder, 'edge');
    const where = ['--set', `inference=grpc://${inference.addresses.grpc}`];
    const edge = await startRole(t, 'edge', ['--data-dir', dataDir, ...where, ...settings]);
    const key = await runCommand('keys', 'create', '--data-dir', dataDir, '--name', 'mine', '--quiet');
    return { http: edge.addresses.http, key: key.trim() };
  },
};

for (const [name, start] of Object.entries(layouts)) {
  test(`pass unknown responses: ${name}, the setting decides`, { timeout: 120_000 }, async (t) => {
    const upstream = await startUpstream();
    t.after(() => upstream.close());
    upstream.script = answerWith({ body: JSON.stringify(answer) });
    const ask = async ({ http, key }: Served): Promise<number> => {
      const response = await fetch(`http://${http}/v1/responses`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'vendor/gpt-5', input: 'And then?', previous_response_id: 'resp_1' }),
      });
      await response.text();
      return response.status;
    };
    assert.equal(await ask(await start(t, upstream, ['--set', 'responses.passUnknown=false'])), 400);
    assert.equal(upstream.exchanges.length, 0);
    assert.equal(await ask(await start(t, upstream, [])), 200);
    assert.match(upstream.exchanges[0]?.body ?? '', /"previous_response_id":"resp_1"/);
  });
}

function providerOf({ baseUrl }: Upstream): string[] {
  return ['--set', `providers={vendor: {type: openai, baseUrl: "${baseUrl}"}}`, '--set', 'models={}'];
}
