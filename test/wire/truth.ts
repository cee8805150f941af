// Which ground-truth reader reads which recording.

import { messageStreamTruth, messageTruth } from './ground-truth/anthropic.ts';
import { vectorsTruth } from './ground-truth/embeddings.ts';
import { generateStreamTruth, generateTruth } from './ground-truth/gemini.ts';
import { chatStreamTruth, chatTruth } from './ground-truth/openai-chat.ts';
import { responseStreamTruth, responseTruth } from './ground-truth/responses.ts';
import { errorOf, type Truth } from './ground-truth/said.ts';
import type { Recording, Wire } from './recordings.ts';

type Reader = (body: string) => Truth;

const readers: Readonly<Record<Wire, readonly [whole: Reader, stream: Reader]>> = {
  chat: [chatTruth, chatStreamTruth],
  completions: [chatTruth, chatStreamTruth],
  responses: [responseTruth, responseStreamTruth],
  messages: [messageTruth, messageStreamTruth],
  generate: [generateTruth, generateStreamTruth],
  embeddings: [vectorsTruth, vectorsTruth],
  'google-embeddings': [vectorsTruth, vectorsTruth],
};

/** What the recorded bytes say. */
export function truthOf({ wire, streamed, status, body }: Recording): Truth {
  if (status >= 400) return { kind: 'failure', status, error: errorOf(jsonOf(body)) };
  const [whole, stream] = readers[wire];
  return (streamed ? stream : whole)(body);
}

/** An error page has no words that a caller should see. */
function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return {};
  }
}
