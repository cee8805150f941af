// Ranking by tensors: pairs of the query and a document in, one score for each.

import { reportOf } from '../../core/downgraded.ts';
import { upstreamMalformed } from '../../core/error.ts';
import type { RankRequest, RankResponse } from '../../core/rank.ts';
import type { Tensor } from '../../core/tensor.ts';
import type { ModelCall } from '../../ports/model.ts';
import type { TokenEstimator } from '../../ports/token-estimator.ts';
import { inputUsage } from '../translation/usage.ts';

import { activate, batchesOf, extraParameters, inferRows, type RankTask, textTensor } from './tensor-task.ts';
import type { TensorTransport } from './tensor-transport.ts';

/** Documents by falling score, at most `topN`; equal scores in the order of the request. */
export async function rankByTensors(
  transport: TensorTransport,
  task: RankTask,
  request: RankRequest,
  call: ModelCall,
  target: string,
  estimator: TokenEstimator,
): Promise<RankResponse> {
  const { query, documents, topN } = request;
  const { parameters, downgrades } = extraParameters(request.extra);
  const results: { index: number; score: number }[] = [];
  let model = call.model;
  for (const { from, to } of batchesOf(documents.length, task.maxBatch)) {
    const inputs = pairsOf(task, query, documents.slice(from, to));
    const scores = await inferRows(transport, task, inputs, to - from, parameters, call);
    if (scores.columns !== 1) throw upstreamMalformed(`${scores.columns} scores for each document`);
    activate(scores, task.activation);
    for (const [row, score] of scores.values.entries()) {
      if (Number.isNaN(score)) throw upstreamMalformed('a score is not a number');
      results.push({ index: from + row, score });
    }
    model = scores.answer.model;
  }
  results.sort((a, b) => b.score - a.score || a.index - b.index);
  const usage = await inputUsage(undefined, [query, ...documents], estimator);
  return { model, target, attempts: 1, results: results.slice(0, topN), usage, ...reportOf(downgrades) };
}

function pairsOf(task: RankTask, query: string, documents: readonly string[]): Tensor[] {
  if ('pair' in task.inputs) {
    const texts = documents.flatMap((document) => [query, document]);
    return [textTensor(task.inputs.pair, texts, task, 2)];
  }
  const queries = documents.map(() => query);
  return [textTensor(task.inputs.query, queries, task), textTensor(task.inputs.document, documents, task)];
}
