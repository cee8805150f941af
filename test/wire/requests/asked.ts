// A recorded request in the words of a caller of the edge: as it was where caller and vendor speak one dialect, translated by
// the shortest way where they do not.

import type { Truth } from '../ground-truth/said.ts';
import type { Asked, Endpoint } from '../readers/heard.ts';
import type { Recording, Wire } from '../recordings.ts';
import { chatAsMessages } from './chat-as-messages.ts';
import { generateAsChat } from './generate-as-chat.ts';
import { messagesAsChat } from './messages-as-chat.ts';

/** The endpoint of the vendor's own dialect, or the nearest that there is. */
export const nativeEndpoint: Readonly<Record<Wire, Endpoint>> = {
  chat: 'chat',
  completions: 'completions',
  responses: 'responses',
  messages: 'messages',
  generate: 'chat',
  embeddings: 'embeddings',
  'google-embeddings': 'embeddings',
};

/**
 * The request for `endpoint`, of `model`. A stream whose recording has figures asks for them, since OpenAI's dialects show them
 * only on demand and the provider asks always.
 */
export function askedOf(recording: Recording, endpoint: Endpoint, model: string, truth: Truth): Asked {
  const { streamed } = recording;
  const body = { ...bodyFor(recording, endpoint), ...inputsFor(recording, truth), model };
  const wantsUsage = truth.kind === 'answer' && truth.said.usage !== undefined;
  if (streamed && wantsUsage && (endpoint === 'chat' || endpoint === 'completions')) {
    return { endpoint, streamed, body: { ...body, stream_options: { include_usage: true } } };
  }
  return { endpoint, streamed, body };
}

function bodyFor(recording: Recording, endpoint: Endpoint): Record<string, unknown> {
  const { request, wire } = recording;
  if (request === undefined || isEmptyRequest(recording)) return { ...plain[endpoint] };
  if (nativeEndpoint[wire] === endpoint && wire !== 'generate' && wire !== 'google-embeddings') return { ...request };
  if (wire === 'generate')
    return endpoint === 'chat' ? generateAsChat(request) : chatAsMessages(generateAsChat(request));
  if (wire === 'messages') return messagesAsChat(request);
  if (wire === 'chat') return chatAsMessages(request);
  return { ...plain[endpoint] };
}

/**
 * As many texts as there are vectors, where the request was not recorded or is in another dialect. The encoding is said, as a
 * client left to itself asks for another one than was recorded.
 */
function inputsFor({ wire, request, body }: Recording, truth: Truth): Record<string, unknown> {
  if (wire !== 'embeddings' && wire !== 'google-embeddings') return {};
  const encoding = request?.['encoding_format'] ?? (/"embedding":\s*"/.test(body) ? 'base64' : 'float');
  if (wire === 'embeddings' && request !== undefined) return { encoding_format: encoding };
  const count = truth.kind === 'vectors' ? truth.vectors.length : 1;
  return { encoding_format: encoding, input: Array.from({ length: count }, (_, index) => `text ${index}`) };
}

/** Some recorders have lost the conversation and kept the rest. */
function isEmptyRequest({ request, wire }: Recording): boolean {
  const field = wire === 'chat' || wire === 'messages' ? 'messages' : wire === 'generate' ? 'contents' : undefined;
  return field !== undefined && request?.[field] === undefined;
}

const question = [{ role: 'user', content: 'Hi' }];

/** Where the request was not recorded. */
const plain: Readonly<Record<Endpoint, Record<string, unknown>>> = {
  chat: { messages: question },
  completions: { prompt: 'Hi' },
  responses: { input: 'Hi' },
  messages: { messages: question, max_tokens: 1024 },
  embeddings: { input: 'Hi' },
};
