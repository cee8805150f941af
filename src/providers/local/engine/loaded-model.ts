// What a model looks like inside the model thread once it is loaded.

import type { Tensor } from '../../../core/tensor.ts';
import type {
  ClassifyResult,
  EmbedResult,
  EngineQuestion,
  GeneratedEnding,
  GeneratedPart,
  GenerateRequest,
  ModelFacts,
  RankResult,
} from './protocol.ts';

type Asked<Type extends EngineQuestion['type']> = Omit<Extract<EngineQuestion, { type: Type }>, 'type'>;

/**
 * A model ready to work; it has the methods for what it can do. Every method checks `signal` between steps, letting other calls
 * take their turn, and throws its reason; one step is at most one token or one text.
 */
export interface LoadedModel {
  readonly facts: ModelFacts;
  embed?(asked: Asked<'embed'>, signal: AbortSignal): Promise<EmbedResult>;
  rank?(asked: Asked<'rank'>, signal: AbortSignal): Promise<RankResult>;
  classify?(asked: Asked<'classify'>, signal: AbortSignal): Promise<ClassifyResult>;
  count?(asked: Asked<'count'>, signal: AbortSignal): Promise<number>;
  infer?(asked: Asked<'infer'>, signal: AbortSignal): Promise<readonly Tensor[]>;
  /** Does nothing before the first `next()` and one step of work for each part, so that a slow reader slows it down. */
  generate?(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GeneratedPart, GeneratedEnding, undefined>;
  /** Frees native memory. The model is not used again. */
  release(): Promise<void>;
}
