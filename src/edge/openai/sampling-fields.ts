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
import { maxChoices, type Sampling } from '../../core/predict.ts';
import { maybe } from '../validate.ts';

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

/** The fields in our words. */
export function parseSamplingFields(body: SamplingFields): Sampling {
  const stop = typeof body.stop === 'string' ? [body.stop] : body.stop;
  return {
    ...(body.temperature == null ? {} : { temperature: body.temperature }),
    ...(body.top_p == null ? {} : { topP: body.top_p }),
    ...(body.top_k == null ? {} : { topK: body.top_k }),
    ...(body.seed == null ? {} : { seed: body.seed }),
    ...(stop == null ? {} : { stop }),
    ...(body.presence_penalty == null ? {} : { presencePenalty: body.presence_penalty }),
    ...(body.frequency_penalty == null ? {} : { frequencyPenalty: body.frequency_penalty }),
    // One is what happens anyway, and targets that know no other number need not be told.
    ...(body.n == null || body.n === 1 ? {} : { choiceCount: body.n }),
  };
}
