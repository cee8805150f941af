// The turns of a conversation as Anthropic's `system` and `messages`.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Message } from '../../core/message.ts';
import { withFunctionCalls } from '../translation/function-calls.ts';
import { nothingSaid } from '../translation/request-translation.ts';
import { isPresent } from '../translation/wire-values.ts';
import { partToWire } from './parts-to-wire.ts';
import type { Translation } from './translation.ts';

/** Both fields; `system` is absent when nobody instructs. */
export interface WireConversation {
  readonly system?: JsonValue;
  readonly messages: JsonValue[];
}

/**
 * A turn while it is put together. The results of tools stand apart until the end, so that one that comes late is put before
 * the rest without moving it: a turn may be joined of very many messages.
 */
interface Turn {
  readonly role: 'user' | 'assistant' | 'system';
  /** Results that go before the rest. Of a native request none: its order is the caller's. */
  readonly results: JsonObject[];
  readonly rest: JsonObject[];
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
      // One name for all of them: the report does not grow with the conversation.
      if (turns.length > 0) translation.downgrade('messages[].role');
      append(system, turn.rest);
    } else addTurn(turns, turn);
  });
  const wire = turns.filter((turn) => translation.isNative || contentOf(turn).length > 0).map(turnToWire);
  if (wire.length === 0 && system.length > 0 && !translation.isNative) {
    translation.downgrade('messages[0].role');
    return { messages: [{ role: 'user', content: contentToWire(system) }] };
  }
  if (wire.length === 0 && !translation.isNative) throw nothingSaid();
  return { ...(system.length === 0 ? {} : { system: contentToWire(system) }), messages: wire };
}

function toTurn(given: Message, path: string, translation: Translation): Turn {
  const message = translation.isNative ? given : withFunctionCalls(given, path);
  const { role } = message;
  const { extra } = message;
  // The fields that are shared are those of blocks.
  const { shared: _, ...rules } = translation.turnRulesAt({ path, role });
  const marker = translation.sendsExtra ? undefined : extra?.['cache_control'];
  if (message.name !== undefined) translation.downgrade('name');
  const turn: Turn = {
    role: role === 'tool' ? 'user' : role === 'developer' ? 'system' : role,
    results: [],
    rest: [],
    fields: translation.extraOf(marker === undefined ? extra : { ...extra, cache_control: null }, rules),
  };
  message.content.forEach((part, at) => {
    for (const block of partToWire(part, { path: `${path}.content[${at}]`, role }, translation)) {
      const isResult = block['type'] === 'tool_result' && !translation.isNative;
      (isResult ? turn.results : turn.rest).push(block);
    }
  });
  if (isPresent(marker)) markLast(turn.rest.length > 0 ? turn.rest : turn.results, marker, translation);
  return turn;
}

/** A marker of the cache on a turn of another dialect is one behind its last block, which may have one of its own. */
function markLast(blocks: JsonObject[], marker: JsonValue, translation: Translation): void {
  const last = blocks.at(-1);
  if (last === undefined || unmarked.has(last['type'])) translation.downgrade('cache_control');
  else blocks[blocks.length - 1] = { cache_control: marker, ...last };
}

/** Anthropic refuses markers on thoughts. */
const unmarked: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking']);

function addTurn(turns: Turn[], turn: Turn): void {
  const last = turns.at(-1);
  const joins = last?.role === turn.role && turn.role !== 'system' && Object.keys(turn.fields).length === 0;
  if (last === undefined || !joins) {
    turns.push(turn);
    return;
  }
  append(last.results, turn.results);
  append(last.rest, turn.rest);
}

/** One by one: a list of arguments has a bound. */
function append(into: JsonObject[], blocks: readonly JsonObject[]): void {
  for (const block of blocks) into.push(block);
}

function contentOf({ results, rest }: Turn): readonly JsonObject[] {
  return results.length === 0 ? rest : [...results, ...rest];
}

function turnToWire(turn: Turn): JsonObject {
  return { ...turn.fields, role: turn.role, content: contentToWire(contentOf(turn)) };
}

/** A lone text as a string, as most clients write it. */
function contentToWire(blocks: readonly JsonObject[]): JsonValue {
  const [first] = blocks;
  const isLone = blocks.length === 1 && first?.['type'] === 'text' && Object.keys(first).length === 2;
  return isLone ? (first['text'] ?? '') : [...blocks];
}
