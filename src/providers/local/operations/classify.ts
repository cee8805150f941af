// Classification with a local model: into its own labels, or into those of the caller for models without any.

import type { ClassifyRequest, ClassifyResponse, LabelScore } from '../../../core/classify.ts';
import { SluiceError } from '../../../core/error.ts';
import type { ModelCall } from '../../../ports/model.ts';
import { maxInputs, maxLabelCharacters, maxLabels } from '../defaults.ts';
import type { ClassifyResult } from '../engine/protocol.ts';
import {
  answererOf,
  askInTime,
  checkCount,
  checkLengths,
  type Host,
  noteCut,
  requireCapability,
  type ServedModel,
  settleUnknownFields,
} from './operation.ts';

/** All labels of each input by falling score. What is longer than the model reads is cut off and reported. */
export async function classify(
  model: ServedModel,
  request: ClassifyRequest,
  call: ModelCall,
  { clock, log }: Host,
): Promise<ClassifyResponse> {
  const target = model.description.id;
  requireCapability(model, 'classify', 'classify');
  const losses = settleUnknownFields(target, request.extra);
  checkCount('input', request.input.length, maxInputs, 'texts');
  checkLengths('input', request.input);
  if (request.labels !== undefined) checkLabels(request.labels);
  const labels = request.labels === undefined ? {} : { labels: request.labels };
  const question = { type: 'classify', texts: request.input, reach: 'start', ...labels } as const;
  const result = await askInTime(model, question, call, clock);
  noteCut('input', result.truncated.length > 0, losses, call, log);
  noteCut('labels', result.areLabelsCut, losses, call, log);
  return { ...answererOf(model, result, losses), results: ranked(result) };
}

function ranked({ labels, scores }: ClassifyResult): LabelScore[][] {
  return scores.map((row) =>
    row.map((score, index) => ({ label: labels[index] ?? '', score })).sort((a, b) => b.score - a.score),
  );
}

/** One label would always be certain, and equal ones would share their score. */
function checkLabels(labels: readonly string[]): void {
  const refuse = (problem: string): SluiceError =>
    new SluiceError('invalid_request', { message: `'labels' must hold ${problem}.`, param: 'labels' });
  if (labels.length < 2 || labels.length > maxLabels) throw refuse(`2 to ${maxLabels} labels`);
  if (new Set(labels).size !== labels.length) throw refuse('each label once');
  if (labels.some((label) => label.trim() === '' || label.length > maxLabelCharacters)) {
    throw refuse(`labels of 1 to ${maxLabelCharacters} characters`);
  }
}
