// Our request as the JSON body of POST /messages.

import type { JsonObject } from '../../core/json.ts';
import type { PredictRequest } from '../../core/predict.ts';
import { refuseChoices } from '../translation/other-choices.ts';
import { set, unsupported, type WireRequest } from '../translation/request-translation.ts';
import { maxTokensDefault } from './defaults.ts';
import { mergeExtra } from './extra-to-wire.ts';
import { setResponseFormat } from './format-to-wire.ts';
import { messagesToWire } from './messages-to-wire.ts';
import { setReasoning } from './reasoning-to-wire.ts';
import { setSampling } from './sampling-to-wire.ts';
import { setTools } from './tools-to-wire.ts';
import { Translation } from './translation.ts';

/** What the body depends on beside the request. */
export interface ToWireOptions {
  /** The model's name at the provider. */
  readonly model: string;
  readonly stream: boolean;
  /** `max_tokens` where the caller asks for none. Default: `maxTokensDefault`, or the model's own limit where that is less. */
  readonly maxTokensDefault?: number | undefined;
}

/** The body, and what must be known to read its answer. */
export interface MessageRequest extends WireRequest {
  /** The tool whose input is the text of the answer; see setResponseFormat. */
  readonly answerTool?: string;
}

/**
 * The body. A request in Anthropic's own dialect goes as it came. Others are translated: what Anthropic cannot express is
 * `unsupported_capability` naming the field (raw prompts, several choices, log probabilities, parts and tools of other vendors, stop sequences
 * of white space only), or is left out and reported: `seed` (a promise of best effort only), penalties, a temperature above 1
 * (1 is sent), sampling fields that the model refuses, and what the files beside this one list.
 */
export function predictToWire(request: PredictRequest, options: ToWireOptions): MessageRequest {
  if (request.prompt !== undefined) throw unsupported('a raw prompt: send messages', 'prompt');
  refuseChoices(request);
  const translation = new Translation(request.dialect, options.model);
  const { system, messages } = messagesToWire(request.messages, translation);
  const body: JsonObject = { model: options.model, max_tokens: maxTokensOf(request, options, translation) };
  set(body, 'system', system);
  body['messages'] = messages;
  if (options.stream) body['stream'] = true;
  setTools(body, request, translation);
  const answerTool = setResponseFormat(body, request, translation);
  mergeExtra(body, request, translation);
  setReasoning(body, request, translation);
  setSampling(body, request, translation);
  const { downgrades } = translation;
  return { body, downgrades, ...(answerTool === undefined ? {} : { answerTool }) };
}

function maxTokensOf(request: PredictRequest, options: ToWireOptions, translation: Translation): number {
  const { maxOutputTokens } = request.sampling;
  return maxOutputTokens ?? options.maxTokensDefault ?? translation.features.maxOutputTokens ?? maxTokensDefault;
}
