// The endpoints that are measured: their paths, and which of them a server has.

import type { Endpoint } from './readers/heard.ts';
import type { Subject } from './sluice.ts';

/** Path of each. */
export const endpointPaths: Readonly<Record<Endpoint, string>> = {
  chat: '/v1/chat/completions',
  completions: '/v1/completions',
  responses: '/v1/responses',
  messages: '/v1/messages',
  embeddings: '/v1/embeddings',
};

/** The endpoints that answer an empty request with anything but "no such route". */
export async function servedEndpoints({ url, apiKey }: Pick<Subject, 'url' | 'apiKey'>): Promise<Set<Endpoint>> {
  const served = new Set<Endpoint>();
  for (const [endpoint, path] of Object.entries(endpointPaths) as [Endpoint, string][]) {
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
    const response = await fetch(url + path, { method: 'POST', headers, body: '{}' });
    await response.arrayBuffer();
    if (response.status !== 404) served.add(endpoint);
  }
  return served;
}
