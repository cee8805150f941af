// Portkey's gateway as a server under test: the peer in compare-wire.ts.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fetch } from '../test/wire/readers/heard.ts';
import type { Recording } from '../test/wire/recordings.ts';
import type { Subject } from '../test/wire/sluice.ts';
import { freePort, startUntilListening } from './child.ts';

/** A running gateway. */
export interface PortkeySubject extends Subject {
  readonly version: string;
  /** Sends a request as the gateway wants it: vendor and address are told by headers. */
  fetchFor(recording: Recording): Fetch;
}

const root = join(import.meta.dirname, '..');

/** Starts it, with the repair without which it answers every stream with 500 (bench/portkey-wire-preload.cjs). */
export async function startPortkey(upstreamUrl: string): Promise<PortkeySubject> {
  const port = await freePort();
  const folder = join(root, 'node_modules/@portkey-ai/gateway');
  const { version }: { version: string } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const preload = join(root, 'bench/portkey-wire-preload.cjs');
  const args = ['--require', preload, join(folder, 'build/start-server.js'), `--port=${port}`, '--headless'];
  const child = await startUntilListening({ command: process.execPath, args }, port);
  return {
    url: `http://127.0.0.1:${port}`,
    apiKey: 'vendor-key-0123456789',
    version,
    modelOf: ({ model }) => model,
    fetchFor: (recording) => (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set('x-portkey-provider', providerOf(recording));
      headers.set('x-portkey-custom-host', upstreamUrl);
      return fetch(input, { ...init, headers });
    },
    close: () => child.stop(),
  };
}

/** Its own name for the vendor, where it has one; all others speak OpenAI's dialect. */
function providerOf({ wire, host }: Recording): string {
  if (wire === 'messages') return 'anthropic';
  if (wire === 'generate' || wire === 'google-embeddings') return 'google';
  const known = providers.find(([pattern]) => pattern.test(host));
  return known === undefined || wire === 'responses' ? 'openai' : known[1];
}

const providers: readonly (readonly [RegExp, string])[] = [
  [/mistral/, 'mistral-ai'],
  [/groq/, 'groq'],
  [/deepseek/, 'deepseek'],
  [/openrouter/, 'openrouter'],
  [/perplexity/, 'perplexity-ai'],
  [/together/, 'together-ai'],
  [/x\.ai|xai/, 'x-ai'],
  [/cerebras/, 'cerebras'],
];
