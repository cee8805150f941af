// One content block of a stream while it is open: its deltas as our parts. Text, thoughts and tool calls pass as they come;
// a block without an internal form is put together and passed on whole.

import { upstreamMalformed } from '../../core/error.ts';
import { parseExactJson } from '../../core/exact-json.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { PredictPart } from '../../core/predict.ts';
import { argumentsOf, listOf, objectOf, textValueOf } from '../translation/wire-values.ts';
import { callOf, extraOf, type KnownBlockType, knownTypeOf, textOf } from './block-from-wire.ts';
import { maxAssembledCharacters } from './defaults.ts';

/** A part as a block makes it; which blocks follow each other is known to the stream. */
export type BlockPart = Exclude<PredictPart, { type: 'start' | 'end' }>;

/** An open block. Its methods return the parts that an event makes, in order. */
export interface OpenBlock {
  /** True for a tool call that is one to the caller. */
  readonly isToolCall: boolean;
  start(): BlockPart[];
  delta(delta: JsonObject): BlockPart[];
  stop(): BlockPart[];
}

/** Opens a block from its `content_block`. `toolIndex` is the number of the next tool call. */
export function openBlock(block: JsonObject, toolIndex: number, answerTool: string | undefined): OpenBlock {
  const makers: Readonly<Record<KnownBlockType, () => OpenBlock>> = {
    text: () => openText(block),
    thinking: () => openThinking(block),
    redacted_thinking: () => openRedacted(block),
    tool_use: () => openToolUse(block, toolIndex, answerTool),
  };
  const type = knownTypeOf(block);
  return type === undefined ? openOpaque(block) : makers[type]();
}

/** The types of deltas that belong to blocks with an internal form. One in a block of another type would be lost. */
const knownDeltas: ReadonlySet<JsonValue | undefined> = new Set([
  'text_delta',
  'citations_delta',
  'thinking_delta',
  'signature_delta',
  'input_json_delta',
]);

/** A delta that the block does not know says nothing, unless it is known of other blocks. */
function skip({ type }: JsonObject): BlockPart[] {
  if (knownDeltas.has(type)) throw upstreamMalformed(`a delta of type ${String(type)} in a block of another type`);
  return [];
}

/** A text of the block's start, which need not say anything yet. */
function startTextOf(block: JsonObject, field: string): string {
  return block[field] === undefined || block[field] === null ? '' : textOf(block, field);
}

function textDelta(text: string, citations: readonly JsonValue[] = []): BlockPart[] {
  const annotations = citations.length === 0 ? {} : { annotations: citations };
  if (text === '' && citations.length === 0) return [];
  return [{ type: 'text-delta', text, ...annotations }];
}

function citationDelta({ citation }: JsonObject): BlockPart[] {
  if (objectOf(citation) === undefined) throw upstreamMalformed('a delta of type citations_delta has no citation');
  return textDelta('', [citation ?? null]);
}

const textFields: ReadonlySet<string> = new Set(['type', 'text', 'citations']);

/** Fields without a name here come with the first of the block's parts; a block that says nothing else has none. */
function openText(block: JsonObject): OpenBlock {
  const { extra } = extraOf(block, textFields);
  const start = (): BlockPart[] => {
    const parts = textDelta(startTextOf(block, 'text'), listOf(block['citations']));
    if (extra === undefined) return parts;
    const [first = { type: 'text-delta', text: '' } as const] = parts;
    return [{ ...first, extra } as BlockPart];
  };
  return {
    isToolCall: false,
    start,
    delta(delta) {
      if (delta['type'] === 'text_delta') return textDelta(textOf(delta, 'text'));
      return delta['type'] === 'citations_delta' ? citationDelta(delta) : skip(delta);
    },
    stop: () => [],
  };
}

const thinkingFields: ReadonlySet<string> = new Set(['type', 'thinking', 'signature']);

/** The signature comes last, whole, and goes out with the end of the block: it closes the thought. */
function openThinking(block: JsonObject): OpenBlock {
  let signature = startTextOf(block, 'signature');
  let { extra } = extraOf(block, thinkingFields);
  const thought = (text: string): BlockPart[] => {
    if (text === '') return [];
    const fields = extra === undefined ? {} : { extra };
    extra = undefined;
    return [{ type: 'reasoning-delta', text, ...fields }];
  };
  return {
    isToolCall: false,
    start: () => thought(startTextOf(block, 'thinking')),
    delta(delta) {
      if (delta['type'] === 'thinking_delta') return thought(textOf(delta, 'thinking'));
      if (delta['type'] !== 'signature_delta') return skip(delta);
      signature = textOf(delta, 'signature') || signature;
      return [];
    },
    stop() {
      if (signature === '') return [];
      return [{ type: 'reasoning-delta', text: '', signature, ...(extra === undefined ? {} : { extra }) }];
    },
  };
}

const redactedFields: ReadonlySet<string> = new Set(['type', 'data']);

function openRedacted(block: JsonObject): OpenBlock {
  const encrypted = textValueOf(block['data']);
  return {
    isToolCall: false,
    start() {
      if (encrypted === undefined) throw upstreamMalformed('a block of type redacted_thinking has no data');
      return [{ type: 'reasoning-delta', text: '', encrypted, ...extraOf(block, redactedFields) }];
    },
    delta: skip,
    stop: () => [],
  };
}

/** Arguments as they come. The input of the start counts only where no delta brings one: it is `{}` for most. */
function openToolUse(block: JsonObject, index: number, answerTool: string | undefined): OpenBlock {
  const { id, name, extra } = callOf(block);
  const isAnswer = name === answerTool;
  let hasArguments = false;
  const piece = (text: string): BlockPart[] => {
    if (text === '') return [];
    hasArguments = true;
    return [isAnswer ? { type: 'text-delta', text } : { type: 'tool-call-delta', index, argumentsDelta: text }];
  };
  return {
    isToolCall: !isAnswer,
    start: () => (isAnswer ? [] : [{ type: 'tool-call-start', index, id, name, ...extra }]),
    delta: (delta) => (delta['type'] === 'input_json_delta' ? piece(textOf(delta, 'partial_json')) : skip(delta)),
    stop: () => (hasArguments ? [] : piece(argumentsOf(block['input'] ?? {}))),
  };
}

/**
 * A block that is put together: `input_json_delta` becomes `input`, `citations_delta` adds to `citations`, and of any other
 * delta (`compaction_delta`, those of later versions) each text is added to the text of the block's field of that name, each
 * list to its list, and anything else replaces it. Input that is no JSON in the end is kept as text.
 */
function openOpaque(block: JsonObject): OpenBlock {
  const value: JsonObject = {};
  grow(value, block);
  let input = '';
  let characters = 0;
  return {
    isToolCall: false,
    start: () => [],
    delta(delta) {
      characters += JSON.stringify(delta).length;
      if (characters > maxAssembledCharacters) {
        throw upstreamMalformed(`a block of more than ${maxAssembledCharacters} characters`);
      }
      const { type, ...fields } = delta;
      if (type === 'input_json_delta') input += textOf(delta, 'partial_json');
      else if (type === 'citations_delta') grow(value, { citations: [fields['citation'] ?? null] });
      else grow(value, fields);
      return [];
    },
    stop() {
      if (input !== '') value['input'] = parsed(input);
      return [{ type: 'opaque-delta', dialect: 'anthropic', value }];
    },
  };
}

/** Its lists are its own, so that a piece takes the time of the piece. */
function grow(value: JsonObject, pieces: JsonObject): void {
  for (const [name, piece] of Object.entries(pieces)) {
    const known = value[name];
    if (typeof known === 'string' && typeof piece === 'string') value[name] = known + piece;
    else if (Array.isArray(known) && Array.isArray(piece)) for (const entry of piece) known.push(entry);
    else value[name] = Array.isArray(piece) ? [...piece] : piece;
  }
}

function parsed(text: string): JsonValue {
  try {
    return parseExactJson(text);
  } catch {
    return text;
  }
}
