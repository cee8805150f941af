// The turns of a conversation as OpenAI's `messages`.

import { joinCalls, joinFields } from '../../core/join-fields.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import {
  type AudioPart,
  type ContentPart,
  dataUrlOf,
  type FilePart,
  type ImagePart,
  type Message,
  type ReasoningPart,
  type ToolCallPart,
  type ToolResultPart,
} from '../../core/message.ts';
import { isMessageFields, isProgress } from '../../core/opaque-part.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { type TurnPlace, unsupported } from '../translation/request-translation.ts';
import type { Translation } from './translation.ts';

/**
 * All messages. A turn that holds several tool results, or results beside text (Anthropic's form), becomes one `tool`
 * message for each result, then the rest: OpenAI wants the results right behind the call.
 *
 * What has no field in this dialect: a signed or encrypted reasoning part belongs to the vendor that signed it. A caller of this
 * dialect got it in `thinking_blocks` and it goes back so; of others it is left out and reported. Other reasoning goes as `reasoning_content`, which vLLM, llama.cpp and
 * DeepSeek read; a failed tool's result begins with `Error: `, since `is_error` has no field; annotations of earlier answers
 * are left out and reported, as they change nothing that a model reads. Progress events and heads of messages that came with an answer of
 * the Responses API are no content.
 */
export function messagesToWire(request: PredictRequest, translation: Translation): JsonValue[] {
  const wire: JsonValue[] = [];
  for (let index = 0; index < request.messages.length; index += 1) {
    const message = request.messages[index];
    if (message !== undefined)
      addMessage(wire, message, { path: `messages[${index}]`, role: message.role, translation });
  }
  return wire;
}

/** Where we are, for errors, and what notes the losses. */
interface Place extends TurnPlace {
  readonly translation: Translation;
}

function addMessage(wire: JsonValue[], message: Message, place: Place): void {
  const content = message.content.some(isNoContent)
    ? message.content.filter((part) => !isNoContent(part))
    : message.content;
  const [first] = content;
  // The usual turn: one text.
  if (content.length === 1 && first?.type === 'text' && first.extra === undefined && first.annotations === undefined) {
    wire.push(finish({ role: message.role, content: first.text }, message, place));
    return;
  }
  const rest = content.some(isToolResult) ? content.filter((part) => !isToolResult(part)) : content;
  for (const [index, part] of message.content.entries()) {
    if (isToolResult(part)) wire.push(toolResultToWire(part, message, place, `${place.path}.content[${index}]`));
  }
  const turn = rest.length > 0 || content.length === 0 ? turnToWire(message, rest, place) : undefined;
  if (turn !== undefined) wire.push(turn);
}

function isNoContent(part: ContentPart): boolean {
  return part.type === 'opaque' && isProgress(part);
}

/** A call of a function, or of a custom tool as the Responses API has it; undefined for a part that is none. */
function callToWire(part: ContentPart, place: Place): JsonObject | undefined {
  if (part.type === 'tool-call') return toolCallToWire(part, place);
  if (part.type !== 'opaque' || part.dialect !== 'openai-responses') return undefined;
  const { type, call_id: id = '', name = '', input = '' } = part.value;
  return type === 'custom_tool_call' ? { id, type: 'custom', custom: { name, input } } : undefined;
}

function isToolResult(part: ContentPart): part is ToolResultPart {
  return part.type === 'tool-result';
}

/** A turn without tool results; undefined for one of which nothing is left, which many servers refuse. */
function turnToWire(message: Message, content: readonly ContentPart[], place: Place): JsonObject | undefined {
  const { shown, calls, fields } = sorted(message.content, place);
  const refusal = refusalOf(content);
  const thoughts = thoughtsOf(content, place);
  const isEmpty = [shown, calls, fields, Object.keys(thoughts)].every(({ length }) => length === 0) && refusal === '';
  if (isEmpty && content.length > 0) return undefined;
  const role = message.role === 'tool' ? 'user' : message.role;
  const wire: JsonObject = { role, content: contentOf(shown, calls.length > 0 || refusal !== ''), ...thoughts };
  if (refusal !== '') wire['refusal'] = refusal;
  addFields(wire, calls, fields);
  return finish(wire, message, place);
}

/** The parts by where they stand in a message: in its content, among its calls, or as fields of their own. */
interface Sorted {
  readonly shown: JsonObject[];
  readonly calls: JsonObject[];
  readonly fields: JsonObject[];
}

function sorted(content: readonly ContentPart[], place: Place): Sorted {
  const shown: JsonObject[] = [];
  const calls: JsonObject[] = [];
  const fields: JsonObject[] = [];
  for (const [index, part] of content.entries()) {
    if (isToolResult(part) || part.type === 'refusal' || part.type === 'reasoning') continue;
    const at = { ...place, path: `${place.path}.content[${index}]` };
    const call = callToWire(part, at);
    if (call !== undefined) calls.push(call);
    else if (part.type === 'opaque' && part.dialect !== 'openai') place.translation.leaveOutPart(part, at);
    else if (part.type === 'opaque' && isMessageFields(part)) fields.push(part.value);
    else shown.push(partToWire(part, at));
  }
  return { shown, calls, fields };
}

function signedBlocksOf({ text, signature, encrypted, extra }: ReasoningPart): JsonObject[] {
  const blocks: JsonObject[] = [];
  if (signature !== undefined) blocks.push({ ...extra, type: 'thinking', thinking: text, signature });
  if (encrypted !== undefined) blocks.push({ ...extra, type: 'redacted_thinking', data: encrypted });
  return blocks;
}

function refusalOf(content: readonly ContentPart[]): string {
  return content.map((part) => (part.type === 'refusal' ? part.text : '')).join('');
}

/**
 * One field holds the text of all of a turn's reasoning: blocks of it stand as paragraphs. Signed blocks stand whole in a field of
 * their own, for the server that made them.
 */
function thoughtsOf(content: readonly ContentPart[], { translation }: Place): JsonObject {
  const texts: string[] = [];
  const signed: JsonObject[] = [];
  for (const part of content) {
    if (part.type !== 'reasoning') continue;
    const blocks = signedBlocksOf(part);
    if (!translation.takesThoughts || (blocks.length > 0 && !translation.isNative)) translation.downgrade('reasoning');
    else {
      if (part.text !== '') texts.push(part.text);
      signed.push(...blocks);
    }
  }
  return {
    ...(texts.length === 0 ? {} : { reasoning_content: texts.join('\n\n') }),
    ...(signed.length === 0 ? {} : { thinking_blocks: signed }),
  };
}

/** Joins the fields as they were shown. Lists grow behind ours, and nothing else of ours is replaced. */
function addFields(wire: JsonObject, calls: JsonObject[], pieces: readonly JsonObject[]): void {
  const joined: JsonObject = {};
  for (const { tool_calls: late, ...fields } of pieces) {
    joinFields(joined, fields);
    joinCalls(calls, late);
  }
  if (calls.length > 0) wire['tool_calls'] = calls;
  for (const [name, field] of Object.entries(joined)) {
    const canGrow = Array.isArray(field) && Array.isArray(wire[name]);
    if (canGrow || !Object.hasOwn(wire, name)) joinFields(wire, { [name]: field });
  }
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
function finish(wire: JsonObject, message: Message, place: Place): JsonObject {
  if (message.name !== undefined) wire['name'] = message.name;
  return place.translation.addTurnExtra(wire, message.extra, place);
}

function toolResultToWire(part: ToolResultPart, message: Message, place: Place, path: string): JsonObject {
  // What a tool answered is the caller's, whoever's turn it stands in.
  const inside: Place = { ...place, role: 'tool', path };
  const parts = part.content.map((inner, index) => partToWire(inner, { ...inside, path: `${path}.content[${index}]` }));
  let content = contentOf(parts, false);
  if (part.isError === true) {
    if (typeof content === 'string') content = `Error: ${content}`;
    else content = [{ type: 'text', text: 'Error:' }, ...parts];
  }
  const wire: JsonObject = { role: 'tool', tool_call_id: part.toolCallId, content };
  // A turn of one result is OpenAI's own tool message: what it brought along belongs to it.
  if (message.role === 'tool' && message.content.length === 1) finish(wire, message, place);
  return place.translation.addTurnExtra(wire, part.extra, inside);
}

/** Arguments go as the model wrote them, parsable or not; fields that the edge found inside `function` go back there. */
function toolCallToWire(part: ToolCallPart, place: Place): JsonObject {
  const { function: inner, ...outer } = part.extra ?? {};
  const definition: JsonObject = { name: part.name, arguments: part.arguments };
  place.translation.addTurnExtra(definition, isJsonObject(inner) ? inner : undefined, place);
  return place.translation.addTurnExtra({ id: part.id, type: 'function', function: definition }, outer, place);
}

/** One entry of a content list. */
function partToWire(part: ContentPart, place: Place): JsonObject {
  switch (part.type) {
    case 'text':
      if (part.annotations !== undefined && part.annotations.length > 0) place.translation.downgrade('annotations');
      return place.translation.addTurnExtra({ type: 'text', text: part.text }, part.extra, place);
    case 'refusal':
      return { type: 'refusal', refusal: part.text };
    case 'image':
      return place.translation.addTurnExtra(imageToWire(part, place), part.extra, place);
    case 'audio':
      return place.translation.addTurnExtra(audioToWire(part, place), part.extra, place);
    case 'file':
      return place.translation.addTurnExtra(fileToWire(part, place), part.extra, place);
    case 'opaque':
      if (part.dialect === 'openai') return part.value;
      throw unsupported(`a content part of the ${part.dialect} API`, place.path);
    default:
      throw unsupported(`a ${part.type} inside another part`, place.path);
  }
}

/** By reference as it is, else as a data URL. */
function imageToWire(part: ImagePart, place: Place): JsonObject {
  const { source } = part;
  if (source.kind === 'file-id') throw unsupported('a picture by file id', place.path);
  const url = source.kind === 'url' ? source.url : dataUrlOf(source);
  const image: JsonObject = { url };
  if (part.detail !== undefined) image['detail'] = part.detail;
  return { type: 'image_url', image_url: image };
}

/** OpenAI takes sound only as data; sound by reference goes in vLLM's form, which others refuse with a clear error. */
function audioToWire(part: AudioPart, place: Place): JsonObject {
  const { source } = part;
  if (source.kind === 'file-id') throw unsupported('sound by file id', place.path);
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
  if (source.kind === 'url') throw unsupported('a file by address', place.path);
  if (source.kind === 'file-id') return { type: 'file', file: { file_id: source.fileId } };
  const file: JsonObject = { file_data: dataUrlOf(source) };
  if (part.name !== undefined) file['filename'] = part.name;
  return { type: 'file', file };
}
