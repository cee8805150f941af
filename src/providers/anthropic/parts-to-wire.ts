// The parts of a turn as Anthropic's content blocks.

import { invalidArgumentsKey, isAnthropicCitationType } from '../../core/anthropic-words.ts';
import { parseExactJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type {
  ContentPart,
  FilePart,
  ImagePart,
  MediaSource,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../core/message.ts';
import { set, type TurnPlace, unsupported } from '../translation/request-translation.ts';
import type { Translation } from './translation.ts';

/**
 * The blocks of one part: none, where the part has nothing to say to this vendor. `path` is where it is, for errors.
 *
 * Left out and reported: reasoning without a signature (Anthropic takes back only its own), annotations that are no citations
 * of its own, OpenAI's `detail` of pictures. A refusal is text. Sound, parts of other dialects and files that are neither PDF,
 * text nor pictures throw `unsupported_capability`.
 */
export function partToWire(part: ContentPart, place: TurnPlace, translation: Translation): JsonObject[] {
  switch (part.type) {
    case 'text':
      return textToWire(part, place, translation);
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }];
    case 'image':
      return [withExtra(imageToWire(part, translation), part.extra, place, translation)];
    case 'file':
      return [withExtra(fileToWire(part, place.path, translation), part.extra, place, translation)];
    case 'tool-call':
      return [toolCallToWire(part, place, translation)];
    case 'tool-result':
      return [toolResultToWire(part, place, translation)];
    case 'reasoning':
      return reasoningToWire(part, translation);
    case 'opaque':
      // What Anthropic runs itself, and blocks of a future version, go as they came.
      if (part.dialect === 'anthropic') return [part.value];
      translation.leaveOutPart(part, place);
      return [];
    case 'audio':
      throw unsupported('sound', place.path);
  }
}

function withExtra(
  block: JsonObject,
  extra: JsonObject | undefined,
  place: TurnPlace,
  translation: Translation,
): JsonObject {
  if (extra === undefined) return block;
  return { ...translation.extraOf(extra, translation.turnRulesAt(place)), ...block };
}

/** Anthropic refuses empty text; of a caller who speaks its dialect it is sent as it came, for the vendor to refuse. */
function textToWire(part: TextPart, place: TurnPlace, translation: Translation): JsonObject[] {
  if (part.text === '' && !translation.isNative) return [];
  const block: JsonObject = { type: 'text', text: part.text };
  const citations = citationsOf(part.annotations ?? [], translation);
  if (citations.length > 0) block['citations'] = citations;
  return [withExtra(block, part.extra, place, translation)];
}

function citationsOf(annotations: readonly JsonValue[], translation: Translation): JsonValue[] {
  const own = annotations.filter((annotation) => {
    return translation.isNative || (isJsonObject(annotation) && isAnthropicCitationType(annotation['type']));
  });
  if (own.length < annotations.length) translation.downgrade('annotations');
  return own;
}

function imageToWire(part: ImagePart, translation: Translation): JsonObject {
  if (part.detail !== undefined && part.detail !== 'auto') translation.downgrade('detail');
  return { type: 'image', source: sourceToWire(part.source) };
}

function sourceToWire(source: MediaSource): JsonObject {
  switch (source.kind) {
    case 'url':
      return { type: 'url', url: source.url };
    case 'file-id':
      return { type: 'file', file_id: source.fileId };
    case 'data':
      return { type: 'base64', media_type: source.mediaType, data: source.base64 };
  }
}

/** Media types, beside `text/*`, whose bytes are text. */
const textTypes: RegExp = /^(?:text\/|application\/(?:json|xml|yaml|x-yaml|javascript|x-ndjson|toml|sql)\b)/;

/** A document. Text goes as text: Anthropic's base64 is for PDF alone. A picture that came as a file is a picture. */
function fileToWire(part: FilePart, path: string, translation: Translation): JsonObject {
  const { source, name } = part;
  const document: JsonObject = { type: 'document', source: sourceToWire(source) };
  set(document, 'title', name);
  if (source.kind !== 'data') return document;
  const { mediaType, base64 } = source;
  if (textTypes.test(mediaType)) {
    document['source'] = {
      type: 'text',
      media_type: 'text/plain',
      data: Buffer.from(base64, 'base64').toString('utf8'),
    };
    return document;
  }
  if (translation.isNative || mediaType === 'application/pdf') return document;
  if (mediaType.startsWith('image/')) return { type: 'image', source: sourceToWire(source) };
  throw unsupported(`a file of type ${mediaType.slice(0, 100)}`, path);
}

function toolCallToWire(part: ToolCallPart, place: TurnPlace, translation: Translation): JsonObject {
  const input = inputOf(part.arguments);
  if (input === undefined) translation.downgrade('arguments');
  const block: JsonObject = {
    type: 'tool_use',
    id: toolIdToWire(part.id),
    name: part.name,
    input: input ?? { [invalidArgumentsKey]: part.arguments },
  };
  return withExtra(block, part.extra, place, translation);
}

/** Anthropic wants an object, while a model may have written anything: undefined then (see `invalidArgumentsKey`). */
function inputOf(text: string): JsonObject | undefined {
  if (text.trim() === '') return {};
  try {
    const value = parseExactJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Anthropic's ids have letters, digits, `_` and `-`; other vendors' (`functions.f:0`) are spelled in them, the same every time. */
function toolIdToWire(id: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(id)) return id;
  return id === '' ? '_' : id.replace(/[^A-Za-z0-9_-]/gu, (character) => `_${character.codePointAt(0)?.toString(16)}_`);
}

function toolResultToWire(part: ToolResultPart, place: TurnPlace, translation: Translation): JsonObject {
  const block: JsonObject = { type: 'tool_result', tool_use_id: toolIdToWire(part.toolCallId) };
  const [first] = part.content;
  if (part.content.length === 1 && first?.type === 'text' && isPlain(first)) block['content'] = first.text;
  else if (first !== undefined) {
    block['content'] = part.content.flatMap((inner, index) => {
      const innerPath = `${place.path}.content[${index}]`;
      if (inner.type === 'tool-call' || inner.type === 'tool-result' || inner.type === 'reasoning')
        throw unsupported(`a ${inner.type} inside a tool result`, innerPath);
      return partToWire(inner, { path: innerPath, role: 'tool' }, translation);
    });
  }
  set(block, 'is_error', part.isError);
  return withExtra(block, part.extra, place, translation);
}

/** True for text that is nothing but text. */
function isPlain(part: TextPart): boolean {
  return part.extra === undefined && (part.annotations === undefined || part.annotations.length === 0);
}

/** A thought, its hidden form, or both; unsigned ones belong to other vendors. */
function reasoningToWire(part: ReasoningPart, translation: Translation): JsonObject[] {
  const { text, signature, encrypted, extra } = part;
  const fields = translation.isNative ? extra : undefined;
  const blocks: JsonObject[] = [];
  if (signature !== undefined) blocks.push({ ...fields, type: 'thinking', thinking: text, signature });
  // OpenAI's encrypted reasoning has the id of its item or the type of its piece.
  const isOpenAis = translation.from === 'openai-responses' && (extra?.['id'] ?? extra?.['type']) !== undefined;
  if (encrypted !== undefined && !isOpenAis) blocks.push({ ...fields, type: 'redacted_thinking', data: encrypted });
  if (blocks.length === 0) translation.downgrade('reasoning');
  return blocks;
}
