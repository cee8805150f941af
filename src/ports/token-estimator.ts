// Port TokenEstimator: how many tokens a text is, when nobody who knows has said. And what such an estimate of a whole request
// is made of, so that every estimate of Sluice follows one rule. Estimates are always shown as such.

import type { JsonValue } from '../core/json.ts';
import type { ContentPart, OpaquePart } from '../core/message.ts';
import type { PredictRequest } from '../core/predict.ts';

/** Estimates tokens. Implemented in adapters/gpt-tokenizer. */
export interface TokenEstimator {
  /** Tokens of all texts together. Takes bounded time whatever their length: long texts are sampled. */
  count(texts: readonly string[]): Promise<number>;
}

/** Tokens that the template of a chat model adds to each message: 3 to 5 with the templates in use. */
const tokensPerMessage: number = 4;

/** Tokens of a picture: OpenAI's figure for low detail. Its real size is unknown here, and bytes say nothing about it. */
const tokensPerImage: number = 85;

/**
 * Input tokens of a request: its texts, tool definitions and schema by the estimator, and fixed figures for each message and
 * picture. Sound and files count nothing: their size says little about their tokens.
 */
export async function estimateInputTokens(request: PredictRequest, estimator: TokenEstimator): Promise<number> {
  const texts: string[] = [];
  let fixed = 0;
  for (const message of request.messages) {
    fixed += tokensPerMessage;
    for (const part of message.content) fixed += addPart(texts, part);
  }
  if (request.prompt !== undefined) texts.push(request.prompt);
  for (const tool of request.tools ?? []) texts.push(JSON.stringify(tool));
  if (request.responseFormat?.kind === 'json-schema') texts.push(JSON.stringify(request.responseFormat.schema));
  return fixed + (await estimator.count(texts));
}

/** The texts of an answer's parts, thoughts and arguments of tool calls included: what its output tokens are counted from. */
export function textsOf(content: readonly ContentPart[]): string[] {
  const texts: string[] = [];
  for (const part of content) addPart(texts, part);
  return texts;
}

/**
 * The texts of a part without a form here, in order. Encoded data (a picture, encrypted results) is none, and neither is what a message of
 * chat completions has beside its content: it tells of the content, or says it again.
 */
export function textsOfOpaque({ dialect, value }: Pick<OpaquePart, 'dialect' | 'value'>): string[] {
  const texts: string[] = [];
  const isBeside = dialect === 'openai' && value['type'] === undefined && value['tool_calls'] === undefined;
  if (!isBeside) addTexts(texts, value);
  return texts;
}

/** A hundred units and more without a space, such as base64 has. */
const encodedData: RegExp = /^(?:data:[^,\s]{0,100},)?[\w+/=-]{100,}$/;

function addTexts(texts: string[], value: JsonValue): void {
  if (typeof value === 'string') {
    if (!encodedData.test(value)) texts.push(value);
  } else if (Array.isArray(value)) for (const item of value) addTexts(texts, item);
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) addTexts(texts, item);
}

/** Adds the texts of a part; returns the tokens that it has beside them. */
function addPart(texts: string[], part: ContentPart): number {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      texts.push(part.text);
      return 0;
    case 'tool-call':
      texts.push(part.name, part.arguments);
      return 0;
    case 'tool-result':
      return part.content.reduce((sum, inner) => sum + addPart(texts, inner), 0);
    case 'image':
      return tokensPerImage;
    case 'opaque':
      texts.push(...textsOfOpaque(part));
      return 0;
    default:
      return 0;
  }
}
