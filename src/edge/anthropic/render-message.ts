// A whole answer as an Anthropic message. message-stream-encoder.ts says the same thing in events; the two must never disagree.

import { invalidArgumentsKey, isAnthropicCitationType } from '../../core/anthropic-words.ts';
import { parseExactJson } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ContentPart, TextPart } from '../../core/message.ts';
import type { Answerer, Ending, PredictResponse } from '../../core/predict.ts';
import type { Usage } from '../../core/usage.ts';
import { completeCitation, completeContainer } from './complete-fields.ts';
import { isCustomCall, opaqueBlocks } from './opaque-blocks.ts';
import type { AnswerBlock, MessageBody } from './response-body.ts';
import { stopFieldsOf } from './stop-reason.ts';
import { toAnthropicUsage } from './usage.ts';

/** The message. */
export function renderMessage(response: PredictResponse): MessageBody {
  const content = response.content.flatMap(blocksOf);
  return {
    ...fingerprintOf(response),
    ...openMessage(response, response.usage, response.extra),
    content,
    ...stopFieldsOf(response, {
      hasToolCall: response.content.some((part) => part.type === 'tool-call') || content.some(isCustomCall),
      hasRefusal: response.content.some((part) => part.type === 'refusal'),
    }),
  };
}

/** OpenAI's mark of the machinery behind an answer, by its own name. */
export function fingerprintOf({ systemFingerprint }: Pick<Ending, 'systemFingerprint'>): JsonObject {
  return systemFingerprint === undefined ? {} : { system_fingerprint: systemFingerprint };
}

/** What Anthropic says of its own usage beside the counts; null where nobody says it. */
const usageDetails: JsonObject = { cache_creation: null, inference_geo: null, service_tier: null, speed: null };

/**
 * The message as far as it is known when the answer begins: no content, no end, and the usage of the input if at all. Fields of the
 * answer that have no name here (`extra`) go out under their own, unless that would hide one of ours.
 */
export function openMessage(answerer: Answerer, usage: Usage, extra: JsonObject = {}): MessageBody {
  return {
    ...extra,
    id: messageIdOf(answerer.id),
    type: 'message',
    role: 'assistant',
    model: answerer.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: extra['stop_details'] ?? null,
    diagnostics: extra['diagnostics'] ?? null,
    container: completeContainer(extra['container']),
    usage: { ...usageDetails, ...toAnthropicUsage(usage) },
  };
}

/** Anthropic's ids begin with `msg_`, and clients tell messages by it; the id of another vendor is kept behind it. */
function messageIdOf(id: string): string {
  return id.startsWith('msg_') ? id : `msg_${id}`;
}

/**
 * The blocks of one part; none for a part that says nothing (Anthropic refuses empty text when it is sent back). A refusal
 * is text here: the stop reason `refusal` says what it is.
 */
function blocksOf(part: ContentPart): AnswerBlock[] {
  switch (part.type) {
    case 'text':
      return part.text === '' && !part.annotations?.length ? [] : [textBlock(part)];
    case 'refusal':
      return part.text === '' ? [] : [{ type: 'text', text: part.text, citations: null }];
    case 'reasoning': {
      const blocks: AnswerBlock[] = [];
      const { text, signature, encrypted, extra } = part;
      if (text !== '' || signature !== undefined) {
        blocks.push({ ...extra, type: 'thinking', thinking: text, signature: signature ?? '' });
      }
      if (encrypted !== undefined) blocks.push({ ...extra, type: 'redacted_thinking', data: encrypted });
      return blocks;
    }
    case 'tool-call':
      return [toolUseBlock(part.id, part.name, toolInput(part.arguments), part.extra)];
    case 'opaque':
      return opaqueBlocks(part);
    default:
      return opaqueBlocks({ dialect: 'sluice', value: part as unknown as JsonObject });
  }
}

/** Annotations that are not Anthropic citations are shown under the name that other vendors give them. */
function textBlock(part: TextPart): AnswerBlock {
  const { citations, others } = sortAnnotations(part.annotations ?? []);
  return {
    ...part.extra,
    ...(others.length === 0 ? {} : { annotations: others }),
    type: 'text',
    text: part.text,
    citations: citations.length === 0 ? null : citations,
  };
}

/** Annotations that Anthropic has a form for, and the others. */
export function sortAnnotations(annotations: readonly JsonValue[]): { citations: JsonValue[]; others: JsonValue[] } {
  return {
    citations: annotations.filter(isCitation).map(completeCitation),
    others: annotations.filter((annotation) => !isCitation(annotation)),
  };
}

/** The block of a tool call. Unless the vendor says otherwise the model itself calls. */
export function toolUseBlock(id: string, name: string, input: JsonValue, extra: JsonObject | undefined): AnswerBlock {
  return { caller: { type: 'direct' }, ...extra, type: 'tool_use', id, name, input };
}

function isCitation(annotation: JsonValue): boolean {
  return isJsonObject(annotation) && isAnthropicCitationType(annotation['type']);
}

/** The arguments of a tool call as a value: `{}` for none, and the text itself under a telling key when it is not JSON. */
function toolInput(text: string): JsonValue {
  if (text.trim() === '') return {};
  try {
    return parseExactJson(text);
  } catch {
    return { [invalidArgumentsKey]: text };
  }
}
