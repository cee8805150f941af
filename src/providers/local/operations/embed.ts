// Embedding with a local encoder.

import type { EmbedRequest, EmbedResponse } from '../../../core/embed.ts';
import type { ModelCall } from '../../../ports/model.ts';
import { maxInputs } from '../defaults.ts';
import {
  askInTime,
  cannot,
  checkCount,
  checkLengths,
  type Host,
  logTruncated,
  readUsage,
  refuseUnknownFields,
  requireCapability,
  type ServedModel,
} from './operation.ts';

/** One vector of length 1 for each input. What is longer than the model reads is cut off and logged. */
export async function embed(
  model: ServedModel,
  request: EmbedRequest,
  call: ModelCall,
  { clock, log }: Host,
): Promise<EmbedResponse> {
  const target = model.description.id;
  requireCapability(model, 'embeddings', 'embed');
  refuseUnknownFields(target, request.extra);
  checkCount('input', request.input.length, maxInputs, 'texts');
  checkLengths('input', request.input);
  if (request.dimensions !== undefined) {
    const { embeddingDimensions } = await askInTime(model, { type: 'load' }, call, clock);
    if (request.dimensions !== embeddingDimensions) throw cannot(target, 'shorten its vectors', 'dimensions');
  }
  const result = await askInTime(model, { type: 'embed', texts: request.input }, call, clock);
  logTruncated(model, result, call, log);
  return { model: model.name, target, attempts: 1, vectors: result.vectors, usage: readUsage(result) };
}
