// Embedding requests and responses, core ↔ wire. Vectors arrive bit for bit.

import type { EmbedRequest, EmbedResponse } from '../../core/embed.ts';
import type * as wire from '../generated/sluice/inference/v1/inference.ts';
import { jsonToWire, optionalJsonObjectFromWire } from './json.ts';
import { present } from './present.ts';
import { usageFromWire, usageToWire } from './usage.ts';
import { wholeNumber } from './whole-number.ts';

/** What to embed. Throws `invalid_request` for dimensions that are not a whole number. */
export function embedRequestToWire(request: EmbedRequest): wire.EmbedRequest {
  const { model, input, extra } = request;
  const dimensions = wholeNumber(request.dimensions, 'dimensions');
  return { model, input: [...input], dimensions, extraJson: jsonToWire(extra) };
}

/** The reverse of `embedRequestToWire`. Throws `invalid_request`. */
export function embedRequestFromWire({ extraJson, ...request }: wire.EmbedRequest): EmbedRequest {
  return present({ ...request, extra: optionalJsonObjectFromWire(extraJson, 'extra_json') });
}

/** The vectors. */
export function embedResponseToWire(response: EmbedResponse): wire.EmbedResponse {
  const { model, target, attempts, vectors, usage } = response;
  // The generated encoder only iterates over the values, so the typed array is passed as it is instead of being copied.
  const embeddings = vectors.map((values) => ({ values: values as unknown as number[] }));
  return { model, target, attempts, embeddings, usage: usageToWire(usage) };
}

/** The reverse of `embedResponseToWire`. Throws `upstream_malformed`. */
export function embedResponseFromWire(response: wire.EmbedResponse): EmbedResponse {
  const { model, target, attempts, embeddings, usage } = response;
  const vectors = embeddings.map(({ values }) => Float32Array.from(values));
  return { model, target, attempts, vectors, usage: usageFromWire(usage) };
}
