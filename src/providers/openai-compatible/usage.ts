// Token usage out of the vendor's `usage` object, and an estimate for vendors that send none.

import type { JsonValue } from '../../core/json.ts';
import type { ContentPart } from '../../core/message.ts';
import type { PredictRequest } from '../../core/predict.ts';
import type { Usage } from '../../core/usage.ts';
import { estimateInputTokens, type TokenEstimator, textsOf } from '../../ports/token-estimator.ts';
import { maxKeptOutput } from '../translation/defaults.ts';
import { countOf, objectOf } from '../translation/wire-values.ts';

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
  const outputTokens = completionOf(inputTokens, completion, reasoning, countOf(wire['total_tokens']));
  return {
    inputTokens,
    outputTokens,
    ...(cached === undefined ? {} : { cachedInputTokens: Math.min(cached, inputTokens) }),
    ...(written === undefined
      ? {}
      : { cacheWriteInputTokens: Math.min(written, inputTokens - Math.min(cached ?? 0, inputTokens)) }),
    ...(reasoning === undefined ? {} : { reasoningTokens: Math.min(reasoning, outputTokens) }),
    source: 'provider',
  };
}

/** xAI counts reasoning beside the completion instead of within it; only its total tells. */
function completionOf(
  input: number,
  completion: number,
  reasoning: number | undefined,
  total: number | undefined,
): number {
  const isBeside = reasoning !== undefined && reasoning > 0 && total === input + completion + reasoning;
  return isBeside ? completion + reasoning : completion;
}

/** Stands for usage that nobody reported until `settleUsage` has put an estimate in its place. */
export const unknownUsage: Usage = Object.freeze({ inputTokens: 0, outputTokens: 0, source: 'estimated' });

/** What a model wrote, kept for an estimate up to `maxKeptOutput` units; of what comes after it only the length. */
export class OutputText {
  #text: string = '';
  #units: number = 0;

  add(text: string): void {
    this.#units += text.length;
    if (this.#text.length < maxKeptOutput) this.#text += text;
  }

  /** Tokens, where what was not kept is taken to be like the rest. */
  async tokens(estimator: TokenEstimator): Promise<number> {
    if (this.#units === 0) return 0;
    const counted = await estimator.count([this.#text]);
    return Math.round((counted * this.#units) / this.#text.length);
  }
}

/** The same answer or end with an estimate where its usage is unknown; itself, without a promise, where it is known. */
export function settleUsage<T extends { readonly usage: Usage }>(
  answered: T,
  request: PredictRequest,
  output: OutputText,
  estimator: TokenEstimator,
): T | Promise<T> {
  return answered.usage === unknownUsage ? withEstimate(answered, request, output, estimator) : answered;
}

async function withEstimate<T extends { readonly usage: Usage }>(
  answered: T,
  request: PredictRequest,
  output: OutputText,
  estimator: TokenEstimator,
): Promise<T> {
  const inputTokens = await estimateInputTokens(request, estimator);
  const outputTokens = await output.tokens(estimator);
  return { ...answered, usage: { inputTokens, outputTokens, source: 'estimated' } };
}

/** The output of a whole answer. */
export function outputOf(content: readonly ContentPart[]): OutputText {
  const output = new OutputText();
  for (const text of textsOf(content)) output.add(text);
  return output;
}

/** The usage of a call that has no output tokens: what was reported, or an estimate of its texts. */
export async function inputUsage(
  reported: number | undefined,
  texts: readonly string[],
  estimator: TokenEstimator,
): Promise<Usage> {
  if (reported !== undefined) return { inputTokens: reported, outputTokens: 0, source: 'provider' };
  return { inputTokens: await estimator.count(texts), outputTokens: 0, source: 'estimated' };
}
