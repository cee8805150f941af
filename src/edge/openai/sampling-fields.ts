// The sampling fields that chat completions and legacy completions share: their form on the wire, and ours.

import Type, {
  type TArray,
  type TInteger,
  type TNull,
  type TNumber,
  type TOptional,
  type TString,
  type TUnion,
} from 'typebox';
import { maxChoices } from '../../core/defaults.ts';
import type { Sampling } from '../../core/predict.ts';
import { maybe } from '../validate.ts';
import type { Writable } from '../writable.ts';

/** Optional fields may also be null, which means the same as absent. */
export type Maybe<T> = T | null | undefined;

/** The fields of a body. */
export interface SamplingFields {
  readonly temperature?: Maybe<number>;
  readonly top_p?: Maybe<number>;
  /** Not OpenAI's, but of vLLM, TGI, llama.cpp and Ollama. */
  readonly top_k?: Maybe<number>;
  readonly seed?: Maybe<number>;
  readonly stop?: Maybe<string | readonly string[]>;
  readonly presence_penalty?: Maybe<number>;
  readonly frequency_penalty?: Maybe<number>;
  readonly n?: Maybe<number>;
}

type MaybeOf<Schema extends TNumber | TInteger | TUnion> = TOptional<TUnion<[Schema, TNull]>>;

/** Their schemas, to be spread into that of a body. */
export const samplingFields: {
  readonly temperature: MaybeOf<TNumber>;
  readonly top_p: MaybeOf<TNumber>;
  readonly top_k: MaybeOf<TInteger>;
  readonly seed: MaybeOf<TInteger>;
  readonly stop: MaybeOf<TUnion<[TString, TArray<TString>]>>;
  readonly presence_penalty: MaybeOf<TNumber>;
  readonly frequency_penalty: MaybeOf<TNumber>;
  readonly n: MaybeOf<TInteger>;
} = {
  temperature: maybe(Type.Number({ minimum: 0, maximum: 2 })),
  top_p: maybe(Type.Number({ minimum: 0, maximum: 1 })),
  // vLLM's -1 means: no limit.
  top_k: maybe(Type.Integer({ minimum: -1 })),
  seed: maybe(Type.Integer()),
  // OpenAI's limit. An empty string would stop before the first token.
  stop: maybe(Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { maxItems: 4 })])),
  presence_penalty: maybe(Type.Number({ minimum: -2, maximum: 2 })),
  frequency_penalty: maybe(Type.Number({ minimum: -2, maximum: 2 })),
  n: maybe(Type.Integer({ minimum: 1, maximum: maxChoices })),
};

/** The fields in our words, in an object that its caller may add to. */
export function parseSamplingFields(body: SamplingFields): Writable<Sampling> {
  const sampling: Writable<Sampling> = {};
  if (body.temperature != null) sampling.temperature = body.temperature;
  if (body.top_p != null) sampling.topP = body.top_p;
  if (body.top_k != null) sampling.topK = body.top_k;
  if (body.seed != null) sampling.seed = body.seed;
  if (body.stop != null) sampling.stop = typeof body.stop === 'string' ? [body.stop] : body.stop;
  if (body.presence_penalty != null) sampling.presencePenalty = body.presence_penalty;
  if (body.frequency_penalty != null) sampling.frequencyPenalty = body.frequency_penalty;
  // One is what happens anyway, and targets that know no other number need not be told.
  if (body.n != null && body.n !== 1) sampling.choiceCount = body.n;
  return sampling;
}
