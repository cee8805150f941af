// Thoughts of earlier answers on a message of chat completions: as text in `reasoning_content`, the name that DeepSeek gave it, and
// whole in `thinking_blocks`, the name that LiteLLM gave it: Anthropic's own blocks, with the signatures without which Claude does
// not go on from a call of a tool.

import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ContentPart, ReasoningPart } from '../../core/message.ts';
import type { PredictPart } from '../../core/predict.ts';
import { unknownFields } from '../unknown-fields.ts';
import { maxThoughtChars } from './defaults.ts';

/** A message's thoughts, and its fields without them. */
export interface Thoughts {
  readonly thoughts: readonly ReasoningPart[];
  readonly extra: JsonObject | undefined;
}

/** The field of a message that holds thoughts whole. */
const field = 'thinking_blocks';

/**
 * Takes the thoughts out of the fields that have no name here. The blocks count where there are any: the text beside them is the
 * same. Blocks of a kind that is not known leave both fields as they came.
 */
export function parseThoughts(fields: JsonObject | undefined): Thoughts {
  if (fields === undefined) return { thoughts: [], extra: undefined };
  const { [field]: blocks, reasoning_content: text, ...extra } = fields;
  const thoughts = Array.isArray(blocks) && blocks.length > 0 ? blocks.map(parseBlock) : [];
  if (thoughts.includes(undefined)) return { thoughts: [], extra: fields };
  const whole = thoughts.filter((part) => part !== undefined);
  if (whole.length > 0) return { thoughts: whole, extra: orUndefined(extra) };
  if (typeof text !== 'string' || text === '') return { thoughts: [], extra: fields };
  const others = blocks === undefined ? extra : { ...extra, [field]: blocks };
  return { thoughts: [{ type: 'reasoning', text }], extra: orUndefined(others) };
}

function orUndefined(extra: JsonObject): JsonObject | undefined {
  return Object.keys(extra).length === 0 ? undefined : extra;
}

const thinkingFields: ReadonlySet<string> = new Set(['type', 'index', 'thinking', 'signature']);
const redactedFields: ReadonlySet<string> = new Set(['type', 'index', 'data']);

/** `index` is that of a block in a stream, with which client libraries put it together. */
function parseBlock(block: JsonValue): ReasoningPart | undefined {
  if (!isJsonObject(block)) return undefined;
  const { type, thinking, signature, data } = block;
  if (type === 'redacted_thinking' && typeof data === 'string') {
    return { type: 'reasoning', text: '', encrypted: data, ...unknownFields(block, redactedFields) };
  }
  if (type !== 'thinking' || typeof thinking !== 'string') return undefined;
  return {
    type: 'reasoning',
    text: thinking,
    ...(typeof signature === 'string' && signature !== '' ? { signature } : {}),
    ...unknownFields(block, thinkingFields),
  };
}

/** The field with the blocks of signed and hidden thoughts, in order; nothing where there are none. */
export function thinkingBlocksOf(content: readonly ContentPart[]): JsonObject {
  const blocks = content.flatMap((part) => (part.type === 'reasoning' ? blocksOf(part) : []));
  return blocks.length === 0 ? {} : { [field]: blocks };
}

function blocksOf({ text, signature, encrypted }: Omit<ReasoningPart, 'type'>): JsonObject[] {
  return [
    ...(signature === undefined ? [] : [{ type: 'thinking', thinking: text, signature }]),
    ...(encrypted === undefined ? [] : [{ type: 'redacted_thinking', data: encrypted }]),
  ];
}

/**
 * The same for a stream, gathered while the text of thoughts goes out as `reasoning_content`. They are told together behind the text
 * (late-content.ts says why). A thought that is longer than `maxThoughtChars`, by itself or with those before it, has no block.
 */
export class ThinkingBlockStream {
  readonly #blocks: JsonObject[] = [];
  /** Of the thought so far; undefined when it is too long. */
  #text: string | undefined = '';
  #held: number = 0;

  /** Takes in a piece of reasoning. */
  add(delta: Extract<PredictPart, { type: 'reasoning-delta' }>): void {
    const { signature, encrypted } = delta;
    const before = delta.startsBlock === true ? '' : this.#text;
    const text = before === undefined || before.length > maxThoughtChars ? undefined : before + delta.text;
    if (signature === undefined && encrypted === undefined) {
      this.#text = text;
      return;
    }
    this.#text = '';
    if (text === undefined) return;
    this.#held += text.length + (signature?.length ?? 0) + (encrypted?.length ?? 0);
    if (this.#held <= maxThoughtChars) this.#blocks.push(...blocksOf({ ...delta, text }));
  }

  /** The field of the message; nothing where there are none. */
  fields(): JsonObject {
    return this.#blocks.length === 0 ? {} : { [field]: this.#blocks };
  }
}
