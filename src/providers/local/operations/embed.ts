// Embedding with a local encoder.

import { type EmbedRequest, type EmbedResponse, textsToEmbed } from '../../../core/embed.ts';
import type { ModelCall } from '../../../ports/model.ts';
import { maxInputs } from '../defaults.ts';
import {
  answererOf,
  askInTime,
  cannot,
  checkCount,
  checkLengths,
  type Host,
  noteCut,
  requireCapability,
  type ServedModel,
  settleUnknownFields,
} from './operation.ts';

/** One vector of length 1 for each input. What is longer than the model reads is cut off and reported. */
export async function embed(
  model: ServedModel,
  request: EmbedRequest,
  call: ModelCall,
  { clock, log }: Host,
): Promise<EmbedResponse> {
  const target = model.description.id;
  requireCapability(model, 'embeddings', 'embed');
  const losses = settleUnknownFields(target, request.extra);
  const texts = textsToEmbed(request);
  checkCount('input', texts.length, maxInputs, 'texts');
  checkLengths('input', texts);
  if (request.dimensions !== undefined) {
    const { embeddingDimensions } = await askInTime(model, { type: 'load' }, call, clock);
    if (request.dimensions !== embeddingDimensions) throw cannot(target, 'shorten its vectors', 'dimensions');
  }
  const result = await askInTime(model, { type: 'embed', texts }, call, clock);
  noteCut('input', result.truncated.length > 0, losses, call, log);
  return { ...answererOf(model, result, losses), vectors: result.vectors };
}
