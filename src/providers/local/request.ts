// Turns a request into what the engine understands. What local models cannot do is refused by name; what may be left out without
// changing the answer is left out and reported.

import { SluiceError } from '../../core/error.ts';
import { isJsonObject, type JsonValue } from '../../core/json.ts';
import type { ContentPart, Message } from '../../core/message.ts';
import type { PredictRequest } from '../../core/predict.ts';
import type { CatalogueEntry } from './catalogue.ts';
import type { EngineDocument, EngineMessage, GenerateRequest } from './engine/protocol.ts';
import { type FieldsLost, type SpokenPlace, settleFields, settlePartFields } from './request-fields.ts';

/** What the model that is asked can take beside plain conversation. */
export interface RequestLimits {
  /** `provider/model`, for messages to the caller. */
  readonly target: string;
  /** True for the answerer, which quotes documents and tool results and samples nothing; false for a language model. */
  readonly quotes: boolean;
  readonly givesLogprobs: boolean;
}

/** A request for the engine, and the names of the fields that are not in it. */
export interface TranslatedRequest {
  readonly generate: GenerateRequest;
  readonly downgrades: readonly string[];
}

/** What a model of the catalogue takes. */
export function limitsOf({ description, engineModel }: CatalogueEntry): RequestLimits {
  return {
    target: description.id,
    quotes: engineModel.kind === 'extractive',
    givesLogprobs: description.capabilities.includes('logprobs'),
  };
}

/**
 * `seed` is used when the request has none. Throws `unsupported_capability` or `invalid_request`, naming the field.
 *
 * Left out and reported: the hints of request-fields.ts, names of participants, thoughts and tool calls of earlier turns, reasoning
 * effort, and for the answerer, which has nothing to sample, the sampling that asks for variety.
 */
export function toGenerateRequest(request: PredictRequest, limits: RequestLimits, seed: number): TranslatedRequest {
  const translation = new Translation(limits);
  refuseUnsupported(request, limits);
  settleFields(request.extra, readElsewhere, translation);
  if (request.reasoningEffort !== undefined && request.reasoningEffort !== 'none') {
    translation.downgrade('reasoning_effort');
  }
  settleText(request.extra?.['text'], translation);
  if (limits.quotes) noteUnusedSampling(request, translation);
  const { sampling } = request;
  const optional = {
    prompt: request.prompt,
    maxOutputTokens: sampling.maxOutputTokens,
    temperature: sampling.temperature,
    topP: sampling.topP,
    topK: sampling.topK,
    topLogprobs: sampling.logprobs === true ? (sampling.topLogprobs ?? 0) : undefined,
  };
  const generate = {
    messages: [
      ...instructionsOf(request.extra?.['instructions'], limits),
      ...request.messages.flatMap((message, index) => toEngineMessages(message, index, translation)),
    ],
    documents: documentsOf(request.extra?.['documents'], limits),
    seed: sampling.seed ?? seed,
    stop: sampling.stop ?? [],
    presencePenalty: sampling.presencePenalty ?? 0,
    frequencyPenalty: sampling.frequencyPenalty ?? 0,
    ...withoutUndefined(optional),
  };
  return { generate, downgrades: translation.downgrades };
}

/** Unknown fields that have a meaning here. */
const readElsewhere: ReadonlySet<string> = new Set(['documents', 'instructions', 'text']);

/** What one request loses on its way. */
class Translation implements FieldsLost {
  readonly limits: RequestLimits;
  readonly #downgrades: Set<string> = new Set();

  constructor(limits: RequestLimits) {
    this.limits = limits;
  }

  /** Each name once. */
  get downgrades(): readonly string[] {
    return [...this.#downgrades];
  }

  downgrade(field: string): void {
    this.#downgrades.add(field);
  }

  refuse(what: string, param: string): SluiceError {
    return unable(this.limits, what, param);
  }
}

function refuseUnsupported(request: PredictRequest, limits: RequestLimits): void {
  if (request.tools !== undefined && request.tools.length > 0 && request.toolChoice?.kind !== 'none') {
    throw unable(limits, 'call tools', 'tools');
  }
  const { responseFormat: format } = request;
  if (format !== undefined && (format.kind !== 'text' || format.extra !== undefined)) {
    throw unable(limits, 'keep to a JSON format', 'response_format');
  }
  if (request.sampling.logprobs === true && !limits.givesLogprobs) {
    throw unable(limits, 'report log probabilities', 'logprobs');
  }
  if ((request.sampling.choiceCount ?? 1) > 1) throw unable(limits, 'give several choices', 'n');
  if (request.prompt !== undefined && limits.quotes) throw unable(limits, 'continue a raw text', 'prompt');
}

/** `text` of the Responses API, where it comes as a field: the format, and style. */
function settleText(value: JsonValue | undefined, translation: Translation): void {
  const { format, verbosity = null } = isJsonObject(value) ? value : {};
  if (isJsonObject(format) && format['type'] !== 'text') {
    throw translation.refuse('keep to a JSON format', 'text.format');
  }
  if (verbosity !== null) translation.downgrade('verbosity');
}

/** Values that ask for what the answerer does anyway are no loss; a seed is honoured, since every answer repeats. */
function noteUnusedSampling({ sampling }: PredictRequest, translation: Translation): void {
  const { temperature = 0, topP = 1, topK, presencePenalty = 0, frequencyPenalty = 0 } = sampling;
  if (temperature !== 0) translation.downgrade('temperature');
  if (topP !== 1) translation.downgrade('top_p');
  if (topK !== undefined) translation.downgrade('top_k');
  if (presencePenalty !== 0) translation.downgrade('presence_penalty');
  if (frequencyPenalty !== 0) translation.downgrade('frequency_penalty');
}

/** Instructions of the Responses API, where they come as a field, are a system message in front. */
function instructionsOf(value: JsonValue | undefined, limits: RequestLimits): readonly EngineMessage[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'string') throw unable(limits, 'read instructions that are not text', 'instructions');
  return [{ role: 'system', text: value, source: 'instructions' }];
}

function toEngineMessages(message: Message, index: number, translation: Translation): EngineMessage[] {
  const { limits } = translation;
  const param = `messages[${index}].content`;
  if (message.name !== undefined) translation.downgrade('name');
  const isAnswer = message.role === 'assistant';
  settlePartFields(message.extra, { path: `messages[${index}]`, isAnswer }, translation);
  if (message.role === 'tool') {
    if (!limits.quotes) throw unable(limits, 'read tool results', param);
    return message.content.flatMap((part) => {
      if (part.type !== 'tool-result') return [];
      if (part.isError === true) translation.downgrade('is_error');
      const text = textOf(part.content, { path: param, isAnswer }, translation);
      return [{ role: 'tool' as const, text, source: `tool ${part.toolCallId}` }];
    });
  }
  const role = message.role === 'developer' ? 'system' : message.role;
  const text = textOf(message.content, { path: param, isAnswer }, translation);
  return [{ role, text, source: role === 'system' ? 'system message' : `message ${index + 1}` }];
}

function textOf(content: readonly ContentPart[], place: SpokenPlace, translation: Translation): string {
  const { path: param, isAnswer } = place;
  const { limits } = translation;
  let text = '';
  for (const [index, part] of content.entries()) {
    if ('extra' in part) settlePartFields(part.extra, { path: `${param}[${index}]`, isAnswer }, translation);
    switch (part.type) {
      case 'text':
      case 'refusal':
        text += part.text;
        break;
      // What another model thought or called is no part of the conversation that this model was trained on.
      case 'reasoning':
        translation.downgrade('reasoning');
        break;
      case 'tool-call':
        translation.downgrade('tool_calls');
        break;
      case 'tool-result':
        if (!limits.quotes) throw unable(limits, 'read tool results', param);
        text += textOf(part.content, { path: param, isAnswer: false }, translation);
        break;
      case 'opaque':
        if (!isAnswer || part.value['type'] === 'item_reference')
          throw unable(limits, `read content of type opaque`, param);
        translation.downgrade('content');
        break;
      default:
        throw unable(limits, `read content of type ${part.type}`, param);
    }
  }
  return text;
}

/** `documents` of the request: texts, or objects with `text` or `content` and optionally `id` or `title` (Cohere's form). */
function documentsOf(value: JsonValue | undefined, limits: RequestLimits): readonly EngineDocument[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw badDocuments('documents');
  if (value.length > 0 && !limits.quotes) throw unable(limits, 'read documents beside the conversation', 'documents');
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
