// The turns of a conversation as Google's `systemInstruction` and `contents`.

import { SluiceError } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { ContentPart, Message, ToolResultPart } from '../../core/message.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { withFunctionCalls } from '../translation/function-calls.ts';
import { nothingSaid, type TurnPlace, unsupported } from '../translation/request-translation.ts';
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
 * All turns. Google has one place for instructions: system and developer turns go there, wherever they stood; those from the middle
 * of the conversation are reported. Where there is nothing else they are what the user says, since Google wants a turn. Tool
 * results that follow each other become one turn of the user, as Google wants all answers to a turn of calls together; what
 * stands beside them (Anthropic's form) follows in a turn of its own.
 *
 * Reasoning of earlier turns is left out and reported: Google asks only for the signatures of its calls and texts, which travel
 * with them, and takes no thoughts of another vendor. Refusals go as text. Annotations of earlier answers are left out and reported.
 */
export function conversationToWire(request: PredictRequest, translation: Translation): WireConversation {
  const turns: Turns = { contents: [], names: new Map(), besides: new Map(), translation };
  const system: JsonObject[] = [];
  for (const [index, message] of request.messages.entries()) {
    const place = { path: `messages[${index}]`, role: message.role };
    if (message.name !== undefined) translation.downgrade('name');
    if (message.role === 'system' || message.role === 'developer') {
      // One name for all of them: the report does not grow with the conversation.
      if (turns.contents.length > 0) translation.downgrade('messages[].role');
      append(system, systemParts(message, place, translation));
    } else addTurns(turns, withFunctionCalls(message, place.path), place);
  }
  for (const [turn, parts] of turns.besides) append(turn.parts, parts);
  return withInstructions(turns.contents, system, translation);
}

function withInstructions(contents: JsonObject[], system: JsonObject[], translation: Translation): WireConversation {
  if (system.length === 0 && contents.length === 0) throw nothingSaid();
  if (system.length === 0) return { contents };
  if (contents.length > 0) return { systemInstruction: { parts: system }, contents };
  translation.downgrade('messages[0].role');
  return { contents: [{ role: 'user', parts: system }] };
}

type ResultTurn = JsonObject & { parts: JsonObject[] };

/** The turns so far. */
interface Turns {
  readonly contents: JsonObject[];
  /** Names of the calls so far, by id: a result on Google's wire names the function. */
  readonly names: Map<string, string>;
  /** What stands beside the results of a turn, until all of them are there: it goes behind the last. */
  readonly besides: Map<ResultTurn, JsonObject[]>;
  readonly translation: Translation;
}

function systemParts(message: Message, place: TurnPlace, translation: Translation): JsonObject[] {
  translation.addTurnExtra({}, message.extra, place);
  return message.content.flatMap((part, index) => {
    const at = { ...place, path: `${place.path}.content[${index}]` };
    if (part.type !== 'text') throw unsupported(`a ${part.type} in an instruction`, at.path);
    return part.text === '' ? [] : [textToWire(part.text, part.extra, at, translation)];
  });
}

/** One by one: a list of arguments has a bound. */
function append(into: JsonValue[], parts: readonly JsonObject[]): void {
  for (const part of parts) into.push(part);
}

/** The results first: they must stand right behind their calls. */
function addTurns(turns: Turns, message: Message, place: TurnPlace): void {
  const { contents, names, translation } = turns;
  const { path, role: speaker } = place;
  const results: JsonObject[] = [];
  const beside: JsonObject[] = [];
  const rest: JsonObject[] = [];
  message.content.forEach((part, index) => {
    const at = `${path}.content[${index}]`;
    if (part.type === 'tool-call') names.set(part.id, part.name);
    if (part.type === 'tool-result') results.push(resultPart(part, { path: at, role: 'tool' }, turns, beside));
    else append(rest, partsToWire(part, { path: at, role: speaker }, translation));
  });
  if (results.length > 0) addResults(turns, results, beside);
  const role = message.role === 'assistant' ? 'model' : 'user';
  if (role === 'model') {
    signText(rest, signatureOf(message.extra));
    if (translation.isGemini3) signFirstCall(rest);
  }
  const turn: JsonObject = { role, parts: rest };
  translation.addTurnExtra(turn, message.extra, place);
  // An empty turn is refused by Google, and says nothing: an assistant's that held only reasoning, or an empty text.
  if (rest.length > 0) contents.push(turn);
}

function addResults({ contents, besides }: Turns, results: readonly JsonObject[], beside: readonly JsonObject[]): void {
  const last = contents.at(-1);
  const turn: ResultTurn = isResultTurn(last) ? last : { role: 'user', parts: [] };
  if (turn !== last) contents.push(turn);
  append(turn.parts, results);
  if (beside.length === 0) return;
  const known = besides.get(turn);
  if (known === undefined) besides.set(turn, [...beside]);
  else append(known, beside);
}

function isResultTurn(turn: JsonObject | undefined): turn is ResultTurn {
  const parts = turn?.['parts'];
  const [first] = Array.isArray(parts) ? parts : [];
  return typeof first === 'object' && first !== null && 'functionResponse' in first;
}

function resultPart(part: ToolResultPart, place: TurnPlace, turns: Turns, beside: JsonObject[]): JsonObject {
  const { names, translation } = turns;
  const name = names.get(part.toolCallId);
  if (name === undefined) {
    const message = 'A tool result answers a call that is not in the conversation.';
    throw new SluiceError('invalid_request', { message, param: place.path });
  }
  const media = part.content.filter(isMedia).map((inner) => mediaToWire(inner, place, translation));
  const wire = resultToWire(part, name, place, translation);
  if (media.length > 0) {
    // Gemini 3 takes media within a result; for older models they stand beside it in the same turn.
    if (translation.isGemini3) wire['parts'] = media;
    else append(beside, media);
  }
  return { functionResponse: wire };
}

function partsToWire(part: ContentPart, place: TurnPlace, translation: Translation): JsonObject[] {
  switch (part.type) {
    case 'text':
      if (part.annotations !== undefined && part.annotations.length > 0) translation.downgrade('annotations');
      return part.text === '' && signatureOf(part.extra) === undefined
        ? []
        : [textToWire(part.text, part.extra, place, translation)];
    case 'refusal':
      return part.text === '' ? [] : [{ text: part.text }];
    case 'reasoning':
      translation.downgrade('reasoning');
      return [];
    case 'image':
    case 'audio':
    case 'file':
      return [mediaToWire(part, place, translation)];
    case 'tool-call':
      return [callToWire(part, place, translation)];
    case 'opaque':
      if (part.dialect === 'vertex') return [part.value];
      translation.leaveOutPart(part, place);
      return [];
    default:
      throw unsupported(`a ${part.type} here`, place.path);
  }
}

function textToWire(
  text: string,
  extra: JsonObject | undefined,
  place: TurnPlace,
  translation: Translation,
): JsonObject {
  const wire: JsonObject = { text };
  const signature = signatureOf(extra);
  if (signature !== undefined) wire['thoughtSignature'] = signature;
  translation.addTurnExtra(wire, extra, place);
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
