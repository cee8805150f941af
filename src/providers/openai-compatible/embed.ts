// Embeddings: our request as the body of POST /embeddings, and its answer as vectors.

import { type EmbedRequest, type EmbedResponse, inputCount } from '../../core/embed.ts';
import { upstreamMalformed } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Usage } from '../../core/usage.ts';
import type { TokenEstimator } from '../../ports/token-estimator.ts';
import { inputUsage, inputUsageExtraOf } from '../translation/usage.ts';
import { countOf, listOf, objectOf, textValueOf } from '../translation/wire-values.ts';

/**
 * The body. Vectors are asked for in base64, a fifth of the CPU of decimal text; OpenAI's own clients ask so by default,
 * hence servers know it, and those that do not answer with numbers, which are read as well. Tokens go as they came: the dialect
 * has a place for them, and whether the model takes them is the server's to say.
 */
export function embedToWire(request: EmbedRequest, model: string): JsonObject {
  return {
    encoding_format: 'base64',
    ...request.extra,
    model,
    input: request.tokens?.map((ids) => [...ids]) ?? [...request.input],
    ...(request.dimensions === undefined ? {} : { dimensions: request.dimensions }),
  };
}

/**
 * The vectors in the order of the input, whatever the order of the answer. Throws `upstream_malformed` when one is missing
 * or doubled, when lengths differ, or when they are not of the length asked for.
 */
export async function embedFromWire(
  body: JsonObject,
  request: EmbedRequest,
  model: string,
  target: string,
  estimator: TokenEstimator,
): Promise<EmbedResponse> {
  const vectors = orderedVectors(listOf(body['data']), inputCount(request));
  const length = request.dimensions ?? vectors[0]?.length;
  for (const vector of vectors) {
    if (vector.length !== length) throw upstreamMalformed(`a vector of ${vector.length} numbers instead of ${length}`);
  }
  const wire = objectOf(body['usage']);
  const inputTokens = countOf(wire?.['prompt_tokens']) ?? countOf(wire?.['total_tokens']); // Voyage has a total only.
  const usage = await embedUsage(inputTokens, request, estimator, inputUsageExtraOf(wire));
  return {
    model: textValueOf(body['model']) ?? model,
    target,
    attempts: 1,
    vectors,
    usage,
  };
}

/** What the vendor counted; else tokens are counted, which is exact, and texts are estimated. */
async function embedUsage(
  reported: number | undefined,
  { input, tokens }: EmbedRequest,
  estimator: TokenEstimator,
  extra: JsonObject | undefined,
): Promise<Usage> {
  if (tokens === undefined || reported !== undefined) return inputUsage(reported, input, estimator, extra);
  return { inputTokens: tokens.reduce((sum, ids) => sum + ids.length, 0), outputTokens: 0, source: 'estimated' };
}

/** By `index`; an answer without one is in order already. */
function orderedVectors(items: readonly JsonValue[], count: number): Float32Array[] {
  if (items.length !== count) throw upstreamMalformed(`${items.length} vectors for ${count} inputs`);
  const vectors = new Array<Float32Array | undefined>(count).fill(undefined);
  items.forEach((value, position) => {
    const item = objectOf(value);
    if (item === undefined) throw upstreamMalformed('an embedding is not an object');
    const index = item['index'] ?? position;
    if (typeof index !== 'number' || !(index in vectors))
      throw upstreamMalformed('an embedding has an index out of range');
    if (vectors[index] !== undefined) throw upstreamMalformed(`two embeddings have index ${index}`);
    vectors[index] = vectorOf(item['embedding']);
  });
  return vectors.filter((vector) => vector !== undefined);
}

/** Embeddings are of the order of one; the bound is far above that, and half of all random bit patterns are above it. */
function isPlausible(number: number): boolean {
  return Math.abs(number) < 1e6; // False for what is no number.
}

/** Numbers, or the bytes of little-endian 32-bit floats in base64. */
function vectorOf(value: JsonValue | undefined): Float32Array {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value, 'base64');
    if (bytes.length === 0 || bytes.length % 4 !== 0) throw upstreamMalformed(`a vector of ${bytes.length} bytes`);
    // The copy aligns the bytes; every platform that Node runs on is little-endian.
    const vector = new Float32Array(Uint8Array.from(bytes).buffer);
    // Some servers answer with bytes of another kind (Perplexity: 8-bit whole numbers), which look like wild floats.
    if (!vector.every(isPlausible)) throw upstreamMalformed('a vector whose bytes are no 32-bit floats');
    return vector;
  }
  if (!Array.isArray(value) || value.length === 0)
    throw upstreamMalformed('an embedding is neither numbers nor base64');
  const vector = new Float32Array(value.length);
  for (let index = 0; index < value.length; index += 1) {
    const number = value[index];
    if (typeof number !== 'number') throw upstreamMalformed('an embedding holds something that is not a number');
    vector[index] = number;
  }
  return vector;
}
