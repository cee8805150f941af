// What a model looks like inside the model thread once it is loaded.

import type { EmbedResult, GeneratedEnding, GeneratedPart, GenerateRequest, ModelFacts } from './protocol.ts';

/** A model ready to work. Every method checks `signal` between steps and throws its reason; one step is at most one token. */
export interface LoadedModel {
  readonly facts: ModelFacts;
  embed?(texts: readonly string[], signal: AbortSignal): Promise<EmbedResult>;
  /** Does nothing before the first `next()` and one step of work for each part, so that a slow reader slows it down. */
  generate?(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GeneratedPart, GeneratedEnding, undefined>;
  /** Frees native memory. The model is not used again. */
  release(): Promise<void>;
}
