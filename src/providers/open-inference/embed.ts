// Embeddings by tensors: texts in, one row of floats for each.

import { reportOf } from '../../core/downgraded.ts';
import { type EmbedRequest, type EmbedResponse, textsToEmbed } from '../../core/embed.ts';
import { upstreamMalformed } from '../../core/error.ts';
import type { ModelCall } from '../../ports/model.ts';
import type { TokenEstimator } from '../../ports/token-estimator.ts';
import { unsupported } from '../translation/request-translation.ts';
import { inputUsage } from '../translation/usage.ts';

import { batchesOf, type EmbedTask, extraParameters, inferRows, textTensor } from './tensor-task.ts';
import type { TensorTransport } from './tensor-transport.ts';

/** One vector for each text, in order. Throws `unsupported_capability` for tokens and for a wanted length: the model has its own. */
export async function embedByTensors(
  transport: TensorTransport,
  task: EmbedTask,
  request: EmbedRequest,
  call: ModelCall,
  target: string,
  estimator: TokenEstimator,
): Promise<EmbedResponse> {
  if (request.dimensions !== undefined) throw unsupported('vectors of a wanted length', 'dimensions');
  const texts = textsToEmbed(request);
  const { parameters, downgrades } = extraParameters(request.extra);
  const vectors: Float32Array[] = [];
  let model = call.model;
  for (const { from, to } of batchesOf(texts.length, task.maxBatch)) {
    const input = textTensor(task.input, texts.slice(from, to), task);
    const { values, rows, columns, answer } = await inferRows(transport, task, [input], to - from, parameters, call);
    for (let row = 0; row < rows; row += 1) vectors.push(values.slice(row * columns, (row + 1) * columns));
    model = answer.model;
  }
  if (vectors.some(({ length }) => length !== vectors[0]?.length))
    throw upstreamMalformed('vectors of different lengths');
  const usage = await inputUsage(undefined, texts, estimator);
  return { model, target, attempts: 1, vectors, usage, ...reportOf(downgrades) };
}
