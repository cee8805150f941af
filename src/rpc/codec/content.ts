// Content parts and messages, core ↔ wire, losing nothing.

import { SluiceError } from '../../core/error.ts';
import type { ContentPart, MediaSource, Message } from '../../core/message.ts';
import type { OpaqueValue } from '../../core/opaque-part.ts';
import { maxContentDepth } from '../defaults.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { dialectFromWire, dialectToWire, roleFromWire, roleToWire } from './enums.ts';
import { jsonObjectFromWire, jsonToWire, optionalJsonArrayFromWire, optionalJsonObjectFromWire } from './json.ts';
import { present } from './present.ts';

/** A turn. One plain text travels in the short form (`text`). */
export function messageToWire(message: Message): wire.Message {
  const text = plainText(message.content);
  return {
    role: roleToWire[message.role],
    text: text ?? '',
    content: text === undefined ? message.content.map(contentToWire) : [],
    name: message.name,
    extraJson: jsonToWire(message.extra),
  };
}

/** The reverse of `messageToWire`. Throws `invalid_request`; `param` is the path of the message. */
export function messageFromWire(message: wire.Message, param: string): Message {
  const role = roleFromWire.get(message.role);
  if (role === undefined) throw invalid(`${param}.role`, 'must be a known role');
  if (message.text !== '' && message.content.length > 0) {
    throw invalid(`${param}.content`, 'must be empty when text is given');
  }
  return present({
    role,
    content: contentListFromWire(message.text, message.content, param),
    name: message.name,
    extra: optionalJsonObjectFromWire(message.extraJson, `${param}.extra_json`),
  });
}

/** The text, when the content is one text part without anything else, and not empty; then the short form says it all. */
export function plainText(content: readonly ContentPart[]): string | undefined {
  const [only] = content;
  if (content.length !== 1 || only?.type !== 'text' || only.text === '') return undefined;
  return only.annotations === undefined && only.extra === undefined ? only.text : undefined;
}

/** Content from its short form (`text` alone) or its long one. */
export function contentListFromWire(text: string, content: readonly wire.ContentPart[], param: string): ContentPart[] {
  if (content.length === 0) return text === '' ? [] : [{ type: 'text', text }];
  return content.map((part, index) => contentFromWire(part, `${param}.content[${index}]`));
}

/** One piece of a turn. */
export function contentToWire(part: ContentPart): wire.ContentPart {
  switch (part.type) {
    case 'text':
      return { part: { $case: 'text', value: textToWire(part) } };
    case 'image':
      return { part: { $case: 'image', value: { ...mediaToWire(part), detail: part.detail } } };
    case 'audio':
      return { part: { $case: 'audio', value: mediaToWire(part) } };
    case 'file':
      return { part: { $case: 'file', value: { ...mediaToWire(part), name: part.name } } };
    case 'tool-call': {
      const { id, name, arguments: text } = part;
      return { part: { $case: 'toolCall', value: { id, name, arguments: text, extraJson: jsonToWire(part.extra) } } };
    }
    case 'tool-result': {
      const content = part.content.map(contentToWire);
      const { toolCallId, isError } = part;
      return {
        part: { $case: 'toolResult', value: { toolCallId, content, isError, extraJson: jsonToWire(part.extra) } },
      };
    }
    case 'reasoning': {
      const { text, signature, encrypted } = part;
      return {
        part: { $case: 'reasoning', value: { text, signature, encrypted, extraJson: jsonToWire(part.extra) } },
      };
    }
    case 'refusal':
      return { part: { $case: 'refusal', value: { text: part.text } } };
    case 'opaque':
      return { part: { $case: 'opaque', value: opaqueToWire(part) } };
  }
}

/** The reverse of `contentToWire`. Throws `invalid_request`; `param` is the path of the part. */
function contentFromWire(wirePart: wire.ContentPart, param: string, depth: number = 0): ContentPart {
  const { part } = wirePart;
  switch (part?.$case) {
    case 'text':
      return present({
        type: 'text',
        text: part.value.text,
        annotations: optionalJsonArrayFromWire(part.value.annotationsJson, `${param}.text.annotations_json`),
        extra: optionalJsonObjectFromWire(part.value.extraJson, `${param}.text.extra_json`),
      } as const);
    case 'image':
      return present({
        type: 'image',
        ...mediaFromWire(part.value, `${param}.image`),
        detail: part.value.detail,
      } as const);
    case 'audio':
      return present({ type: 'audio', ...mediaFromWire(part.value, `${param}.audio`) } as const);
    case 'file':
      return present({ type: 'file', ...mediaFromWire(part.value, `${param}.file`), name: part.value.name } as const);
    case 'toolCall': {
      const { extraJson, ...call } = part.value;
      const extra = optionalJsonObjectFromWire(extraJson, `${param}.tool_call.extra_json`);
      return present({ type: 'tool-call', ...call, extra } as const);
    }
    case 'toolResult':
      return toolResultFromWire(part.value, `${param}.tool_result`, depth + 1);
    case 'reasoning': {
      const { extraJson, ...reasoning } = part.value;
      const extra = optionalJsonObjectFromWire(extraJson, `${param}.reasoning.extra_json`);
      return present({ type: 'reasoning', ...reasoning, extra } as const);
    }
    case 'refusal':
      return { type: 'refusal', text: part.value.text };
    case 'opaque':
      return { type: 'opaque', ...opaqueFromWire(part.value, `${param}.opaque`) };
    default:
      throw invalid(param, 'must be a known kind of content');
  }
}

/** A part, tool or tool choice of one dialect. */
export function opaqueToWire(opaque: OpaqueValue): wire.OpaquePart {
  return { dialect: dialectToWire[opaque.dialect], valueJson: JSON.stringify(opaque.value) };
}

/** The reverse of `opaqueToWire`. Throws `invalid_request`. */
export function opaqueFromWire(opaque: wire.OpaquePart, param: string): OpaqueValue {
  return {
    dialect: dialectFromWire(opaque.dialect),
    value: jsonObjectFromWire(opaque.valueJson, `${param}.value_json`),
  };
}

function textToWire(part: Extract<ContentPart, { type: 'text' }>): wire.TextPart {
  return { text: part.text, annotationsJson: jsonToWire(part.annotations), extraJson: jsonToWire(part.extra) };
}

function toolResultFromWire(result: wire.ToolResultPart, param: string, depth: number): ContentPart {
  if (depth > maxContentDepth) {
    throw new SluiceError('nesting_too_deep', { message: `${param} nests tool results too deeply.`, param });
  }
  return present({
    type: 'tool-result',
    toolCallId: result.toolCallId,
    content: result.content.map((part, index) => contentFromWire(part, `${param}.content[${index}]`, depth)),
    isError: result.isError,
    extra: optionalJsonObjectFromWire(result.extraJson, `${param}.extra_json`),
  } as const);
}

type MediaPart = Extract<ContentPart, { type: 'image' | 'audio' | 'file' }>;

function mediaToWire(part: MediaPart): wire.AudioPart {
  return { source: sourceToWire(part.source), extraJson: jsonToWire(part.extra) };
}

function mediaFromWire(part: wire.AudioPart, param: string): Pick<MediaPart, 'source' | 'extra'> {
  return present({
    source: sourceFromWire(part.source, `${param}.source`),
    extra: optionalJsonObjectFromWire(part.extraJson, `${param}.extra_json`),
  });
}

function sourceToWire(source: MediaSource): wire.MediaSource {
  switch (source.kind) {
    case 'url':
      return { source: { $case: 'url', value: { url: source.url, mediaType: source.mediaType } } };
    case 'data':
      return { source: { $case: 'inline', value: { base64: source.base64, mediaType: source.mediaType } } };
    case 'file-id':
      return { source: { $case: 'fileId', value: source.fileId } };
  }
}

function sourceFromWire(wireSource: wire.MediaSource | undefined, param: string): MediaSource {
  const source = wireSource?.source;
  switch (source?.$case) {
    case 'url':
      return present({ kind: 'url', url: source.value.url, mediaType: source.value.mediaType } as const);
    case 'inline':
      return { kind: 'data', base64: source.value.base64, mediaType: source.value.mediaType };
    case 'fileId':
      return { kind: 'file-id', fileId: source.value };
    default:
      throw invalid(param, 'must say where the bytes are');
  }
}

function invalid(param: string, problem: string): SluiceError {
  return new SluiceError('invalid_request', { message: `${param} ${problem}.`, param });
}
