// The parts of a turn as Anthropic's content blocks.

import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type {
  ContentPart,
  FilePart,
  ImagePart,
  MediaSource,
  OpaquePart,
  ReasoningPart,
  Role,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../core/message.ts';
import { type ExtraRules, set, unsupported } from '../translation/request-translation.ts';
import { listOf, objectOf } from '../translation/wire-values.ts';
import { invalidArgumentsKey } from './defaults.ts';
import type { Translation } from './translation.ts';

/** Anthropic's own fields of blocks that callers of other dialects use too, or send back with the answer that had them. */
const translated: ReadonlySet<string> = new Set(['cache_control', 'caller']);

/** Fields that vendors and client libraries add to messages and parts and that say nothing to the model. */
const hints: ReadonlySet<string> = new Set([
  'annotations',
  'channel',
  'extra_content', // Gemini's thought signatures.
  'function', // `parsed_arguments` of OpenAI's client library.
  'index',
  'parsed',
  'prompt_cache_breakpoint',
  'provider_specific_fields',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
  'refusal',
]);

/** Under these names the edge shows, in Anthropic's dialect too, what other vendors say of a block: no fields of Anthropic's. */
const ours: ReadonlySet<string> = new Set(['annotations', 'extra_content']);

/** What becomes of the unknown fields of an object. */
export type FieldRules = Omit<ExtraRules, 'path'>;

/** Of a message. What an answer carried is nobody's question: a client that sends it back must not fail by it. */
export function messageRulesOf(role: Role): FieldRules {
  return { hints, ours, ...(role === 'assistant' ? { others: 'report' } : {}) };
}

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
export function partToWire(
  part: ContentPart,
  path: string,
  translation: Translation,
  messageRules: FieldRules,
): JsonObject[] {
  const rules = { ...messageRules, path, shared: translated };
  switch (part.type) {
    case 'text':
      return textToWire(part, rules, translation);
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }];
    case 'image':
      return [withExtra(imageToWire(part, translation), part.extra, rules, translation)];
    case 'file':
      return [withExtra(fileToWire(part, path, translation), part.extra, rules, translation)];
    case 'tool-call':
      return [toolCallToWire(part, rules, translation)];
    case 'tool-result':
      return [toolResultToWire(part, rules, translation)];
    case 'reasoning':
      return reasoningToWire(part, translation);
    case 'opaque':
      return opaqueToWire(part, rules, translation);
    case 'audio':
      throw unsupported('sound', path);
  }
}

function withExtra(
  block: JsonObject,
  extra: JsonObject | undefined,
  rules: ExtraRules,
  translation: Translation,
): JsonObject {
  if (extra === undefined) return block;
  return { ...translation.extraOf(extra, rules), ...block };
}

/** Anthropic refuses empty text; of a caller who speaks its dialect it is sent as it came, for the vendor to refuse. */
function textToWire(part: TextPart, rules: ExtraRules, translation: Translation): JsonObject[] {
  if (part.text === '' && !translation.isNative) return [];
  const block: JsonObject = { type: 'text', text: part.text };
  const citations = citationsOf(part.annotations ?? [], translation);
  if (citations.length > 0) block['citations'] = citations;
  return [withExtra(block, part.extra, rules, translation)];
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

function toolCallToWire(part: ToolCallPart, rules: ExtraRules, translation: Translation): JsonObject {
  const input = inputOf(part.arguments);
  if (input === undefined) translation.downgrade('arguments');
  const block: JsonObject = {
    type: 'tool_use',
    id: toolIdToWire(part.id),
    name: part.name,
    input: input ?? { [invalidArgumentsKey]: part.arguments },
  };
  return withExtra(block, part.extra, rules, translation);
}

/** Anthropic wants an object, while a model may have written anything: undefined then (see `invalidArgumentsKey`). */
function inputOf(text: string): JsonObject | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
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

function toolResultToWire(part: ToolResultPart, rules: ExtraRules, translation: Translation): JsonObject {
  const block: JsonObject = { type: 'tool_result', tool_use_id: toolIdToWire(part.toolCallId) };
  const [first] = part.content;
  if (part.content.length === 1 && first?.type === 'text' && isPlain(first)) block['content'] = first.text;
  else if (first !== undefined) {
    block['content'] = part.content.flatMap((inner, index) => {
      const innerPath = `${rules.path}.content[${index}]`;
      if (inner.type === 'tool-call' || inner.type === 'tool-result' || inner.type === 'reasoning')
        throw unsupported(`a ${inner.type} inside a tool result`, innerPath);
      return partToWire(inner, innerPath, translation, rules);
    });
  }
  set(block, 'is_error', part.isError);
  return withExtra(block, part.extra, rules, translation);
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

/**
 * Blocks that Anthropic runs itself, and those of a future version, as they came. What an earlier answer of another vendor held
 * beside (a search, code, a picture; fields of a message, which have no type) is left out and reported, but for calls.
 */
function opaqueToWire(part: OpaquePart, rules: ExtraRules, translation: Translation): JsonObject[] {
  const { dialect, value } = part;
  if (dialect === 'anthropic') return [value];
  const isFields = dialect === 'openai' && value['type'] === undefined;
  if (rules.others !== 'report' && !isFields) throw unsupported(`a content part of the ${dialect} API`, rules.path);
  if (value['type'] === 'custom_tool_call') return [customCallToWire(value['call_id'], value)];
  if (isFields) {
    const { tool_calls: calls, ...fields } = value;
    for (const name in fields) translation.downgrade(name);
    return chatCallsToWire(calls, rules.path);
  }
  translation.downgrade(typeof value['type'] === 'string' ? value['type'] : 'content');
  return [];
}

/**
 * Calls as chat completions write them. The edge keeps them all as they came, beside the parts of their message, where one is
 * of a custom tool. Throws `unsupported_capability` for a call of any other kind.
 */
export function chatCallsToWire(calls: JsonValue | undefined, path: string): JsonObject[] {
  return listOf(calls).map((value) => {
    const { id, function: definition, custom } = objectOf(value) ?? {};
    if (isJsonObject(custom)) return customCallToWire(id, custom);
    const { name, arguments: text } = objectOf(definition) ?? {};
    if (typeof name !== 'string') throw unsupported('a tool call that is none of a function', `${path}.tool_calls`);
    return { type: 'tool_use', id: toolIdToWire(String(id)), name, input: inputOf(String(text ?? '')) ?? {} };
  });
}

/** A custom tool has one text as its input: the edge shows such a call in Anthropic's dialect in the same form. */
function customCallToWire(id: JsonValue | undefined, { name, input }: JsonObject): JsonObject {
  return { type: 'tool_use', id: toolIdToWire(String(id)), name: String(name), input: { input: input ?? '' } };
}
