// Listens to what a client gets: the bytes of every answer, as text. The client reads them once they are all there.

import type { Fetch } from './readers/heard.ts';

/** One answer of the server. */
export interface Tapped {
  readonly path: string;
  readonly status: number;
  readonly isStream: boolean;
  readonly text: string;
}

/** A tap on the way to a server. */
export interface Wiretap {
  readonly fetch: Fetch;
  /** Answers since the last call. */
  take(): Tapped[];
}

/** Makes one. */
export function createWiretap(): Wiretap {
  const heard: Tapped[] = [];
  return {
    async fetch(input, init) {
      const response = await globalThis.fetch(input, init);
      const { status, headers } = response;
      const text = await response.text();
      const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true;
      heard.push({ path: new URL(String(input)).pathname, status, isStream, text });
      return new Response(text, { status, headers });
    },
    take: () => heard.splice(0),
  };
}
