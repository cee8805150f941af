// Which recordings are replayed through which endpoint, and which are left out of it and why.

import { at, listAt } from './ground-truth/said.ts';
import type { Endpoint } from './readers/heard.ts';
import type { Recording, Wire } from './recordings.ts';
import { nativeEndpoint } from './requests/asked.ts';

/** One way of replaying a recording. */
export interface Route {
  readonly endpoint: Endpoint;
  /** The caller's dialect is the vendor's. */
  readonly sameDialect: boolean;
}

/** Dialects beside their own in which recordings are read. */
const foreignEndpoints: Readonly<Partial<Record<Wire, readonly Endpoint[]>>> = {
  chat: ['messages'],
  responses: ['chat', 'messages'],
  messages: ['chat'],
  generate: ['messages'],
};

/** The ways of replaying recordings of a wire, its own dialect first. `served`: endpoints that the server under test has. */
export function routesOf(wire: Wire, served: ReadonlySet<Endpoint>): Route[] {
  const native = nativeEndpoint[wire];
  const sameDialect = wire !== 'generate' && wire !== 'google-embeddings';
  const routes = [
    { endpoint: native, sameDialect },
    ...(foreignEndpoints[wire] ?? []).map((endpoint) => ({ endpoint, sameDialect: false })),
  ];
  return routes.filter(({ endpoint }) => served.has(endpoint));
}

/** Why a recording cannot be replayed on a route; undefined when it can. Such a request must be refused with a clear error. */
export function refusalOf({ request, wire, status }: Recording, { sameDialect }: Route): string | undefined {
  if (!sameDialect || status >= 400) return undefined;
  if (wire === 'completions') {
    if (Array.isArray(at(request, 'prompt')) && listAt(request, 'prompt').length !== 1)
      return 'several prompts in one request';
    if (typeof listAt(request, 'prompt')[0] === 'number') return 'a prompt of token ids';
  }
  if (wire === 'responses' && at(request, 'background') === true) return 'an answer in the background';
  return undefined;
}
