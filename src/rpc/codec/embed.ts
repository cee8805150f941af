// Embedding requests and responses, core ↔ wire. Vectors arrive bit for bit.

import type { EmbedInput, EmbedRequest, EmbedResponse } from '../../core/embed.ts';
import { SluiceError } from '../../core/error.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { jsonToWire, optionalJsonObjectFromWire } from './json.ts';
import { present, unlessEmpty } from './present.ts';
import { usageFromWire, usageToWire } from './usage.ts';
import { wholeNumber } from './whole-number.ts';

/** What to embed. Throws `invalid_request` for dimensions that are not a whole number. */
export function embedRequestToWire(request: EmbedRequest): wire.EmbedRequest {
  const { model, input, tokens = [], extra } = request;
  const dimensions = wholeNumber(request.dimensions, 'dimensions');
  const wireTokens = tokens.map((ids) => ({ ids: [...ids] }));
  return { model, input: [...input], tokens: wireTokens, dimensions, extraJson: jsonToWire(extra) };
}

/** The reverse of `embedRequestToWire`. Throws `invalid_request`, also for texts and tokens in one request. */
export function embedRequestFromWire({ extraJson, input, tokens, ...request }: wire.EmbedRequest): EmbedRequest {
  const extra = optionalJsonObjectFromWire(extraJson, 'extra_json');
  return { ...present({ ...request, extra }), ...inputFromWire(input, tokens) };
}

function inputFromWire(input: readonly string[], tokens: readonly wire.TokenIds[]): EmbedInput {
  if (tokens.length === 0) return { input };
  if (input.length > 0) {
    throw new SluiceError('invalid_request', { message: 'tokens must be empty beside input.', param: 'tokens' });
  }
  return { input: [], tokens: tokens.map(({ ids }) => ids) };
}

/** The vectors. */
export function embedResponseToWire(response: EmbedResponse): wire.EmbedResponse {
  const { model, target, attempts, vectors, usage, downgrades = [] } = response;
  // The generated encoder only iterates over the values, so the typed array is passed as it is instead of being copied.
  const embeddings = vectors.map((values) => ({ values: values as unknown as number[] }));
  return { model, target, attempts, embeddings, usage: usageToWire(usage), downgrades: [...downgrades] };
}

/** The reverse of `embedResponseToWire`. Throws `upstream_malformed`. */
export function embedResponseFromWire(response: wire.EmbedResponse): EmbedResponse {
  const { embeddings, usage, downgrades, ...answerer } = response;
  const vectors = embeddings.map(({ values }) => Float32Array.from(values));
  return present({ ...answerer, vectors, usage: usageFromWire(usage), downgrades: unlessEmpty(downgrades) });
}
