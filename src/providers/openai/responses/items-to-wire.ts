// The turns of a conversation as the `input` items of the Responses API.

import { isJsonObject, type JsonObject, type JsonValue } from '../../../core/json.ts';
import {
  type ContentPart,
  dataUrlOf,
  type FilePart,
  type ImagePart,
  type Message,
  type OpaquePart,
  type ReasoningPart,
  type ToolCallPart,
  type ToolResultPart,
} from '../../../core/message.ts';
import { isMessageContent, isMessageHead, isProgressEvent } from '../../../core/opaque-part.ts';
import type { Translation } from '../../openai-compatible/translation.ts';
import { type TurnPlace, unsupported } from '../../translation/request-translation.ts';
import { listOf, objectOf } from '../../translation/wire-values.ts';

/**
 * All items. A turn becomes a message for each run of its texts, pictures and files, and an item for each call, result, piece of
 * reasoning and opaque item between them, in order.
 *
 * What has no field here: the name of a participant (reported); reasoning of other vendors, and reasoning of which only the
 * summary is left, which OpenAI looks for among what it has stored and refuses (reported; the parts of one item of ours are
 * one item again, found by its id); sound (refused). A failed tool's result begins with `Error: `. Results of custom
 * tools are told from those of functions by the calls before them. Progress events of earlier answers are no input.
 */
export function itemsToWire(messages: readonly Message[], translation: Translation): JsonObject[] {
  const writer = new ItemWriter(translation);
  messages.forEach((message, index) => {
    writer.addMessage(message, `messages[${index}]`);
  });
  const usable = writer.items.filter(isUsable);
  if (usable.length < writer.items.length) translation.downgrade('reasoning');
  return usable;
}

/** Reasoning must hold itself, encrypted or open: a summary stands for something that is kept elsewhere. */
function isUsable({ type, encrypted_content: encrypted, content }: JsonObject): boolean {
  return type !== 'reasoning' || typeof encrypted === 'string' || listOf(content).length > 0;
}

class ItemWriter {
  readonly items: JsonObject[] = [];
  readonly #translation: Translation;
  /** Ids of calls to custom tools: their results have an item type of their own. */
  readonly #customCalls: Set<string> = new Set();
  /** The turn under way. */
  #turn: TurnPlace = { path: 'messages', role: 'user' };
  /** The message under way: its content is still open. */
  #open: { readonly wire: JsonObject; readonly content: JsonObject[] } | undefined;

  constructor(translation: Translation) {
    this.#translation = translation;
  }

  addMessage(message: Message, path: string): void {
    const place: TurnPlace = { path, role: message.role };
    if (message.name !== undefined) this.#translation.downgrade('name');
    const { tool_calls: calls, ...extra } = message.extra ?? {};
    this.#turn = place;
    for (const [index, part] of message.content.entries()) {
      this.#addPart(part, extra, { ...place, path: `${path}.content[${index}]` });
    }
    if (message.content.length === 0 && calls === undefined && this.#translation.sendsExtra) this.#message(extra);
    // No message was begun that could have had them.
    else this.#translation.leaveOutTurnExtra(extra, place);
    this.#close();
    // Where one call is no function, the edge keeps all calls of the message as they came.
    for (const call of listOf(calls)) this.#addChatCall(objectOf(call) ?? {}, `${path}.tool_calls`);
  }

  #addPart(part: ContentPart, extra: JsonObject, place: TurnPlace): void {
    if (part.type === 'tool-call') this.#item(this.#toolCall(part, place));
    else if (part.type === 'tool-result') this.#item(this.#toolResult(part, place.path));
    else if (part.type === 'reasoning') this.#addReasoning(part, place);
    else if (part.type !== 'opaque') this.#message(extra).push(this.#contentPart(part, place));
    else if (part.dialect === 'openai') this.#addChatFields(part, place);
    else if (part.dialect === 'openai-responses') this.#addOwn(part, extra, place);
    else this.#translation.leaveOutPart(part, place);
  }

  /** The content of the message under way, which is begun when there is none. Only its first message has a turn's fields. */
  #message(extra: JsonObject): JsonObject[] {
    if (this.#open === undefined) {
      const role = this.#turn.role === 'tool' ? 'user' : this.#turn.role;
      const wire = this.#translation.addTurnExtra({ type: 'message', role }, extra, this.#turn);
      for (const name of Object.keys(extra)) delete extra[name];
      this.#open = { wire, content: [] };
    }
    return this.#open.content;
  }

  #close(): void {
    if (this.#open === undefined) return;
    const { wire, content } = this.#open;
    this.#open = undefined;
    const [first] = content;
    const isPlain = content.length === 1 && first !== undefined && Object.keys(first).length === 2;
    const isText = isPlain && typeof first['text'] === 'string';
    // A message that is known to the vendor by its id goes back in the form in which it came.
    wire['content'] = isText && wire['id'] === undefined ? (first['text'] ?? '') : content;
    this.items.push(wire);
  }

  #item(item: JsonObject): void {
    this.#close();
    this.items.push(item);
  }

  #contentPart(part: ContentPart, place: TurnPlace): JsonObject {
    const add = (wire: JsonObject, extra: JsonObject | undefined): JsonObject =>
      this.#translation.addTurnExtra(wire, extra, place);
    switch (part.type) {
      case 'text':
        return place.role === 'assistant'
          ? add(answerText(part.text, part.annotations, this.#translation), part.extra)
          : add({ type: 'input_text', text: part.text }, part.extra);
      case 'refusal':
        return { type: 'refusal', refusal: part.text };
      case 'image':
        return add(imageToWire(part), part.extra);
      case 'file':
        return add(fileToWire(part), part.extra);
      default:
        throw unsupported(part.type === 'audio' ? 'sound' : `a ${part.type} here`, place.path);
    }
  }

  #toolCall(part: ToolCallPart, place: TurnPlace): JsonObject {
    const { function: inner, ...outer } = part.extra ?? {};
    const wire: JsonObject = { type: 'function_call', call_id: part.id, name: part.name, arguments: part.arguments };
    this.#translation.addTurnExtra(wire, isJsonObject(inner) ? inner : undefined, place);
    return this.#translation.addTurnExtra(wire, outer, place);
  }

  #toolResult(part: ToolResultPart, path: string): JsonObject {
    const type = this.#customCalls.has(part.toolCallId) ? 'custom_tool_call_output' : 'function_call_output';
    const place: TurnPlace = { path, role: 'tool' };
    const parts = part.content.map((inner, index) => {
      const at = `${path}.content[${index}]`;
      return inner.type === 'opaque' ? opaqueContent(inner, at) : this.#contentPart(inner, { path: at, role: 'tool' });
    });
    const wire: JsonObject = { type, call_id: part.toolCallId, output: outputOf(parts, part.isError === true) };
    return this.#translation.addTurnExtra(wire, part.extra, place);
  }

  /** A piece of our own reasoning joins the item of its id when that is the last one. */
  #addReasoning(part: ReasoningPart, place: TurnPlace): void {
    const { id, type, ...others } = part.extra ?? {};
    // What was encrypted here has the id of its item or the type of its piece.
    const isForeign = part.encrypted !== undefined && id === undefined && type === undefined;
    if (!this.#translation.sendsExtra || part.signature !== undefined || isForeign) {
      this.#translation.downgrade('reasoning');
      return;
    }
    this.#close();
    const last = this.items.at(-1);
    const isSame = last?.['type'] === 'reasoning' && id !== undefined && last['id'] === id;
    const item: JsonObject = isSame ? last : { type: 'reasoning', ...(id === undefined ? {} : { id }), summary: [] };
    if (!isSame) this.items.push(item);
    if (part.text !== '') {
      const isText = type === 'reasoning_text';
      const field = isText ? 'content' : 'summary';
      const pieces = listAt(item, field);
      pieces.push({ type: isText ? type : 'summary_text', text: part.text });
    }
    if (part.encrypted !== undefined) item['encrypted_content'] = part.encrypted;
    this.#translation.addTurnExtra(item, others, place);
  }

  /** Fields that an answer of chat completions brought along: its calls that are no functions count, the others are echoes. */
  #addChatFields(part: OpaquePart, place: TurnPlace): void {
    const { tool_calls: calls, ...others } = part.value;
    this.#translation.leaveOutPart({ ...part, value: others }, place);
    for (const call of listOf(calls)) this.#addChatCall(objectOf(call) ?? {}, place.path);
  }

  /** A part of this API: progress, the head of a message, a part of its content, or an item. */
  #addOwn(part: OpaquePart, extra: JsonObject, place: TurnPlace): void {
    const { value } = part;
    const { type, call_id: callId } = value;
    if (typeof type !== 'string') throw unsupported('an item without a type', place.path);
    if (isMessageHead(part)) {
      this.#close();
      this.#message({ ...value });
    } else if (isProgressEvent(part)) return;
    else if (isMessageContent(part)) this.#message(extra).push(value);
    else {
      if (type === 'custom_tool_call' && typeof callId === 'string') this.#customCalls.add(callId);
      this.#item(value);
    }
  }

  /** A call as chat completions write it: of a custom tool, or of a function beside one. */
  #addChatCall(call: JsonObject, path: string): void {
    const { id, index: _, type, function: definition, custom } = call;
    const callId = typeof id === 'string' ? id : '';
    if (isJsonObject(custom)) {
      this.#customCalls.add(callId);
      const { name = '', input = '' } = custom;
      this.#item({ type: 'custom_tool_call', call_id: callId, name, input });
    } else if (isJsonObject(definition)) {
      const { name = '', arguments: text = '' } = definition;
      this.#item({ type: 'function_call', call_id: callId, name, arguments: text });
    } else throw unsupported(`a tool call of type \`${String(type)}\``, path);
  }
}

/** The list at a field of ours, made when it is not there; it is added to in place, since an item may have very many pieces. */
function listAt(item: JsonObject, field: string): JsonValue[] {
  const known = item[field];
  if (Array.isArray(known)) return known;
  const made: JsonValue[] = [];
  item[field] = made;
  return made;
}

/** Annotations go back to the API that made them and to no other: of another's it is reported that they are left out. */
function answerText(text: string, annotations: readonly JsonValue[] = [], translation: Translation): JsonObject {
  const own = translation.sendsExtra ? annotations.filter(isOwnAnnotation) : [];
  if (own.length < annotations.length) translation.downgrade('annotations');
  return own.length === 0 ? { type: 'output_text', text } : { type: 'output_text', text, annotations: own };
}

/** What the edge makes of another vendor's citation says whose it is; what it gives back to that vendor has other types. */
function isOwnAnnotation(annotation: JsonValue): boolean {
  const { type, provider_type: vendors, provider_value: value } = objectOf(annotation) ?? {};
  return vendors === undefined && value === undefined && ownAnnotations.has(type);
}

const ownAnnotations: ReadonlySet<unknown> = new Set([
  'file_citation',
  'url_citation',
  'container_file_citation',
  'file_path',
]);

function outputOf(parts: JsonObject[], isError: boolean): JsonValue {
  const [first] = parts;
  const isText = parts.length === 1 && first?.['type'] === 'input_text' && Object.keys(first).length === 2;
  if (parts.length === 0) return isError ? 'Error' : '';
  if (isText) return isError ? `Error: ${String(first['text'])}` : (first['text'] ?? '');
  return isError ? [{ type: 'input_text', text: 'Error:' }, ...parts] : parts;
}

function opaqueContent(part: OpaquePart, path: string): JsonObject {
  if (part.dialect === 'openai-responses') return part.value;
  throw unsupported(`a content part of the ${part.dialect} API`, path);
}

function imageToWire({ source, detail }: ImagePart): JsonObject {
  const wire: JsonObject = { type: 'input_image' };
  if (source.kind === 'file-id') wire['file_id'] = source.fileId;
  else if (source.kind === 'url') wire['image_url'] = source.url;
  else wire['image_url'] = dataUrlOf(source);
  if (detail !== undefined) wire['detail'] = detail;
  return wire;
}

function fileToWire({ source, name }: FilePart): JsonObject {
  const wire: JsonObject = { type: 'input_file' };
  if (source.kind === 'file-id') wire['file_id'] = source.fileId;
  else if (source.kind === 'url') wire['file_url'] = source.url;
  else {
    wire['filename'] = name ?? 'file';
    wire['file_data'] = dataUrlOf(source);
  }
  return wire;
}
