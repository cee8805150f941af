// One output item of the Responses API as parts of an answer.

import { upstreamMalformed } from '../../../core/error.ts';
import type { JsonObject, JsonValue } from '../../../core/json.ts';
import type { ContentPart, ReasoningPart } from '../../../core/message.ts';
import type { PredictRequest, TokenLogprob } from '../../../core/predict.ts';
import { logprobsFromWire } from '../../openai-compatible/answer-fields.ts';
import {
  argumentsOf,
  isPresent,
  listOf,
  objectOf,
  strictListOf,
  strictTextOf,
  textValueOf,
} from '../../translation/wire-values.ts';

/**
 * What the caller's dialect can use. Callers of the Responses API get everything back by which the vendor recognises its items:
 * ids, encrypted reasoning, heads of messages. Others get none of it, since they would hand it to other vendors.
 */
export function keepsItems(request: PredictRequest): boolean {
  return request.dialect === 'openai-responses';
}

/**
 * The parts of an item. What has a form here is typed; every other item is one opaque part that holds the item as it came.
 *
 * * `message`: for callers of the Responses API first a head, an opaque part with the item's fields but no `content`; then its
 *   texts and refusals. Another kind of content is opaque.
 * * `reasoning`: one part for each summary and each text; `extra` has the item's `id` and the `type` of the piece. The last one
 *   also has `encrypted` (encrypted_content) and the item's further fields. Parts of one item share its id.
 * * `function_call`: a tool call named by `call_id`; `extra` has the further fields, `id` among them.
 * * `custom_tool_call`: for callers of chat completions in their form, a `tool_calls` entry of type `custom`.
 */
export function partsOfItem(item: JsonObject, request: PredictRequest, customIndex: number): ContentPart[] {
  const keeps = keepsItems(request);
  switch (item['type']) {
    case 'message':
      return [
        ...(keeps ? [messageHead(item)] : []),
        ...strictListOf(item['content'], 'content').flatMap(partsOfContent),
      ];
    case 'reasoning':
      return reasoningParts(item, keeps);
    case 'function_call':
      return [toolCallOf(item, keeps)];
    case 'custom_tool_call':
      return [request.dialect === 'openai' ? customCallForChat(item, customIndex) : opaque(item)];
    default:
      return [opaque(item)];
  }
}

/** The log probabilities of all texts of a message. */
export function logprobsOfItem(item: JsonObject): TokenLogprob[] {
  if (item['type'] !== 'message') return [];
  return listOf(item['content']).flatMap((part) => logprobsFromWire(objectOf(part)?.['logprobs']));
}

/** The fields of a message without its content. */
export function messageHead(item: JsonObject): ContentPart {
  const { content: _, status: __, ...head } = item;
  return opaque(head);
}

/** An entry of a message's content. Throws `upstream_malformed` where one of a known type lacks what it should say. */
export function contentOf(value: JsonValue): JsonObject {
  const part = objectOf(value);
  const type = textValueOf(part?.['type']);
  if (part === undefined || type === undefined) throw upstreamMalformed('a part of a message has no type');
  if (type === 'output_text' && typeof part['text'] !== 'string')
    throw upstreamMalformed('a part of a message has no text');
  if (type === 'refusal' && typeof part['refusal'] !== 'string')
    throw upstreamMalformed('a part of a message has no refusal');
  return part;
}

/** One entry of a message's content. */
function partsOfContent(value: JsonValue): ContentPart[] {
  const part = contentOf(value);
  const { type, text, refusal } = part;
  if (type === 'output_text' && typeof text === 'string') {
    const annotations = listOf(part['annotations']);
    const extra = textExtraOf(part);
    if (text === '' && annotations.length === 0 && extra === undefined) return [];
    return [
      {
        type: 'text',
        text,
        ...(annotations.length === 0 ? {} : { annotations }),
        ...(extra === undefined ? {} : { extra }),
      },
    ];
  }
  if (type === 'refusal' && typeof refusal === 'string') return [{ type: 'refusal', text: refusal }];
  return [opaque(part)];
}

/** Fields of a text of a message without a name here; of any other part none. */
export function textExtraOf(part: JsonObject): JsonObject | undefined {
  const { type, text: _, annotations: __, logprobs: ___, ...fields } = part;
  if (type !== 'output_text') return undefined;
  const extra = Object.fromEntries(Object.entries(fields).filter(([, value]) => isPresent(value)));
  return isPresent(extra) ? extra : undefined;
}

/** A piece of reasoning by where it stands in its item. */
export interface ReasoningPiece {
  readonly type: 'summary_text' | 'reasoning_text';
  readonly index: number;
  readonly text: string;
}

/** The pieces of a reasoning item, summaries first. */
export function reasoningPieces(item: JsonObject): ReasoningPiece[] {
  const read = (field: string, type: ReasoningPiece['type']): ReasoningPiece[] =>
    strictListOf(item[field], field).map((value, index) => ({
      type,
      index,
      text: strictTextOf(objectOf(value)?.['text'], type),
    }));
  return [...read('summary', 'summary_text'), ...read('content', 'reasoning_text')].filter(({ text }) => text !== '');
}

/** What closes a reasoning item: fields for its last part. undefined when there is nothing to add. */
export function reasoningProof(
  item: JsonObject,
  last: ReasoningPiece | undefined,
): Pick<ReasoningPart, 'encrypted' | 'extra'> | undefined {
  const { id, encrypted_content: encrypted, summary: _, content: __, type: ___, ...others } = item;
  const extra: JsonObject = {};
  if (id !== undefined) extra['id'] = id;
  if (last !== undefined) extra['type'] = last.type;
  for (const [name, value] of Object.entries(others)) if (isPresent(value)) extra[name] = value;
  const hasEncrypted = typeof encrypted === 'string' && encrypted !== '';
  if (!hasEncrypted && !isPresent(extra)) return undefined;
  return { ...(hasEncrypted ? { encrypted } : {}), ...(isPresent(extra) ? { extra } : {}) };
}

/** The `extra` of a piece of reasoning that is not the last. */
export function pieceExtra(itemId: JsonValue | undefined, type: ReasoningPiece['type']): JsonObject {
  return itemId === undefined ? { type } : { id: itemId, type };
}

function reasoningParts(item: JsonObject, keeps: boolean): ContentPart[] {
  const pieces = reasoningPieces(item);
  const parts: ReasoningPart[] = pieces.map(({ type, text }) => ({
    type: 'reasoning',
    text,
    ...(keeps ? { extra: pieceExtra(item['id'], type) } : {}),
  }));
  if (!keeps) return parts;
  const proof = reasoningProof(item, pieces.at(-1));
  const last = parts.pop() ?? { type: 'reasoning', text: '' };
  return [...parts, { ...last, ...proof }];
}

/** The call of an item. Throws `upstream_malformed` when it has no name or no id. */
export function callOf(item: JsonObject, keeps: boolean): { id: string; name: string; extra?: JsonObject } {
  const { type: _, call_id: callId, name: wireName, arguments: __, status: ___, ...others } = item;
  const id = textValueOf(callId) ?? textValueOf(item['id']);
  const name = textValueOf(wireName);
  if (id === undefined || name === undefined) throw upstreamMalformed('a function call has no id or no name');
  return { id, name, ...(keeps && isPresent(others) ? { extra: others } : {}) };
}

function toolCallOf(item: JsonObject, keeps: boolean): ContentPart {
  return { type: 'tool-call', ...callOf(item, keeps), arguments: argumentsOf(item['arguments']) };
}

/** OpenAI's chat completions have custom calls too, but nested. */
function customCallForChat(item: JsonObject, index: number): ContentPart {
  const call = {
    index,
    id: item['call_id'] ?? item['id'] ?? '',
    type: 'custom',
    custom: { name: item['name'] ?? '', input: item['input'] ?? '' },
  };
  return { type: 'opaque', dialect: 'openai', value: { tool_calls: [call] } };
}

function opaque(value: JsonObject): ContentPart {
  return { type: 'opaque', dialect: 'openai-responses', value };
}
