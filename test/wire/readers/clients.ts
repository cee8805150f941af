// All clients of one server: three independent parsers.

import { aiSdkReaders } from './ai-sdk.ts';
import { anthropicReader } from './anthropic.ts';
import type { Fetch, Reader } from './heard.ts';
import { openAiReader } from './openai.ts';

/** Where a server is and how it is reached. */
export interface ClientOptions {
  /** Without a path. */
  readonly url: string;
  readonly apiKey: string;
  /** Default: the global one. */
  readonly fetch?: Fetch;
}

/** OpenAI's client, Anthropic's, and the packages of the Vercel AI SDK. */
export function createReaders({ url, apiKey, fetch }: ClientOptions): Reader[] {
  return [openAiReader(url, apiKey, fetch), anthropicReader(url, apiKey, fetch), ...aiSdkReaders(url, apiKey, fetch)];
}
