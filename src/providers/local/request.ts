// Turns a request into what the engine understands, and refuses what local models cannot do instead of ignoring it.

import { SluiceError } from '../../core/error.ts';
import { isJsonObject, type JsonValue } from '../../core/json.ts';
import type { ContentPart, Message } from '../../core/message.ts';
import type { PredictRequest } from '../../core/predict.ts';
import type { EngineDocument, EngineMessage, GenerateRequest } from './engine/protocol.ts';

/** What the model that is asked can take beside plain conversation. */
export interface RequestLimits {
  /** `provider/model`, for messages to the caller. */
  readonly target: string;
  /** True for models that read tool results as text. */
  readonly readsToolResults: boolean;
  readonly givesLogprobs: boolean;
}

/** `seed` is used when the request has none. Throws `unsupported_capability` or `invalid_request`, naming the field. */
export function toGenerateRequest(request: PredictRequest, limits: RequestLimits, seed: number): GenerateRequest {
  refuseUnsupported(request, limits);
  const { sampling } = request;
  const optional = {
    maxOutputTokens: sampling.maxOutputTokens,
    temperature: sampling.temperature,
    topP: sampling.topP,
    topK: sampling.topK,
    topLogprobs: sampling.logprobs === true ? (sampling.topLogprobs ?? 0) : undefined,
  };
  return {
    messages: request.messages.flatMap((message, index) => toEngineMessages(message, index, limits)),
    documents: documentsOf(request.extra?.['documents']),
    seed: sampling.seed ?? seed,
    stop: sampling.stop ?? [],
    presencePenalty: sampling.presencePenalty ?? 0,
    frequencyPenalty: sampling.frequencyPenalty ?? 0,
    ...withoutUndefined(optional),
  };
}

function refuseUnsupported(request: PredictRequest, limits: RequestLimits): void {
  if (request.tools !== undefined && request.tools.length > 0 && request.toolChoice?.kind !== 'none') {
    throw unable(limits, 'call tools', 'tools');
  }
  if (request.responseFormat !== undefined && request.responseFormat.kind !== 'text') {
    throw unable(limits, 'keep to a JSON format', 'response_format');
  }
  if (request.sampling.logprobs === true && !limits.givesLogprobs) {
    throw unable(limits, 'report log probabilities', 'logprobs');
  }
  const choices = request.extra?.['n'];
  if (typeof choices === 'number' && choices !== 1) throw unable(limits, 'give more than one answer', 'n');
}

function toEngineMessages(message: Message, index: number, limits: RequestLimits): EngineMessage[] {
  const param = `messages[${index}].content`;
  if (message.role === 'tool') {
    if (!limits.readsToolResults) throw unable(limits, 'read tool results', param);
    return message.content.flatMap((part) =>
      part.type === 'tool-result'
        ? [{ role: 'tool' as const, text: textOf(part.content, param, limits), source: `tool ${part.toolCallId}` }]
        : [],
    );
  }
  const role = message.role === 'developer' ? 'system' : message.role;
  const text = textOf(message.content, param, limits);
  return [{ role, text, source: role === 'system' ? 'system message' : `message ${index + 1}` }];
}

function textOf(content: readonly ContentPart[], param: string, limits: RequestLimits): string {
  let text = '';
  for (const part of content) {
    switch (part.type) {
      case 'text':
      case 'refusal':
        text += part.text;
        break;
      // What another model thought or called is no part of the conversation that this model was trained on.
      case 'reasoning':
      case 'tool-call':
        break;
      case 'tool-result':
        if (!limits.readsToolResults) throw unable(limits, 'read tool results', param);
        text += textOf(part.content, param, limits);
        break;
      default:
        throw unable(limits, `read content of type ${part.type}`, param);
    }
  }
  return text;
}

/** `documents` of the request: texts, or objects with `text` or `content` and optionally `id` or `title` (Cohere's form). */
function documentsOf(value: JsonValue | undefined): readonly EngineDocument[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw badDocuments('documents');
  return value.map((document, index) => {
    const source = `document ${index + 1}`;
    if (typeof document === 'string') return { source, text: document };
    const fields = isJsonObject(document) && isJsonObject(document['data']) ? document['data'] : document;
    if (!isJsonObject(fields) || !isJsonObject(document)) throw badDocuments(`documents[${index}]`);
    const text = fields['text'] ?? fields['content'] ?? fields['snippet'];
    if (typeof text !== 'string') throw badDocuments(`documents[${index}]`);
    const name = document['id'] ?? fields['id'] ?? fields['title'];
    return { source: typeof name === 'string' && name !== '' ? name : source, text };
  });
}

function badDocuments(param: string): SluiceError {
  return new SluiceError('invalid_request', {
    message: "'documents' must be a list of texts or of objects with 'text' and, optionally, 'id'.",
    param,
  });
}

function unable(limits: RequestLimits, what: string, param: string): SluiceError {
  return new SluiceError('unsupported_capability', {
    message: `The model '${limits.target}' cannot ${what}.`,
    param,
  });
}

/** The object without its undefined fields: absent means absent across the threads too. */
function withoutUndefined<T extends object>(source: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(source).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
