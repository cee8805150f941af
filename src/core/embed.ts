// The request and response of an embedding call.

import type { JsonObject } from './json.ts';
import type { Usage } from './usage.ts';

/** What a caller asks an embedding model for. */
export interface EmbedRequest {
  readonly model: string;
  /** Texts, in order; at least one. */
  readonly input: readonly string[];
  /** Wanted length of the vectors; a model that cannot shorten its vectors refuses. */
  readonly dimensions?: number;
  readonly extra?: JsonObject;
}

/** One vector per input, in the order of the input. */
export interface EmbedResponse {
  /** The model's own name. */
  readonly model: string;
  /** `provider/model` that answered. */
  readonly target: string;
  readonly attempts: number;
  /** 32-bit floats; all of the same length. */
  readonly vectors: readonly Float32Array[];
  readonly usage: Usage;
}
