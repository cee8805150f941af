// From the body of POST /v1/responses to our request, in two steps: what is asked for, and, once the conversation before it
// is known, the request itself.

import { SluiceError } from '../../../core/error.ts';
import type { JsonObject, JsonValue } from '../../../core/json.ts';
import type { Message } from '../../../core/message.ts';
import type { PredictRequest, Sampling } from '../../../core/predict.ts';
import type { TurnOrigin } from '../../caller-place.ts';
import { unknownFields, type WithExtra } from '../../unknown-fields.ts';
import { missing } from './invalid.ts';
import { itemsToMessages } from './parse-items.ts';
import { parseTextFormat, parseTool, parseToolChoice } from './parse-tools.ts';
import { checkResponseBody, knownResponseFields, type ResponseBody } from './request-body.ts';

/** What a call asks for. */
export interface ResponseCall {
  readonly body: ResponseBody;
  readonly stream: boolean;
  /** Whether the caller wants the answer kept: yes unless it says no, as at OpenAI. */
  readonly store: boolean;
  readonly previousResponseId: string | undefined;
  /** A conversation object of OpenAI's. */
  readonly conversation: string | JsonObject | undefined;
  /** The items of this request; a text is one message of the user's. */
  readonly input: readonly JsonObject[];
  /** Whether the caller wants to see `encrypted_content`. */
  readonly showsEncrypted: boolean;
}

/** The `include` value for encrypted reasoning. */
export const encryptedReasoning: string = 'reasoning.encrypted_content';

/** The `include` value for log probabilities. */
const textLogprobs = 'message.output_text.logprobs';

/**
 * Parses the body. Throws `invalid_request` with the path of the offending field, and `unsupported_capability` for answers in
 * the background, which are not served.
 */
export function parseResponseCall(value: unknown): ResponseCall {
  const body = checkResponseBody(value);
  const stream = body.stream === true;
  refuseUnserved(body, stream);
  const input = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : (body.input ?? []);
  const previousResponseId = body.previous_response_id ?? undefined;
  const conversation = body.conversation ?? undefined;
  // A stored prompt of OpenAI's is an input by itself.
  const hasPrompt = (body as { readonly prompt?: unknown }).prompt != null;
  const hasPast = previousResponseId !== undefined || conversation !== undefined;
  if (input.length === 0 && !hasPast && !hasPrompt) throw missing('input');
  return {
    body,
    stream,
    store: body.store !== false,
    previousResponseId,
    conversation,
    input,
    showsEncrypted: body.include?.includes(encryptedReasoning) === true,
  };
}

function refuseUnserved(body: ResponseBody, stream: boolean): void {
  if (body.background === true) {
    throw new SluiceError('unsupported_capability', {
      message: 'Answers in the background are not served: background must be false.',
      param: 'background',
    });
  }
  if (body.conversation != null && body.previous_response_id != null) {
    throw new SluiceError('invalid_request', {
      message: "Only one of 'previous_response_id' and 'conversation' can say what came before.",
      param: 'conversation',
    });
  }
  if (body.stream_options != null && !stream) {
    throw new SluiceError('invalid_request', {
      message: "The 'stream_options' parameter is only allowed when 'stream' is true.",
      param: 'stream_options',
    });
  }
}

/**
 * The request, whose dialect is `openai-responses`. `items` are those of the conversation before this call, then its own;
 * `before` is how many of them are not its own. Instructions are a leading system message. `vendor` are fields about a
 * conversation that a vendor holds.
 */
export function toPredictRequest(
  { body, stream }: ResponseCall,
  items: readonly JsonObject[],
  before: number,
  vendor: JsonObject = {},
): PredictRequest {
  const messages = itemsToMessages(items, pathOfItem(before));
  const instructions: Message[] =
    body.instructions == null ? [] : [{ role: 'system', content: [{ type: 'text', text: body.instructions }] }];
  const { format } = body.text ?? {};
  const effort = body.reasoning?.effort;
  return {
    model: body.model,
    messages: instructions.concat(messages),
    sampling: parseSampling(body),
    ...(body.tools == null ? {} : { tools: body.tools.map(parseTool) }),
    ...(body.tool_choice == null ? {} : { toolChoice: parseToolChoice(body.tool_choice) }),
    ...(body.parallel_tool_calls == null ? {} : { parallelToolCalls: body.parallel_tool_calls }),
    ...(format == null ? {} : { responseFormat: parseTextFormat(format) }),
    ...(effort == null ? {} : { reasoningEffort: effort }),
    dialect: 'openai-responses',
    ...extraOf(body, stream, vendor),
  };
}

function pathOfItem(before: number): (index: number) => string {
  return (index) => (index < before ? 'previous_response_id' : `input[${index - before}]`);
}

/** Where the turns of a request stand in its body, by what it was made of. */
export function turnOrigins({ body }: ResponseCall, items: readonly JsonObject[], before: number): TurnOrigin[] {
  const origins: TurnOrigin[] = [];
  if (body.instructions != null) origins.push({ path: 'instructions', parts: [{ path: 'instructions' }] });
  itemsToMessages(items, pathOfItem(before), origins);
  return origins;
}

/** Fields of the internal request that have another place in the body. */
export function fieldPlaces({ body }: ResponseCall): Readonly<Record<string, string>> {
  return {
    logprobs: body.include?.includes(textLogprobs) === true ? 'include' : 'top_logprobs',
    response_format: 'text.format',
    reasoning_effort: 'reasoning.effort',
  };
}

function parseSampling(body: ResponseBody): Sampling {
  // OpenAI reports log probabilities when `include` says so; a number of alternatives without them would ask for nothing.
  const logprobs = body.include?.includes(textLogprobs) === true || (body.top_logprobs ?? 0) > 0;
  return {
    ...(body.max_output_tokens == null ? {} : { maxOutputTokens: body.max_output_tokens }),
    ...(body.temperature == null ? {} : { temperature: body.temperature }),
    ...(body.top_p == null ? {} : { topP: body.top_p }),
    ...(logprobs ? { logprobs } : {}),
    ...(body.top_logprobs == null ? {} : { topLogprobs: body.top_logprobs }),
  };
}

/**
 * Unknown fields, and what is left of fields that are known in part: of `text` all but the format, of `reasoning` all but
 * the effort, of `include` all but log probabilities, of `stream_options` all but the padding, which is the edge's to do.
 */
function extraOf(body: ResponseBody, stream: boolean, vendor: JsonObject): WithExtra {
  const extra: JsonObject = { ...unknownFields(body, knownResponseFields).extra, ...vendor };
  const keep = (name: string, source: JsonObject | null | undefined, known: string): void => {
    const rest = unknownFields(source ?? {}, new Set([known])).extra ?? {};
    const present = Object.entries(rest).filter((entry): entry is [string, JsonValue] => entry[1] !== null);
    if (present.length > 0) extra[name] = Object.fromEntries(present);
  };
  keep('text', body.text as JsonObject | null | undefined, 'format');
  keep('reasoning', body.reasoning as JsonObject | null | undefined, 'effort');
  if (stream) keep('stream_options', body.stream_options as JsonObject | null | undefined, 'include_obfuscation');
  const include = body.include?.filter((name) => name !== textLogprobs) ?? [];
  if (include.length > 0) extra['include'] = include;
  for (const name of Object.keys(extra)) if (extra[name] === null) delete extra[name];
  return Object.keys(extra).length === 0 ? {} : { extra };
}
