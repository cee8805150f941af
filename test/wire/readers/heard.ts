// What a client made of an answer.

import type { Said, SaidError, SaidFinish } from '../ground-truth/said.ts';

/** What a client returned or threw. */
export type Heard =
  | { readonly kind: 'answer'; readonly said: Said }
  | { readonly kind: 'vectors'; readonly vectors: readonly (readonly number[])[]; readonly input: number | undefined }
  | {
      readonly kind: 'failure';
      /** HTTP status; undefined when the failure came within a stream. */
      readonly status: number | undefined;
      readonly error: SaidError;
      /** What the client itself said, for a report. */
      readonly text: string;
    };

/** One call: the endpoint's request body and whether a stream is asked for. */
export interface Asked {
  readonly endpoint: Endpoint;
  readonly body: Record<string, unknown>;
  readonly streamed: boolean;
}

/** Endpoints of the edge that are measured. */
export type Endpoint = 'chat' | 'completions' | 'responses' | 'messages' | 'embeddings';

/** A client under its name in the table. It never throws for what a server says. */
export interface Reader {
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  ask(asked: Asked): Promise<Heard>;
}

/** How a client reaches its server: as `fetch` does, with whatever a test wants to see of it. */
export type Fetch = typeof globalThis.fetch;

/** OpenAI's words. A word that is none of them is `other`. */
export function finishOfOpenAi(word: string | null | undefined): SaidFinish | undefined {
  if (word == null) return undefined;
  if (word === 'stop' || word === 'length') return word;
  if (word === 'tool_calls' || word === 'function_call') return 'tool-calls';
  return word === 'content_filter' ? 'content-filter' : 'other';
}
