// Embedding requests and responses, core ↔ wire. Vectors arrive bit for bit.

import type { EmbedRequest, EmbedResponse } from '../../core/embed.ts';
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

/** The reverse of `embedRequestToWire`. Throws `invalid_request`. */
export function embedRequestFromWire({ extraJson, tokens, ...request }: wire.EmbedRequest): EmbedRequest {
  const extra = optionalJsonObjectFromWire(extraJson, 'extra_json');
  return present({ ...request, tokens: unlessEmpty(tokens.map(({ ids }) => ids)), extra });
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
