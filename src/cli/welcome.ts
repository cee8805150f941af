// What a person sees when a role is ready: where it listens, the key of a first start, and a line that works when pasted.

import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import type { Addresses } from '../roles/role.ts';

/** What the welcome is made of. */
export interface WelcomeInput {
  readonly role: string;
  readonly addresses: Addresses;
  /** Where the development key is kept, whether or not it exists. */
  readonly keyFile: string;
  /** Shown when this start made it. */
  readonly newKey: string | undefined;
  /** True when this start made a key that is not shown, because nobody reads this on a terminal. */
  readonly hasHiddenKey: boolean;
}

/** The text, without a final newline. */
export function welcome({ role, addresses, keyFile, newKey, hasHiddenKey }: WelcomeInput): string {
  const lines = [`Sluice ${role} is ready.`, ''];
  if (addresses.http !== undefined) lines.push(`  HTTP   http://${addresses.http}/v1   OpenAI and Anthropic dialects`);
  if (addresses.grpc !== undefined) lines.push(`  gRPC   ${addresses.grpc}   sluice.inference.v1.Inference`);
  // Who serves gRPC calls targets, and can show how they are.
  const targets = addresses.grpc === undefined ? '' : ' /targets';
  if (addresses.admin !== undefined)
    lines.push(`  Admin  http://${addresses.admin}   /livez /readyz /metrics${targets}`);
  if (newKey !== undefined) {
    lines.push(
      '',
      `  Development API key, shown this once: ${newKey}`,
      `  It is kept in ${shorter(keyFile)} (only you can read it).`,
    );
  }
  if (hasHiddenKey)
    lines.push('', `  A development API key was made; it is in ${shorter(keyFile)} (only you can read it).`);
  if (addresses.http !== undefined) lines.push('', 'Try it:', '', curl(addresses.http, keyFile));
  return lines.join('\n');
}

function curl(http: string, keyFile: string): string {
  const key = existsSync(keyFile) ? `$(cat ${shellWord(shorter(keyFile))})` : '$SLUICE_API_KEY';
  const body = {
    model: 'chat',
    stream: true,
    messages: [
      { role: 'system', content: 'The shop opens at 9:00. Returns are free within 30 days.' },
      { role: 'user', content: 'How long can I return something?' },
    ],
  };
  return [
    `  curl -N http://${http}/v1/chat/completions \\`,
    `    -H "authorization: Bearer ${key}" -H 'content-type: application/json' \\`,
    `    -d '${JSON.stringify(body)}'`,
  ].join('\n');
}

/** Relative to the working directory where that is shorter. */
function shorter(path: string): string {
  const near = relative(process.cwd(), path);
  return near.length < path.length && !near.startsWith('..') ? near : path;
}

/** A path as one word inside double quotes of a shell. */
function shellWord(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
