// What a model honestly is: shown by /v1/models, `sluice models list` and the ListModels call.

/** What a model can do. A request that needs more is refused with `unsupported_capability` before anything is sent. */
export type Capability =
  | 'chat'
  | 'embeddings'
  | 'tools'
  | 'images'
  | 'audio'
  | 'files'
  | 'json-mode'
  | 'json-schema'
  | 'logprobs'
  | 'seed'
  | 'reasoning'
  /** Several answers to one request. */
  | 'choices'
  | 'rank'
  | 'classify'
  | 'moderate'
  | 'transcribe'
  | 'tensors';

/** A model as its provider describes it. */
export interface ModelDescription {
  /** Alias of the configuration or `provider/model`. */
  readonly id: string;
  /** `provider/model` names behind the id, in order of preference. */
  readonly targets: readonly string[];
  /** Who made or serves it. */
  readonly ownedBy: string;
  /** One or two honest sentences: what it is and how good it is. */
  readonly summary: string;
  /** Empty when unknown: then requests are passed on unchecked. */
  readonly capabilities: readonly Capability[];
  readonly contextTokens?: number;
  readonly embeddingDimensions?: number;
  readonly licence?: string;
  /** Unix time in milliseconds when the model was made, 0 when unknown. */
  readonly createdAtMs: number;
}
