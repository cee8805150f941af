// Token usage out of the vendor's `usage` object, and an estimate for vendors that send none.

import type { EmbedRequest } from '../../core/embed.ts';
import type { JsonValue } from '../../core/json.ts';
import type { ContentPart } from '../../core/message.ts';
import type { PredictRequest } from '../../core/predict.ts';
import type { Usage } from '../../core/usage.ts';
import { bytesPerToken, tokensPerImage, tokensPerMessage } from './defaults.ts';
import { countOf, objectOf } from './wire-values.ts';

/**
 * The usage that the vendor reports; undefined when it reports none, or only halves of it. Details are cut down to the
 * totals that they are parts of: Azure has reported more cached tokens than input tokens.
 */
export function usageFromWire(raw: JsonValue | undefined): Usage | undefined {
  const wire = objectOf(raw);
  const inputTokens = countOf(wire?.['prompt_tokens']);
  const completion = countOf(wire?.['completion_tokens']);
  if (wire === undefined || inputTokens === undefined || completion === undefined) return undefined;
  const inputDetails = objectOf(wire['prompt_tokens_details']);
  const cached =
    countOf(inputDetails?.['cached_tokens']) ??
    countOf(wire['prompt_cache_hit_tokens']) ?? // DeepSeek
    countOf(wire['num_cached_tokens']) ?? // Mistral
    countOf(wire['cached_tokens']);
  const written = countOf(inputDetails?.['cache_write_tokens']); // OpenRouter
  const reasoning = countOf(objectOf(wire['completion_tokens_details'])?.['reasoning_tokens']);
  const outputTokens = outputOf(inputTokens, completion, reasoning, countOf(wire['total_tokens']));
  return {
    inputTokens,
    outputTokens,
    ...(cached === undefined ? {} : { cachedInputTokens: Math.min(cached, inputTokens) }),
    ...(written === undefined ? {} : { cacheWriteInputTokens: Math.min(written, inputTokens) }),
    ...(reasoning === undefined ? {} : { reasoningTokens: Math.min(reasoning, outputTokens) }),
    source: 'provider',
  };
}

/** xAI counts reasoning beside the completion instead of within it; only its total tells. */
function outputOf(input: number, completion: number, reasoning: number | undefined, total: number | undefined): number {
  const isBeside = reasoning !== undefined && reasoning > 0 && total === input + completion + reasoning;
  return isBeside ? completion + reasoning : completion;
}

/**
 * The usage when nobody counted, marked `estimated`: a token for each `bytesPerToken` bytes of UTF-8, rounded up, plus
 * `tokensPerMessage` for each message and `tokensPerImage` for each picture. Sound and files count nothing: their size says
 * little about their tokens. It costs one walk over the request and is within about 25 % on English prose.
 */
export function estimateUsage(request: PredictRequest, outputBytes: number): Usage {
  let fixed = 0;
  let bytes = 0;
  for (const message of request.messages) {
    fixed += tokensPerMessage;
    for (const part of message.content) {
      if (part.type === 'image') fixed += tokensPerImage;
      else bytes += bytesOf(part);
    }
  }
  for (const tool of request.tools ?? []) bytes += JSON.stringify(tool).length;
  return { inputTokens: fixed + tokensOf(bytes), outputTokens: tokensOf(outputBytes), source: 'estimated' };
}

/** The same for embeddings. */
export function estimateEmbedUsage(request: EmbedRequest): Usage {
  let bytes = 0;
  for (const text of request.input) bytes += Buffer.byteLength(text);
  return { inputTokens: tokensOf(bytes), outputTokens: 0, source: 'estimated' };
}

/** Bytes of text that a part of a message or an answer holds. */
export function bytesOf(part: ContentPart): number {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return Buffer.byteLength(part.text);
    case 'tool-call':
      return Buffer.byteLength(part.name) + Buffer.byteLength(part.arguments);
    case 'tool-result': {
      let bytes = 0;
      for (const inner of part.content) bytes += bytesOf(inner);
      return bytes;
    }
    default:
      return 0;
  }
}

function tokensOf(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken);
}
