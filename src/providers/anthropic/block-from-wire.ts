// A whole content block as our part.

import { upstreamMalformed } from '../../core/error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ContentPart } from '../../core/message.ts';
import { argumentsOf, isPresent, listOf, textValueOf } from '../translation/wire-values.ts';

const textFields: ReadonlySet<string> = new Set(['type', 'text', 'citations']);
const thinkingFields: ReadonlySet<string> = new Set(['type', 'thinking', 'signature']);
const redactedFields: ReadonlySet<string> = new Set(['type', 'data']);
const toolUseFields: ReadonlySet<string> = new Set(['type', 'id', 'name', 'input']);

/** The types of blocks that have an internal form; all others are opaque. */
export type KnownBlockType = 'text' | 'thinking' | 'redacted_thinking' | 'tool_use';

/** The type where it has an internal form. Throws `upstream_malformed` for a block without a type. */
export function knownTypeOf(block: JsonObject): KnownBlockType | undefined {
  const { type } = block;
  if (textValueOf(type) === undefined) throw upstreamMalformed('a content block has no type');
  return type === 'text' || type === 'thinking' || type === 'redacted_thinking' || type === 'tool_use'
    ? type
    : undefined;
}

/**
 * The part; undefined for a text or thought that says nothing. A call of `answerTool` is text. Whatever Anthropic runs itself
 * (server tools, MCP tools, their results, compaction) and blocks of a later version are opaque, whole and unchanged.
 */
export function partFromWire(value: JsonValue, answerTool: string | undefined): ContentPart | undefined {
  if (!isJsonObject(value)) throw upstreamMalformed('a content block is not an object');
  switch (knownTypeOf(value)) {
    case 'text':
      return textPart(value);
    case 'thinking':
      return thinkingPart(value);
    case 'redacted_thinking':
      return { type: 'reasoning', text: '', encrypted: textOf(value, 'data'), ...extraOf(value, redactedFields) };
    case 'tool_use': {
      const call = callOf(value);
      const text = argumentsOf(value['input']);
      if (call.name === answerTool) return { type: 'text', text };
      return { type: 'tool-call', id: call.id, name: call.name, arguments: text, ...call.extra };
    }
    case undefined:
      return { type: 'opaque', dialect: 'anthropic', value };
  }
}

function textPart(block: JsonObject): ContentPart | undefined {
  const text = textOf(block, 'text');
  const annotations = listOf(block['citations']);
  const extra = extraOf(block, textFields);
  if (text === '' && annotations.length === 0 && extra.extra === undefined) return undefined;
  return { type: 'text', text, ...(annotations.length === 0 ? {} : { annotations }), ...extra };
}

function thinkingPart(block: JsonObject): ContentPart | undefined {
  const text = textOf(block, 'thinking');
  const signature = textValueOf(block['signature']);
  if (text === '' && signature === undefined) return undefined;
  return {
    type: 'reasoning',
    text,
    ...(signature === undefined ? {} : { signature }),
    ...extraOf(block, thinkingFields),
  };
}

/** The id, name and unknown fields of a call. `caller: direct` means the same as no caller and is left out. */
export function callOf(block: JsonObject): { id: string; name: string; extra: { extra?: JsonObject } } {
  const id = textValueOf(block['id']);
  const name = textValueOf(block['name']);
  if (id === undefined || name === undefined) throw upstreamMalformed('a tool call has no id or no name');
  const { extra } = extraOf(block, toolUseFields);
  const caller = extra?.['caller'];
  const isDirect = isJsonObject(caller) && caller['type'] === 'direct' && Object.keys(caller).length === 1;
  if (!isDirect || extra === undefined) return { id, name, extra: extra === undefined ? {} : { extra } };
  const { caller: _, ...rest } = extra;
  return { id, name, extra: isPresent(rest) ? { extra: rest } : {} };
}

/** A text that a block or a delta of its type must have. */
export function textOf(block: JsonObject, field: string): string {
  const value = block[field];
  if (typeof value !== 'string') throw upstreamMalformed(`${String(block['type'])} has no ${field}`);
  return value;
}

/** The fields of a block that have no name here. */
export function extraOf(block: JsonObject, known: ReadonlySet<string>): { extra?: JsonObject } {
  let extra: JsonObject | undefined;
  for (const name in block) {
    const value = block[name];
    if (known.has(name) || !isPresent(value)) continue;
    extra ??= {};
    extra[name] = value;
  }
  return extra === undefined ? {} : { extra };
}
