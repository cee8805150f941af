// Content blocks of a request to content parts. A block without an internal form becomes an opaque part, whole and unchanged.

import { invalidArgumentsKey } from '../../core/anthropic-words.ts';
import { entryOf, isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ContentPart, MediaSource, OpaquePart, ToolCallPart } from '../../core/message.ts';
import { carriedPart } from '../carried-part.ts';
import { unknownFields, type WithExtra } from '../unknown-fields.ts';
import { check, invalidField } from './check.ts';
import { customCallIn } from './opaque-blocks.ts';
import type { AnyBlock, KnownBlock, MessageBody, SourceBody } from './request-body.ts';
import { blockValidators, sourceValidators } from './request-schema.ts';

/** Fields that the internal form of a block carries by name; all others travel in `extra`. */
const knownFields: Readonly<Record<KnownBlock['type'], ReadonlySet<string>>> = {
  text: new Set(['type', 'text', 'citations']),
  image: new Set(['type', 'source']),
  document: new Set(['type', 'source', 'title']),
  tool_use: new Set(['type', 'id', 'name', 'input']),
  tool_result: new Set(['type', 'tool_use_id', 'content', 'is_error']),
  thinking: new Set(['type', 'thinking', 'signature']),
  redacted_thinking: new Set(['type', 'data']),
};

const directToolUseFields: ReadonlySet<string> = new Set([...knownFields.tool_use, 'caller']);

const knownSourceFields: Readonly<Record<SourceBody['type'], ReadonlySet<string>>> = {
  base64: new Set(['type', 'data', 'media_type']),
  url: new Set(['type', 'url']),
  file: new Set(['type', 'file_id']),
  text: new Set(['type', 'data', 'media_type']),
};

/** Who may say what: a block in the mouth of the wrong speaker would lose its meaning for other dialects. */
const speakerOf: Readonly<Record<string, MessageBody['role']>> = {
  tool_use: 'assistant',
  thinking: 'assistant',
  redacted_thinking: 'assistant',
  tool_result: 'user',
};

/** The parts of a message, in order. `path` is where `content` sits in the body. */
export function parseContent(
  content: string | readonly AnyBlock[],
  role: MessageBody['role'] | 'tool',
  path: string,
): ContentPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return content.map((block, index) => {
    const blockPath = `${path}.${index}`;
    const speaker = entryOf(speakerOf, block.type);
    if (speaker !== undefined && speaker !== role) {
      throw invalidField(blockPath, `\`${block.type}\` blocks can only be in messages of role \`${speaker}\``);
    }
    return parseBlock(block, blockPath);
  });
}

function parseBlock(block: AnyBlock, path: string): ContentPart {
  const validator = blockValidators[block.type];
  if (validator === undefined) return opaque(block);
  const known = check<KnownBlock>(validator, block, path);
  const extra = unknownFields(block, knownFields[known.type]);
  switch (known.type) {
    case 'text':
      return { type: 'text', text: known.text, ...(known.citations ? { annotations: known.citations } : {}), ...extra };
    case 'image':
    case 'document':
      return parseMedia(known, extra, path) ?? opaque(block);
    case 'tool_use':
      return customCallIn(known) ?? parseToolUse(known);
    case 'tool_result':
      return {
        type: 'tool-result',
        toolCallId: known.tool_use_id,
        content: known.content ? parseContent(known.content, 'tool', `${path}.content`) : [],
        ...(typeof known.is_error === 'boolean' ? { isError: known.is_error } : {}),
        ...extra,
      };
    case 'thinking':
      return {
        type: 'reasoning',
        text: known.thinking,
        ...(known.signature ? { signature: known.signature } : {}),
        ...extra,
      };
    case 'redacted_thinking':
      return carriedPart(known.data) ?? { type: 'reasoning', text: '', encrypted: known.data, ...extra };
  }
}

function parseMedia(
  block: Extract<KnownBlock, { type: 'image' | 'document' }>,
  extra: WithExtra,
  path: string,
): ContentPart | undefined {
  const source = parseSource(block.source, `${path}.source`);
  if (source === undefined) return undefined;
  if (block.type === 'image') return { type: 'image', source, ...extra };
  return { type: 'file', source, ...(block.title ? { name: block.title } : {}), ...extra };
}

/**
 * The arguments of a call as text. What the model wrote and could not be parsed was shown to the caller wrapped in an object
 * (see render-message.ts); it is unwrapped here, so that the model sees its own words again.
 */
function parseToolUse(block: Extract<KnownBlock, { type: 'tool_use' }>): ToolCallPart {
  const { id, name, input } = block;
  return {
    type: 'tool-call',
    id,
    name,
    arguments: invalidArgumentsIn(input) ?? JSON.stringify(input),
    ...unknownFields(block, isDirect(block) ? directToolUseFields : knownFields.tool_use),
  };
}

/** True for `caller: {type: 'direct'}`, which every answer has and which means the same as no caller. */
function isDirect({ caller }: { readonly caller?: JsonValue }): boolean {
  return isJsonObject(caller) && caller['type'] === 'direct' && Object.keys(caller).length === 1;
}

function invalidArgumentsIn(input: JsonValue): string | undefined {
  if (!isJsonObject(input)) return undefined;
  const text = input[invalidArgumentsKey];
  return typeof text === 'string' && Object.keys(input).length === 1 ? text : undefined;
}

/**
 * The source of an image or document; undefined when it has no internal form: `content`, future ones, and any with a field
 * that we do not know. Text is carried as data of type text/plain: the only form in which other dialects can take it.
 */
function parseSource(source: AnyBlock, path: string): MediaSource | undefined {
  const validator = sourceValidators[source.type];
  if (validator === undefined) return undefined;
  const known = check<SourceBody>(validator, source, path);
  if (unknownFields(source, knownSourceFields[known.type]).extra !== undefined) return undefined;
  switch (known.type) {
    case 'base64':
      return { kind: 'data', base64: known.data, mediaType: known.media_type };
    case 'url':
      return { kind: 'url', url: known.url };
    case 'file':
      return { kind: 'file-id', fileId: known.file_id };
    case 'text':
      if (known.media_type !== undefined && known.media_type !== 'text/plain') return undefined;
      return { kind: 'data', base64: Buffer.from(known.data, 'utf8').toString('base64'), mediaType: 'text/plain' };
  }
}

/** A block without an internal form. */
function opaque(block: AnyBlock): OpaquePart {
  return { type: 'opaque', dialect: 'anthropic', value: block as JsonObject };
}
