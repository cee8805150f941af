// Our request as the JSON body of `:generateContent`.

import type { JsonObject } from '../../core/json.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { unsupported, type WireRequest } from '../translation/request-translation.ts';
import { objectOf } from '../translation/wire-values.ts';
import type { Api } from './address.ts';
import { mergeBodyExtra } from './extra-to-wire.ts';
import { generationConfigOf } from './generation-config.ts';
import { conversationToWire } from './messages-to-wire.ts';
import { toolChoiceToWire, toolsToWire } from './tools-to-wire.ts';
import { Translation } from './translation.ts';

/**
 * The body. Throws `unsupported_capability`, naming the field, for what Google has no form for: a raw prompt,
 * parts and tools of another vendor, unknown fields that are no hints. Left out and reported: what
 * extra-to-wire.ts and translation.ts list, `parallel_tool_calls: false`, `strict`, reasoning of earlier turns, names.
 */
export function predictToWire(request: PredictRequest, model: string, api: Api): WireRequest {
  if (request.prompt !== undefined) throw unsupported('raw text to be continued', 'prompt');
  const translation = new Translation(request.dialect, model, api);
  const { systemInstruction, contents } = conversationToWire(request, translation);
  const body: JsonObject = { contents };
  if (systemInstruction !== undefined) body['systemInstruction'] = systemInstruction;
  if (request.tools !== undefined && request.tools.length > 0) body['tools'] = toolsToWire(request.tools, translation);
  if (request.toolChoice !== undefined) body['toolConfig'] = toolChoiceToWire(request.toolChoice);
  if (request.parallelToolCalls === false) translation.downgrade('parallel_tool_calls');
  const config = generationConfigOf(request, translation);
  if (Object.keys(config).length > 0) body['generationConfig'] = config;
  mergeBodyExtra(body, request, translation);
  checkCandidates(objectOf(body['generationConfig']), request);
  return { body, downgrades: translation.downgrades };
}

/** More candidates than the answer will have choices would be made, paid and thrown away. */
function checkCandidates(config: JsonObject | undefined, { sampling }: PredictRequest): void {
  const asked = config?.['candidateCount'] ?? config?.['candidate_count'] ?? 1;
  if (asked === 1 || asked === sampling.choiceCount) return;
  throw unsupported(
    'several choices by that name, only by `n` of chat completions or `choice_count` over gRPC',
    'generationConfig.candidateCount',
  );
}

/** The body of `:countTokens`. The Gemini API counts a whole request only when it is wrapped with the model's name. */
export function countTokensToWire(request: PredictRequest, model: string, api: Api): WireRequest {
  const { body, downgrades } = predictToWire(request, model, api);
  const { contents, systemInstruction, tools, generationConfig } = body;
  if (api === 'gemini') {
    const name = model.includes('/') ? model : `models/${model}`;
    return { body: { generateContentRequest: { model: name, ...body } }, downgrades };
  }
  const counted: JsonObject = {};
  for (const [field, value] of Object.entries({ contents, systemInstruction, tools, generationConfig })) {
    if (value !== undefined) counted[field] = value;
  }
  return { body: counted, downgrades };
}
