// The turns of a conversation as Anthropic's `system` and `messages`.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Message } from '../../core/message.ts';
import { messageHints, partToWire } from './parts-to-wire.ts';
import type { Translation } from './translation.ts';

/** Both fields; `system` is absent when nobody instructs. */
export interface WireConversation {
  readonly system?: JsonValue;
  readonly messages: JsonValue[];
}

/** A turn while it is put together. */
interface Turn {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: JsonObject[];
  readonly fields: JsonObject;
}

/**
 * The conversation. Results of tools belong to the user's turn here, all results of one assistant's turn in one, before any
 * text; so turns of the same speaker that follow each other are joined, as Anthropic would itself, except where one brings
 * fields of its own.
 *
 * Instructions: of a native request the first turn is `system`, later ones stay where they are (Anthropic's newer models
 * have such turns). Of other dialects all instructions at the beginning are `system`; later ones, which older models would
 * refuse, are put there too and reported; where there is nothing else they are what the user says, since Anthropic wants a
 * turn. A participant's name has no field and is reported.
 */
export function messagesToWire(messages: readonly Message[], translation: Translation): WireConversation {
  const turns: Turn[] = [];
  const system: JsonObject[] = [];
  messages.forEach((message, index) => {
    const isSystem = message.role === 'system' || message.role === 'developer';
    const turn = toTurn(message, `messages[${index}]`, translation);
    if (isSystem && (index === 0 || !translation.isNative)) {
      if (turns.length > 0) translation.downgrade(`messages[${index}].role`);
      system.push(...turn.content);
    } else addTurn(turns, turn, translation);
  });
  const wire = turns.filter((turn) => translation.isNative || turn.content.length > 0).map(turnToWire);
  if (wire.length === 0 && system.length > 0 && !translation.isNative) {
    translation.downgrade('messages[0].role');
    return { messages: [{ role: 'user', content: contentOf(system) }] };
  }
  return { ...(system.length === 0 ? {} : { system: contentOf(system) }), messages: wire };
}

function toTurn(message: Message, path: string, translation: Translation): Turn {
  const { role } = message;
  if (message.name !== undefined) translation.downgrade('name');
  return {
    role: role === 'tool' ? 'user' : role === 'developer' ? 'system' : role,
    content: message.content.flatMap((part, at) => partToWire(part, `${path}.content[${at}]`, translation)),
    fields: translation.extraOf(message.extra, { path, hints: messageHints }),
  };
}

function addTurn(turns: Turn[], turn: Turn, translation: Translation): void {
  const last = turns.at(-1);
  const joins = last?.role === turn.role && turn.role !== 'system' && Object.keys(turn.fields).length === 0;
  if (last === undefined || !joins) turns.push(turn);
  else if (translation.isNative) last.content.push(...turn.content);
  else {
    // Results that come late must still stand before everything that is none.
    const results = turn.content.filter(isResult);
    const firstOther = last.content.findIndex((block) => !isResult(block));
    last.content.splice(firstOther === -1 ? last.content.length : firstOther, 0, ...results);
    last.content.push(...turn.content.filter((block) => !isResult(block)));
  }
}

function isResult(block: JsonObject): boolean {
  return block['type'] === 'tool_result';
}

function turnToWire(turn: Turn): JsonObject {
  return { ...turn.fields, role: turn.role, content: contentOf(turn.content) };
}

/** A lone text as a string, as most clients write it. */
function contentOf(blocks: readonly JsonObject[]): JsonValue {
  const [first] = blocks;
  const isLone = blocks.length === 1 && first?.['type'] === 'text' && Object.keys(first).length === 2;
  return isLone ? (first['text'] ?? '') : [...blocks];
}
