// What tests of failing providers share: Sluice as real processes in both layouts, and vendors that answer or fail.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runCommand, startRole, temporaryFolder } from '../e2e/newcomer-process.ts';
import { answerWith, startUpstream, type Upstream, type UpstreamScript } from '../fixtures/upstream.ts';

/** Where a caller and an operator find it. */
export interface Served {
  readonly http: string | undefined;
  /** Of the process that calls the providers. */
  readonly admin: string | undefined;
  readonly key: string;
}

/** Starts it with these arguments of the command line. */
export type Layout = (t: TestContext, settings: readonly string[]) => Promise<Served>;

/** By name: everything in one process, and an edge in front of an inference service. */
export const layouts: Readonly<Record<'in one process' | 'as separate roles', Layout>> = {
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

/** A whole chat completion. */
export const completion: UpstreamScript = answerWith({
  body: JSON.stringify({
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Paris.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  }),
});
/** What a vendor says that is down. */
export const failure: UpstreamScript = answerWith({ status: 503, body: '{"error":{"message":"down"}}' });

/** A vendor that goes when the test ends. */
export async function upstreamWith(t: TestContext, script: UpstreamScript): Promise<Upstream> {
  const upstream = await startUpstream(script);
  t.after(() => upstream.close());
  return upstream;
}

/** The section of the configuration that reaches a vendor. */
export function providerAt({ baseUrl }: Upstream): string {
  return `{type: openai-compatible, baseUrl: "${baseUrl}"}`;
}

/** Asks for a chat completion, with more headers and another first message where given, and reads it to its end. */
export async function ask(
  { http, key }: Served,
  model: string,
  { headers = {}, say = 'Where?' }: { readonly headers?: Readonly<Record<string, string>>; readonly say?: string } = {},
): Promise<Response> {
  const response = await fetch(`http://${http}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: say }] }),
  });
  await response.arrayBuffer();
  return response;
}
