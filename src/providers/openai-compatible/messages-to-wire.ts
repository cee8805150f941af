// The turns of a conversation as OpenAI's `messages`.

import { SluiceError } from '../../core/error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type {
  AudioPart,
  ContentPart,
  FilePart,
  ImagePart,
  Message,
  OpaquePart,
  ReasoningPart,
  ToolCallPart,
  ToolResultPart,
} from '../../core/message.ts';
import type { PredictRequest } from '../../core/predict.ts';

/**
 * All messages. A turn that holds several tool results, or results beside text (Anthropic's form), becomes one `tool`
 * message for each result, then the rest: OpenAI wants the results right behind the call.
 *
 * What has no field in this dialect: a signed or encrypted reasoning part belongs to the vendor that signed it and is left
 * out (its readers get no use of it); other reasoning goes as `reasoning_content`, which vLLM, llama.cpp and DeepSeek read;
 * a failed tool's result begins with `Error: `, since `is_error` has no field; annotations of earlier answers and Anthropic's
 * `cache_control` are left out, as they change nothing that a model reads.
 */
export function messagesToWire(request: PredictRequest): JsonValue[] {
  const wire: JsonValue[] = [];
  const isAnthropic = request.dialect === 'anthropic';
  for (let index = 0; index < request.messages.length; index += 1) {
    const message = request.messages[index];
    if (message !== undefined) addMessage(wire, message, { path: `messages[${index}]`, isAnthropic });
  }
  return wire;
}

/** Where we are, for errors, and which hints to leave out. */
interface Place {
  readonly path: string;
  readonly isAnthropic: boolean;
}

function addMessage(wire: JsonValue[], message: Message, place: Place): void {
  const { content } = message;
  const [first] = content;
  // The usual turn: one text.
  if (content.length === 1 && first?.type === 'text' && first.extra === undefined) {
    wire.push(finish({ role: message.role, content: first.text }, message));
    return;
  }
  const rest = content.some(isToolResult) ? content.filter((part) => !isToolResult(part)) : content;
  for (const part of content) if (isToolResult(part)) wire.push(toolResultToWire(part, message, place));
  if (rest.length > 0 || content.length === 0) wire.push(turnToWire(message, rest, place));
}

function isToolResult(part: ContentPart): part is ToolResultPart {
  return part.type === 'tool-result';
}

/** A turn without tool results. */
function turnToWire(message: Message, content: readonly ContentPart[], place: Place): JsonObject {
  const shown: JsonObject[] = [];
  const calls: JsonObject[] = [];
  const fields: JsonObject[] = [];
  for (const part of content) {
    if (part.type === 'tool-call') calls.push(toolCallToWire(part));
    else if (isMessageFields(part)) fields.push(part.value);
    else if (part.type !== 'refusal' && part.type !== 'reasoning') shown.push(partToWire(part, place));
  }
  const refusal = refusalOf(content);
  const reasoning = unsignedReasoningOf(content);
  const role = message.role === 'tool' ? 'user' : message.role;
  const wire: JsonObject = { role, content: contentOf(shown, calls.length > 0 || refusal !== '') };
  if (reasoning !== '') wire['reasoning_content'] = reasoning;
  if (refusal !== '') wire['refusal'] = refusal;
  if (calls.length > 0) wire['tool_calls'] = calls;
  for (const value of fields) mergeFields(wire, value);
  return finish(wire, message);
}

function refusalOf(content: readonly ContentPart[]): string {
  return content.map((part) => (part.type === 'refusal' ? part.text : '')).join('');
}

function unsignedReasoningOf(content: readonly ContentPart[]): string {
  const isOpen = (part: ReasoningPart): boolean => part.signature === undefined && part.encrypted === undefined;
  return content.map((part) => (part.type === 'reasoning' && isOpen(part) ? part.text : '')).join('');
}

/** An opaque value without a `type` is no content part but fields of a message, as from-wire.ts and stream.ts make them. */
function isMessageFields(part: ContentPart): part is OpaquePart {
  return part.type === 'opaque' && part.dialect === 'openai' && part.value['type'] === undefined;
}

/** Lists are joined: a stream brings them in pieces. A piece of a call goes to the call of its index. */
function mergeFields(wire: JsonObject, value: JsonObject): void {
  for (const [name, field] of Object.entries(value)) {
    const known = wire[name];
    if (name === 'tool_calls' && Array.isArray(field))
      wire[name] = mergeCalls(Array.isArray(known) ? known : [], field);
    else if (Array.isArray(known) && Array.isArray(field)) wire[name] = [...known, ...field];
    else if (!Object.hasOwn(wire, name)) wire[name] = field;
  }
}

function mergeCalls(calls: readonly JsonValue[], pieces: readonly JsonValue[]): JsonValue[] {
  const merged = [...calls];
  for (const piece of pieces) {
    if (!isJsonObject(piece)) continue;
    const { index, ...fields } = piece;
    const call = typeof index === 'number' ? merged[index] : undefined;
    if (isJsonObject(call) && piece['id'] === undefined) withExtra(call, fields, false);
    else merged.push(fields);
  }
  return merged;
}

/** A lone text is sent as a string: every server takes that, while some templates refuse lists. */
function contentOf(parts: JsonObject[], mayBeNull: boolean): JsonValue {
  const [first] = parts;
  if (first === undefined) return mayBeNull ? null : '';
  if (parts.length > 1) return parts;
  const isPlain = first['type'] === 'text' && Object.keys(first).length === 2;
  return isPlain ? (first['text'] ?? '') : parts;
}

/** What every message may have. */
function finish(wire: JsonObject, message: Message): JsonObject {
  if (message.name !== undefined) wire['name'] = message.name;
  return withExtra(wire, message.extra, false);
}

function toolResultToWire(part: ToolResultPart, message: Message, place: Place): JsonObject {
  const parts = part.content.map((inner) => partToWire(inner, place));
  let content = contentOf(parts, false);
  if (part.isError === true) {
    if (typeof content === 'string') content = `Error: ${content}`;
    else content = [{ type: 'text', text: 'Error:' }, ...parts];
  }
  const wire: JsonObject = { role: 'tool', tool_call_id: part.toolCallId, content };
  // A turn of one result is OpenAI's own tool message: what it brought along belongs to it.
  if (message.role === 'tool' && message.content.length === 1) finish(wire, message);
  return withExtra(wire, part.extra, place.isAnthropic);
}

/** Arguments go as the model wrote them, parsable or not. */
function toolCallToWire(part: ToolCallPart): JsonObject {
  const wire: JsonObject = { id: part.id, type: 'function', function: { name: part.name, arguments: part.arguments } };
  return withExtra(wire, part.extra, false);
}

/** One entry of a content list. */
function partToWire(part: ContentPart, place: Place): JsonObject {
  switch (part.type) {
    case 'text':
      return withExtra({ type: 'text', text: part.text }, part.extra, place.isAnthropic);
    case 'refusal':
      return { type: 'refusal', refusal: part.text };
    case 'image':
      return withExtra(imageToWire(part, place), part.extra, place.isAnthropic);
    case 'audio':
      return withExtra(audioToWire(part, place), part.extra, place.isAnthropic);
    case 'file':
      return withExtra(fileToWire(part, place), part.extra, place.isAnthropic);
    case 'opaque':
      if (part.dialect === 'openai') return part.value;
      throw unsupported(`a content part of the ${part.dialect} API`, place);
    default:
      throw unsupported(`a ${part.type} inside another part`, place);
  }
}

/** By reference as it is, else as a data URL. */
function imageToWire(part: ImagePart, place: Place): JsonObject {
  const { source } = part;
  if (source.kind === 'file-id') throw unsupported('a picture by file id', place);
  const url = source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.base64}`;
  const image: JsonObject = { url };
  if (part.detail !== undefined) image['detail'] = part.detail;
  return { type: 'image_url', image_url: image };
}

/** OpenAI takes sound only as data; sound by reference goes in vLLM's form, which others refuse with a clear error. */
function audioToWire(part: AudioPart, place: Place): JsonObject {
  const { source } = part;
  if (source.kind === 'file-id') throw unsupported('sound by file id', place);
  if (source.kind === 'url') return { type: 'audio_url', audio_url: { url: source.url } };
  return { type: 'input_audio', input_audio: { data: source.base64, format: audioFormat(source.mediaType) } };
}

/** OpenAI names formats (`mp3`, `wav`), not media types. */
function audioFormat(mediaType: string): string {
  const subtype = mediaType.slice(mediaType.indexOf('/') + 1).replace(/;.*$/s, '');
  if (subtype === 'mpeg' || subtype === 'mpga') return 'mp3';
  return subtype.replace(/^x-/, '').replace(/^wave$/, 'wav');
}

/** OpenAI fetches no file by address; vendors that would have no common form for it. */
function fileToWire(part: FilePart, place: Place): JsonObject {
  const { source } = part;
  if (source.kind === 'url') throw unsupported('a file by address', place);
  if (source.kind === 'file-id') return { type: 'file', file: { file_id: source.fileId } };
  const file: JsonObject = { file_data: `data:${source.mediaType};base64,${source.base64}` };
  if (part.name !== undefined) file['filename'] = part.name;
  return { type: 'file', file };
}

/** Adds unknown fields under their own names; a typed field is never replaced. */
function withExtra(wire: JsonObject, extra: JsonObject | undefined, withoutHints: boolean): JsonObject {
  for (const name in extra) {
    const value = extra[name];
    if (value === undefined || Object.hasOwn(wire, name) || (withoutHints && name === 'cache_control')) continue;
    wire[name] = value;
  }
  return wire;
}

function unsupported(what: string, place: Place): SluiceError {
  const message = `The provider of the model has no form for ${what}.`;
  return new SluiceError('unsupported_capability', { message, param: place.path });
}
