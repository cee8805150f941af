// The request and response of an embedding call.

import type { Downgraded } from './downgraded.ts';
import { SluiceError } from './error.ts';
import type { JsonObject } from './json.ts';
import type { Usage } from './usage.ts';

/** What a caller asks an embedding model for: texts, or tokens in their place. */
export type EmbedRequest = EmbedOptions & EmbedInput;

interface EmbedOptions {
  readonly model: string;
  /** Wanted length of the vectors; a model that cannot shorten its vectors refuses. */
  readonly dimensions?: number;
  readonly extra?: JsonObject;
}

/** What is embedded, in order; at least one. */
export type EmbedInput =
  | { readonly input: readonly string[]; readonly tokens?: never }
  | {
      readonly input: readonly never[];
      /**
       * Inputs that the caller has split into tokens itself, each of at least one id. An id is a whole number below 2^32 and means
       * something only to the vocabulary of the model that is asked.
       */
      readonly tokens: readonly (readonly number[])[];
    };

/** One vector per input, in the order of the input. */
export interface EmbedResponse extends Downgraded {
  /** The model's own name. */
  readonly model: string;
  /** `provider/model` that answered. */
  readonly target: string;
  readonly attempts: number;
  /** 32-bit floats; all of the same length. */
  readonly vectors: readonly Float32Array[];
  readonly usage: Usage;
}

/** How many inputs there are, whichever form they have: as many vectors are due. */
export function inputCount({ input, tokens }: EmbedRequest): number {
  return tokens === undefined ? input.length : tokens.length;
}

/**
 * The texts, for a target that takes nothing else. Throws `unsupported_capability` for tokens: turning them back into text would
 * take the vocabulary that the caller had in mind, which nobody names.
 */
export function textsToEmbed({ input, tokens }: EmbedRequest): readonly string[] {
  if (tokens === undefined) return input;
  const message = 'The model takes texts, not token ids: each model has tokens of its own.';
  throw new SluiceError('unsupported_capability', { message, param: 'input' });
}
