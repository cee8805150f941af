// Usage that every vendor's translation needs: counts that are parts of others, and an estimate where a vendor reports none.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { ContentPart } from '../../core/message.ts';
import type { PredictPart, PredictRequest } from '../../core/predict.ts';
import type { Usage } from '../../core/usage.ts';
import { estimateInputTokens, type TokenEstimator, textsOf, textsOfOpaque } from '../../ports/token-estimator.ts';
import { maxKeptOutput } from './defaults.ts';
import { usageExtraOf } from './usage-extra.ts';
import { countOf } from './wire-values.ts';

/** A count that is a part of another one; undefined where there is none. */
export function countUpTo(whole: number, value: JsonValue | undefined): number | undefined {
  const count = countOf(value);
  return count === undefined ? undefined : Math.min(count, whole);
}

/** Stands for usage that nobody reported until `settleUsage` has put an estimate in its place. */
export const unknownUsage: Usage = Object.freeze({ inputTokens: 0, outputTokens: 0, source: 'estimated' });

/** Parts of one choice, as they are sent on. */
interface PartList {
  readonly length: number;
  readonly [position: number]: PredictPart;
}

/** What a model wrote, kept for an estimate up to `maxKeptOutput` units; of what comes after it only the length. */
export class OutputText {
  #text: string = '';
  #units: number = 0;

  add(text: string): void {
    this.#units += text.length;
    if (this.#text.length < maxKeptOutput) this.#text += text;
  }

  /** Adds the parts of a stream from `from` on, by the rule of `addContent`: an answer has as many tokens whole and streamed. */
  addParts(parts: PartList, from: number): void {
    for (let position = from; position < parts.length; position += 1) {
      const part = parts[position];
      if (part !== undefined) this.addPart(part);
    }
  }

  /** Adds one of them. */
  addPart(part: PredictPart): void {
    switch (part.type) {
      case 'text-delta':
      case 'reasoning-delta':
      case 'refusal-delta':
        this.add(part.text);
        break;
      case 'tool-call-start':
        this.add(part.name);
        break;
      case 'tool-call-delta':
        this.add(part.argumentsDelta);
        break;
      case 'opaque-delta':
        if (part.isNotice === undefined) for (const text of textsOfOpaque(part)) this.add(text);
        break;
    }
  }

  /** Adds what a whole answer says. */
  addContent(content: readonly ContentPart[]): void {
    for (const text of textsOf(content)) this.add(text);
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
  output.addContent(content);
  return output;
}

/** What the usage of a call without output tokens says beside their count. */
export function inputUsageExtraOf(raw: JsonValue | undefined): JsonObject | undefined {
  return usageExtraOf(raw, { prompt_tokens: true, total_tokens: true });
}

/** The usage of a call that has no output tokens: what was reported, or an estimate of its texts. `extra` as of `Usage`. */
export async function inputUsage(
  reported: number | undefined,
  texts: readonly string[],
  estimator: TokenEstimator,
  extra?: JsonObject,
): Promise<Usage> {
  const others = { outputTokens: 0, ...(extra === undefined ? {} : { extra }) };
  if (reported !== undefined) return { inputTokens: reported, source: 'provider', ...others };
  return { inputTokens: await estimator.count(texts), source: 'estimated', ...others };
}
