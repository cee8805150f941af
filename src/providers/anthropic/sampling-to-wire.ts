// How tokens are chosen, in Anthropic's form.

import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { set, unsupported } from '../translation/request-translation.ts';
import type { ModelFeatures } from './model-features.ts';
import type { Translation } from './translation.ts';

/** Sets temperature, nucleus and stop sequences, once `thinking` is set. See predictToWire for what becomes of the others. */
export function setSampling(body: JsonObject, request: PredictRequest, translation: Translation): void {
  const { sampling } = request;
  setStop(body, request, translation);
  if (translation.isNative) {
    set(body, 'temperature', sampling.temperature);
    set(body, 'top_p', sampling.topP);
    set(body, 'top_k', sampling.topK);
  } else setForeignSampling(body, request, translation);
  if (sampling.logprobs === true || (sampling.topLogprobs ?? 0) > 0) throw unsupported('log probabilities', 'logprobs');
  if (sampling.seed !== undefined) translation.downgrade('seed');
  if ((sampling.presencePenalty ?? 0) !== 0) translation.downgrade('presence_penalty');
  if ((sampling.frequencyPenalty ?? 0) !== 0) translation.downgrade('frequency_penalty');
}

function setStop(body: JsonObject, request: PredictRequest, translation: Translation): void {
  const { stop } = request.sampling;
  if (stop === undefined || (stop.length === 0 && !translation.isNative)) return;
  if (!translation.isNative && stop.some((text) => text.trim() === '')) {
    throw unsupported('a stop sequence of white space only', 'stop');
  }
  body['stop_sequences'] = [...stop];
}

/**
 * The fields of other dialects, as far as the model takes them: a thinking model takes none, and newer ones not both of
 * temperature and nucleus. A value of 1 is what happens anyway: where it would be refused it is left out unreported.
 */
function setForeignSampling(body: JsonObject, request: PredictRequest, translation: Translation): void {
  const { temperature, topP, topK } = request.sampling;
  if (temperature !== undefined && temperature > 1) translation.downgrade('temperature');
  const wanted = {
    temperature: temperature === undefined ? undefined : Math.min(temperature, 1),
    top_p: topP === 1 ? undefined : topP,
    top_k: topK,
  };
  const refused = refusedOf(wanted, isThinking(body) ? 'none' : translation.features.sampling);
  for (const [name, value] of Object.entries(wanted)) {
    if (!refused.includes(name)) set(body, name, value);
    else if (value !== undefined && !(name === 'temperature' && value === 1)) translation.downgrade(name);
  }
}

type Wanted = { readonly temperature: number | undefined; readonly top_p: number | undefined };

function refusedOf(wanted: Wanted, taken: ModelFeatures['sampling']): readonly string[] {
  if (taken === 'none') return ['temperature', 'top_p', 'top_k'];
  const isBoth = wanted.temperature !== undefined && wanted.top_p !== undefined;
  if (taken === 'any' || !isBoth) return [];
  return [wanted.temperature === 1 ? 'temperature' : 'top_p'];
}

function isThinking(body: JsonObject): boolean {
  const { thinking } = body;
  return isJsonObject(thinking) && thinking['type'] !== 'disabled';
}
