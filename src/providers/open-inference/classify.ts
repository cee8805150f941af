// Classification by tensors: texts in, a score for each label of each.

import type { ClassifyRequest, ClassifyResponse, LabelScore } from '../../core/classify.ts';
import { reportOf } from '../../core/downgraded.ts';
import { upstreamMalformed } from '../../core/error.ts';
import type { ModelCall } from '../../ports/model.ts';
import type { TokenEstimator } from '../../ports/token-estimator.ts';
import { unsupported } from '../translation/request-translation.ts';
import { inputUsage } from '../translation/usage.ts';

import { activate, batchesOf, type ClassifyTask, extraParameters, inferRows, textTensor } from './tensor-task.ts';
import type { TensorTransport } from './tensor-transport.ts';

/**
 * Labels of each text by falling score. Throws `unsupported_capability` for labels of the caller's, and `upstream_malformed` for
 * scores that are no probabilities: then the activation in the configuration is not the model's.
 */
export async function classifyByTensors(
  transport: TensorTransport,
  task: ClassifyTask,
  request: ClassifyRequest,
  call: ModelCall,
  target: string,
  estimator: TokenEstimator,
): Promise<ClassifyResponse> {
  if (request.labels !== undefined) throw unsupported('labels of the caller', 'labels');
  const { parameters, downgrades } = extraParameters(request.extra);
  const results: LabelScore[][] = [];
  let model = call.model;
  for (const { from, to } of batchesOf(request.input.length, task.maxBatch)) {
    const input = textTensor(task.input, request.input.slice(from, to), task);
    const scores = await inferRows(transport, task, [input], to - from, parameters, call);
    activate(scores, task.activation);
    const { values, rows, columns } = scores;
    if (task.labels !== undefined && task.labels.length !== columns) {
      throw upstreamMalformed(`${columns} scores for ${task.labels.length} configured labels`);
    }
    for (let row = 0; row < rows; row += 1) {
      results.push(labelsOf(values.subarray(row * columns, (row + 1) * columns), task.labels));
    }
    model = scores.answer.model;
  }
  const usage = await inputUsage(undefined, request.input, estimator);
  return { model, target, attempts: 1, results, usage, ...reportOf(downgrades) };
}

/** 32-bit arithmetic may end a hair above 1. */
const tolerance = 1e-5;

function labelsOf(scores: Float32Array, labels: readonly string[] | undefined): LabelScore[] {
  const named = Array.from(scores, (score, index): LabelScore => {
    if (!(score >= -tolerance && score <= 1 + tolerance)) {
      throw upstreamMalformed(`a score of ${score} is no probability: the model may need another activation`);
    }
    return { label: labels?.[index] ?? `LABEL_${index}`, score: Math.min(Math.max(score, 0), 1) };
  });
  return named.sort((a, b) => b.score - a.score);
}
