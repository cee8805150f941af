// When a model of Anthropic's goes on from a last turn of the assistant (its documentation calls that a prefill).

import { isJsonObject } from '../../core/json.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { featuresOf } from './model-features.ts';

/** Not newer models, which refuse it; nor beside extended thinking, which the API refuses; nor of a raw prompt, which it does not know. */
export function canContinue(request: PredictRequest, model: string): boolean {
  return request.prompt === undefined && featuresOf(model).prefill && !asksToThink(request);
}

function asksToThink({ reasoningEffort, extra }: PredictRequest): boolean {
  const thinking = extra?.['thinking'];
  if (isJsonObject(thinking)) return thinking['type'] !== 'disabled';
  return reasoningEffort !== undefined && reasoningEffort !== 'none';
}
