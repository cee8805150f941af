// Moderation with a local classifier whose labels the operator mapped to categories of harm. Nothing built in judges harm: no
// model for it ships in a package, and a list of words would be a fake.

import type { ModerateRequest, ModerateResponse, ModerationResult } from '../../../core/classify.ts';
import { SluiceError } from '../../../core/error.ts';
import type { ModelCall } from '../../../ports/model.ts';
import type { Moderation } from '../catalogue.ts';
import { maxInputs } from '../defaults.ts';
import type { ClassifyResult } from '../engine/protocol.ts';
import { settlePartFields } from '../request-fields.ts';
import {
  answererOf,
  askInTime,
  cannot,
  checkCount,
  checkLengths,
  type Host,
  type Losses,
  type ServedModel,
  settleUnknownFields,
} from './operation.ts';

/** A verdict on each input as a whole: nothing is cut off, what is too long is refused. */
export async function moderate(
  model: ServedModel,
  request: ModerateRequest,
  call: ModelCall,
  { clock, ids }: Host,
): Promise<ModerateResponse> {
  const target = model.description.id;
  const { moderation } = model;
  if (moderation === undefined) throw cannot(target, 'moderate');
  const losses = settleUnknownFields(target, request.extra);
  checkCount('input', request.input.length, maxInputs, 'texts');
  const texts = request.input.map((parts, index) => textOf(parts, `input[${index}]`, losses));
  checkLengths('input', texts);
  const result = await askInTime(model, { type: 'classify', texts, reach: 'whole' }, call, clock);
  return {
    id: ids.next('modr-'),
    ...answererOf(model, result, losses),
    results: result.scores.map((scores) => verdict(scores, result, moderation)),
  };
}

/** Parts of one input are judged together. */
function textOf(parts: ModerateRequest['input'][number], path: string, losses: Losses): string {
  const texts = parts.map((part) => {
    if (part.type !== 'text') throw losses.refuse('judge pictures', path);
    settlePartFields(part.extra, { path, isAnswer: false }, losses);
    return part.text;
  });
  if (texts.length === 0) throw new SluiceError('invalid_request', { param: path });
  return texts.join('\n');
}

/** Labels of one category count by the highest; labels without a category do not count. */
function verdict(scores: readonly number[], { labels }: ClassifyResult, moderation: Moderation): ModerationResult {
  const found: Record<string, number> = {};
  for (const [index, label] of labels.entries()) {
    const category = moderation.categories.get(label);
    if (category !== undefined) found[category] = Math.max(found[category] ?? 0, scores[index] ?? 0);
  }
  const categories = Object.fromEntries(
    Object.entries(found).map(([category, score]) => [category, score >= moderation.threshold]),
  );
  return { flagged: Object.values(categories).includes(true), categories, scores: found };
}
