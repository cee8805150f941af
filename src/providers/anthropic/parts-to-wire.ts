// The parts of a turn as Anthropic's content blocks.

import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type {
  ContentPart,
  FilePart,
  ImagePart,
  MediaSource,
  OpaquePart,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../core/message.ts';
import { set, unsupported } from '../openai-compatible/request-translation.ts';
import { invalidArgumentsKey } from './defaults.ts';
import type { Translation } from './translation.ts';

/** Anthropic's own fields of blocks that callers of other dialects use too. */
const translated: ReadonlySet<string> = new Set(['cache_control']);

/** Fields that vendors and client libraries add to parts and that say nothing to the model. */
const hints: ReadonlySet<string> = new Set([
  'annotations', // Citations of other vendors, as the edge shows them.
  'extra_content', // Gemini's thought signatures.
  'function', // `parsed_arguments` of OpenAI's client library.
  'index',
  'prompt_cache_breakpoint',
  'provider_specific_fields',
]);

/** Under this name the edge shows annotations of other vendors in Anthropic's dialect. */
const ours: ReadonlySet<string> = new Set(['annotations']);

/** Types of annotations that are Anthropic's citations. */
const citationTypes: ReadonlySet<unknown> = new Set([
  'char_location',
  'page_location',
  'content_block_location',
  'web_search_result_location',
  'search_result_location',
]);

/**
 * The blocks of one part: none, where the part has nothing to say to this vendor. `path` is where it is, for errors.
 *
 * Left out and reported: reasoning without a signature (Anthropic takes back only its own), annotations that are no citations
 * of its own, OpenAI's `detail` of pictures. A refusal is text. Sound, parts of other dialects and files that are neither PDF,
 * text nor pictures throw `unsupported_capability`.
 */
export function partToWire(part: ContentPart, path: string, translation: Translation): JsonObject[] {
  switch (part.type) {
    case 'text':
      return textToWire(part, path, translation);
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }];
    case 'image':
      return [withExtra(imageToWire(part, translation), part.extra, path, translation)];
    case 'file':
      return [withExtra(fileToWire(part, path, translation), part.extra, path, translation)];
    case 'tool-call':
      return [toolCallToWire(part, path, translation)];
    case 'tool-result':
      return [toolResultToWire(part, path, translation)];
    case 'reasoning':
      return reasoningToWire(part, translation);
    case 'opaque':
      return opaqueToWire(part, path, translation);
    case 'audio':
      throw unsupported('sound', path);
  }
}

function withExtra(
  block: JsonObject,
  extra: JsonObject | undefined,
  path: string,
  translation: Translation,
): JsonObject {
  if (extra === undefined) return block;
  return { ...translation.extraOf(extra, { path, shared: translated, hints, ours }), ...block };
}

/** Anthropic refuses empty text; of a caller who speaks its dialect it is sent as it came, for the vendor to refuse. */
function textToWire(part: TextPart, path: string, translation: Translation): JsonObject[] {
  if (part.text === '' && !translation.isNative) return [];
  const block: JsonObject = { type: 'text', text: part.text };
  const citations = citationsOf(part.annotations ?? [], translation);
  if (citations.length > 0) block['citations'] = citations;
  return [withExtra(block, part.extra, path, translation)];
}

function citationsOf(annotations: readonly JsonValue[], translation: Translation): JsonValue[] {
  const own = annotations.filter((annotation) => {
    return translation.isNative || (isJsonObject(annotation) && citationTypes.has(annotation['type']));
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

function toolCallToWire(part: ToolCallPart, path: string, translation: Translation): JsonObject {
  const block = { type: 'tool_use', id: toolIdToWire(part.id), name: part.name, input: inputOf(part.arguments) };
  return withExtra(block, part.extra, path, translation);
}

/** Anthropic wants an object, while a model may have written anything: see `invalidArgumentsKey`. */
function inputOf(text: string): JsonObject {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // The model's own words are sent back as they are.
  }
  return { [invalidArgumentsKey]: text };
}

/** Anthropic's ids have letters, digits, `_` and `-`; other vendors' (`functions.f:0`) are spelled in them, the same every time. */
function toolIdToWire(id: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(id)) return id;
  return id === '' ? '_' : id.replace(/[^A-Za-z0-9_-]/gu, (character) => `_${character.codePointAt(0)?.toString(16)}_`);
}

function toolResultToWire(part: ToolResultPart, path: string, translation: Translation): JsonObject {
  const block: JsonObject = { type: 'tool_result', tool_use_id: toolIdToWire(part.toolCallId) };
  const [first] = part.content;
  if (part.content.length === 1 && first?.type === 'text' && isPlain(first)) block['content'] = first.text;
  else if (first !== undefined) {
    block['content'] = part.content.flatMap((inner, index) => {
      const innerPath = `${path}.content[${index}]`;
      if (inner.type === 'tool-call' || inner.type === 'tool-result' || inner.type === 'reasoning')
        throw unsupported(`a ${inner.type} inside a tool result`, innerPath);
      return partToWire(inner, innerPath, translation);
    });
  }
  set(block, 'is_error', part.isError);
  return withExtra(block, part.extra, path, translation);
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

/** Blocks that Anthropic runs itself, and those of a future version, as they came. */
function opaqueToWire(part: OpaquePart, path: string, translation: Translation): JsonObject[] {
  if (part.dialect === 'anthropic') return [part.value];
  // An opaque value without a type is no part but fields of an answer of the OpenAI dialect.
  if (part.dialect === 'openai' && part.value['type'] === undefined) {
    for (const name of Object.keys(part.value)) {
      if (!messageHints.has(name)) throw unsupported(`the field \`${name}\``, `${path}.${name}`);
      translation.downgrade(name);
    }
    return [];
  }
  throw unsupported(`a content part of the ${part.dialect} API`, path);
}

/** Fields of messages that vendors and client libraries add and that say nothing that Anthropic's models could read. */
export const messageHints: ReadonlySet<string> = new Set([
  'annotations',
  'channel',
  'index',
  'parsed',
  'provider_specific_fields',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
  'refusal',
]);
