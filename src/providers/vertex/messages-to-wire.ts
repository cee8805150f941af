// The turns of a conversation as Google's `systemInstruction` and `contents`.

import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ContentPart, Message, ToolResultPart } from '../../core/message.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { unsupported } from '../translation/request-translation.ts';
import { foreignCallSignature } from './defaults.ts';
import { mediaToWire } from './media-to-wire.ts';
import { callToWire, isMedia, resultToWire, signatureOf } from './tools-to-wire.ts';
import type { Translation } from './translation.ts';

/** What the conversation becomes. */
export interface WireConversation {
  readonly systemInstruction?: JsonObject;
  readonly contents: JsonObject[];
}

/**
 * All turns. Google has one place for instructions: system and developer turns go there, wherever they stood. Tool results
 * that follow each other become one turn of the user, as Google wants all answers to a turn of calls together; what stands
 * beside them (Anthropic's form) follows in a turn of its own.
 *
 * Reasoning of earlier turns is left out and reported: Google asks only for the signatures of its calls and texts, which travel
 * with them, and takes no thoughts of another vendor. Refusals go as text. Annotations of earlier answers are left out and reported.
 */
export function conversationToWire(request: PredictRequest, translation: Translation): WireConversation {
  const contents: JsonObject[] = [];
  const system: JsonObject[] = [];
  const names = new Map<string, string>();
  for (let index = 0; index < request.messages.length; index += 1) {
    const message = request.messages[index];
    if (message === undefined) continue;
    const path = `messages[${index}]`;
    if (message.name !== undefined) translation.downgrade('name');
    if (message.role === 'system' || message.role === 'developer') {
      system.push(...systemParts(message, path, translation));
      continue;
    }
    for (const part of message.content) if (part.type === 'tool-call') names.set(part.id, part.name);
    addTurns(contents, message, { path, names, translation });
  }
  return system.length === 0 ? { contents } : { systemInstruction: { parts: system }, contents };
}

interface Place {
  readonly path: string;
  /** Names of the calls so far, by id: a result on Google's wire names the function. */
  readonly names: ReadonlyMap<string, string>;
  readonly translation: Translation;
}

function systemParts(message: Message, path: string, translation: Translation): JsonObject[] {
  translation.addPartExtra({}, message.extra, path);
  return message.content.flatMap((part, index) => {
    const at = `${path}.content[${index}]`;
    if (part.type !== 'text') throw unsupported(`a ${part.type} in an instruction`, at);
    return part.text === '' ? [] : [textToWire(part.text, part.extra, at, translation)];
  });
}

/** The results first: they must stand right behind their calls. */
function addTurns(contents: JsonObject[], message: Message, place: Place): void {
  const { path, translation } = place;
  const results: JsonObject[] = [];
  const beside: JsonObject[] = [];
  const rest: JsonObject[] = [];
  message.content.forEach((part, index) => {
    const at = `${path}.content[${index}]`;
    if (part.type === 'tool-result') results.push(...resultParts(part, at, place, beside));
    else rest.push(...partsToWire(part, at, translation));
  });
  if (results.length > 0) {
    const last = contents.at(-1);
    const parts = [...results, ...beside];
    if (isResultTurn(last)) last.parts.push(...parts);
    else contents.push({ role: 'user', parts });
  }
  const role = message.role === 'assistant' ? 'model' : 'user';
  if (role === 'model') {
    signText(rest, signatureOf(message.extra));
    if (translation.isGemini3) signFirstCall(rest);
  }
  const turn: JsonObject = { role, parts: rest };
  translation.addPartExtra(turn, message.extra, path);
  // An empty turn is refused by Google, and says nothing: an assistant's that held only reasoning, or an empty text.
  if (rest.length > 0) contents.push(turn);
}

function isResultTurn(turn: JsonObject | undefined): turn is JsonObject & { parts: JsonObject[] } {
  const parts = turn?.['parts'];
  const [first] = Array.isArray(parts) ? parts : [];
  return typeof first === 'object' && first !== null && 'functionResponse' in first;
}

function resultParts(part: ToolResultPart, path: string, place: Place, beside: JsonObject[]): JsonObject[] {
  const { names, translation } = place;
  const name = names.get(part.toolCallId);
  if (name === undefined) {
    const message = 'A tool result answers a call that is not in the conversation.';
    throw new SluiceError('invalid_request', { message, param: path });
  }
  const media = part.content.filter(isMedia).map((inner) => mediaToWire(inner, path, translation));
  const wire = resultToWire(part, name, path, translation);
  if (media.length > 0) {
    // Gemini 3 takes media within a result; for older models they stand beside it in the same turn.
    if (translation.isGemini3) wire['parts'] = media;
    else beside.push(...media);
  }
  return [{ functionResponse: wire }];
}

function partsToWire(part: ContentPart, path: string, translation: Translation): JsonObject[] {
  switch (part.type) {
    case 'text':
      if (part.annotations !== undefined && part.annotations.length > 0) translation.downgrade('annotations');
      return part.text === '' && signatureOf(part.extra) === undefined
        ? []
        : [textToWire(part.text, part.extra, path, translation)];
    case 'refusal':
      return [{ text: part.text }];
    case 'reasoning':
      translation.downgrade('reasoning');
      return [];
    case 'image':
    case 'audio':
    case 'file':
      return [mediaToWire(part, path, translation)];
    case 'tool-call':
      return [callToWire(part, path, translation)];
    case 'opaque':
      if (part.dialect === 'vertex') return [part.value];
      throw unsupported(`a content part of the ${part.dialect} API`, path);
    default:
      throw unsupported(`a ${part.type} here`, path);
  }
}

function textToWire(text: string, extra: JsonObject | undefined, path: string, translation: Translation): JsonObject {
  const wire: JsonObject = { text };
  const signature = signatureOf(extra);
  if (signature !== undefined) wire['thoughtSignature'] = signature;
  translation.addPartExtra(wire, extra, path);
  return wire;
}

/**
 * Chat completions have one place for the signature of the text: the message. It goes back to the last text, or to an empty one
 * of its own, in which Google sends it too.
 */
function signText(parts: JsonObject[], signature: string | undefined): void {
  if (signature === undefined) return;
  const last = parts.findLast((part) => typeof part['text'] === 'string');
  if (last === undefined) parts.push({ text: '', thoughtSignature: signature });
  else last['thoughtSignature'] ??= signature;
}

/** Google signs the first call of a turn and checks that one. */
function signFirstCall(parts: JsonObject[]): void {
  const first = parts.find((part) => part['functionCall'] !== undefined);
  if (first !== undefined && first['thoughtSignature'] === undefined) first['thoughtSignature'] = foreignCallSignature;
}
