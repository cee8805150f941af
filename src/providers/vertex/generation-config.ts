// Sampling, the form of the answer and the amount of thinking as Google's `generationConfig`.

import { entryOf, type JsonObject } from '../../core/json.ts';
import type { PredictRequest, ResponseFormat } from '../../core/predict.ts';
import { set, unsupported } from '../translation/request-translation.ts';
import { effortBudgets, effortLevels } from './defaults.ts';
import { withoutDialect } from './tools-to-wire.ts';
import type { Translation } from './translation.ts';

/** The typed fields; unknown ones are merged by extra-to-wire.ts. */
export function generationConfigOf(request: PredictRequest, translation: Translation): JsonObject {
  const { sampling } = request;
  const config: JsonObject = {};
  set(config, 'temperature', sampling.temperature);
  set(config, 'topP', sampling.topP);
  set(config, 'topK', sampling.topK);
  set(config, 'maxOutputTokens', sampling.maxOutputTokens);
  set(config, 'stopSequences', sampling.stop === undefined ? undefined : [...sampling.stop]);
  set(config, 'seed', sampling.seed);
  set(config, 'presencePenalty', sampling.presencePenalty);
  set(config, 'frequencyPenalty', sampling.frequencyPenalty);
  if ((sampling.choiceCount ?? 1) > 1) set(config, 'candidateCount', sampling.choiceCount);
  if (sampling.logprobs === true) {
    config['responseLogprobs'] = true;
    // 0 alternatives is Google's default, and refused when it is said.
    if (sampling.topLogprobs !== undefined && sampling.topLogprobs > 0) config['logprobs'] = sampling.topLogprobs;
  }
  if (request.responseFormat !== undefined) addFormat(config, request.responseFormat, translation);
  if (request.reasoningEffort !== undefined) {
    config['thinkingConfig'] = thinkingOfEffort(request.reasoningEffort, 'reasoning_effort', translation);
  }
  return config;
}

/** Google always keeps to a schema, so `strict` needs no word; the schema's name is only a label. */
function addFormat(config: JsonObject, format: ResponseFormat, translation: Translation): void {
  translation.refuseFormatExtra(format);
  if (format.kind === 'text') return;
  config['responseMimeType'] = 'application/json';
  if (format.kind === 'json-object') return;
  const schema = withoutDialect(format.schema);
  if (schema['description'] === undefined) set(schema, 'description', format.description);
  else if (format.description !== undefined && format.description !== schema['description']) {
    translation.downgrade('response_format.description');
  }
  config['responseJsonSchema'] = schema;
}

/** `thinkingConfig` of a word for effort: a level for Gemini 3, a budget for the models before it. */
export function thinkingOfEffort(effort: string, param: string, translation: Translation): JsonObject {
  const word = effort.toLowerCase();
  if (translation.isGemini3) {
    const thinkingLevel = entryOf(effortLevels, word);
    if (thinkingLevel === undefined) throw unsupported(`the effort ${JSON.stringify(effort)}`, param);
    if (word === 'none') translation.downgrade(param);
    return { thinkingLevel };
  }
  const thinkingBudget = entryOf(effortBudgets, word);
  if (thinkingBudget === undefined) throw unsupported(`the effort ${JSON.stringify(effort)}`, param);
  return { thinkingBudget };
}
