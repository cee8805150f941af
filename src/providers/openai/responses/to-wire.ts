// Our request as the JSON body of POST /responses.

import type { JsonObject } from '../../../core/json.ts';
import type { Message } from '../../../core/message.ts';
import type { PredictRequest, ResponseFormat } from '../../../core/predict.ts';
import { Translation } from '../../openai-compatible/translation.ts';
import { refuseChoices } from '../../translation/other-choices.ts';
import { set, unsupported, type WireRequest } from '../../translation/request-translation.ts';
import { isPresent, listOf, objectOf } from '../../translation/wire-values.ts';
import { encryptsReasoning } from '../defaults.ts';
import { mergeExtra } from './extra-to-wire.ts';
import { itemsToWire } from './items-to-wire.ts';
import { addTools } from './tools-to-wire.ts';

/**
 * The body, and what is not in it. A system message in front becomes `instructions`, where none are in `extra`. Fields that
 * Sluice has no name for go under their own names when the request came in this dialect (`previous_response_id`, `include`,
 * `conversation`, …); those of other dialects by the tables of extra-to-wire.ts. An answer is stored by OpenAI only when
 * `extra` says so, which the edge does for conversations that OpenAI holds and for no other: what is kept of an answer is kept by
 * Sluice. So that a model's reasoning can go on all the same, callers of the Responses API get it encrypted, where the model has it.
 *
 * Throws `unsupported_capability` for several choices, and for stop sequences and penalties, which would change the answer and have no field here;
 * a seed, which promises little, is left out and reported. `background` is refused: the answer would have to be fetched by an
 * id that only the vendor knows.
 */
export function responseToWire(request: PredictRequest, model: string, stream: boolean): WireRequest {
  refuseChoices(request);
  const translation = new Translation(request.dialect, 'openai-responses', 'openai');
  const { extra = {} } = request;
  if (extra['background'] === true) throw unsupported('answers in the background', 'background');
  const [first, ...rest] = request.messages;
  // A caller of another dialect who says nothing but instructions needs a turn: without one OpenAI answers nothing.
  const leavesTurns = rest.length > 0 || translation.sendsExtra;
  const instructions = extra['instructions'] === undefined && leavesTurns ? instructionsOf(first) : undefined;
  const body: JsonObject = {
    model,
    input: itemsToWire(instructions === undefined ? request.messages : rest, translation),
  };
  set(body, 'instructions', instructions);
  addSampling(body, request, translation);
  addTools(body, request, translation);
  addText(body, request, translation);
  addReasoning(body, request);
  if (stream) body['stream'] = true;
  mergeExtra(body, request, translation);
  if (body['store'] === undefined) {
    body['store'] = false;
    if (request.dialect === 'openai-responses' && encryptsReasoning.test(model)) addInclude(body, encryptedReasoning);
  }
  return { body, downgrades: translation.downgrades };
}

const encryptedReasoning = 'reasoning.encrypted_content';

function addInclude(body: JsonObject, name: string): void {
  const include = listOf(body['include']);
  if (!include.includes(name)) body['include'] = [...include, name];
}

/** The text of a leading system message that is nothing but text. */
function instructionsOf(message: Message | undefined): string | undefined {
  if (message?.role !== 'system' || message.name !== undefined || isPresent(message.extra)) return undefined;
  const [part, ...others] = message.content;
  return part?.type === 'text' && others.length === 0 && !isPresent(part.extra) ? part.text : undefined;
}

function addSampling(body: JsonObject, { sampling }: PredictRequest, translation: Translation): void {
  set(body, 'max_output_tokens', sampling.maxOutputTokens);
  set(body, 'temperature', sampling.temperature);
  set(body, 'top_p', sampling.topP);
  set(body, 'top_logprobs', sampling.topLogprobs);
  if (sampling.logprobs === true) body['include'] = ['message.output_text.logprobs'];
  if (sampling.seed !== undefined) translation.downgrade('seed');
  if (sampling.stop !== undefined && sampling.stop.length > 0) throw unsupported('stop sequences', 'stop');
  if (sampling.topK !== undefined) throw unsupported('a limit of candidates', 'top_k');
  if (isSet(sampling.presencePenalty)) throw unsupported('a penalty', 'presence_penalty');
  if (isSet(sampling.frequencyPenalty)) throw unsupported('a penalty', 'frequency_penalty');
}

function isSet(penalty: number | undefined): boolean {
  return penalty !== undefined && penalty !== 0;
}

/** `text` holds the format, beside what the caller's own `text` says. */
function addText(body: JsonObject, request: PredictRequest, translation: Translation): void {
  const { responseFormat, dialect, extra } = request;
  const own = dialect === 'openai-responses' ? objectOf(extra?.['text']) : undefined;
  if (responseFormat === undefined && own === undefined) return;
  body['text'] = {
    ...own,
    ...(responseFormat === undefined ? {} : { format: formatToWire(responseFormat, translation) }),
  };
}

function formatToWire(format: ResponseFormat, translation: Translation): JsonObject {
  if (format.kind === 'text') return translation.addFormatExtra({ type: 'text' }, format);
  if (format.kind === 'json-object') return translation.addFormatExtra({ type: 'json_object' }, format);
  const wire: JsonObject = { type: 'json_schema', name: format.name, schema: format.schema };
  set(wire, 'description', format.description);
  set(wire, 'strict', format.strict);
  return translation.addFormatExtra(wire, format);
}

/** `reasoning` holds the effort, beside what the caller's own `reasoning` says. */
function addReasoning(body: JsonObject, { reasoningEffort, dialect, extra }: PredictRequest): void {
  const own = dialect === 'openai-responses' ? objectOf(extra?.['reasoning']) : undefined;
  if (reasoningEffort === undefined && own === undefined) return;
  body['reasoning'] = { ...own, ...(reasoningEffort === undefined ? {} : { effort: reasoningEffort }) };
}

/** The fields of a body that POST /responses/input_tokens takes; the others are about the answer. */
const countedFields: readonly string[] = [
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'reasoning',
  'truncation',
  'previous_response_id',
  'conversation',
];

/** The body with which OpenAI is asked how many tokens the input of another body is. */
export function countToWire(body: JsonObject): JsonObject {
  const counted: JsonObject = {};
  for (const name of countedFields) set(counted, name, body[name]);
  if (listOf(counted['input']).length === 0 && counted['instructions'] === undefined) counted['input'] = '';
  return counted;
}
