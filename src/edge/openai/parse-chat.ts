// From OpenAI's chat completion body to our request.

import { SluiceError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PredictRequest, Sampling } from '../../core/predict.ts';
import type { TurnOrigin } from '../caller-place.ts';
import { unknownFields, type WithExtra } from '../unknown-fields.ts';
import type { Writable } from '../writable.ts';
import { type ChatBody, checkChatBody, knownChatFields } from './chat-body.ts';
import { withToolMessages } from './function-messages.ts';
import { messageOrigin, parseMessage } from './parse-message.ts';
import { parseResponseFormat, parseTool, parseToolChoice } from './parse-tools.ts';
import { parseSamplingFields } from './sampling-fields.ts';
import { checkStreamOptions } from './stream-options.ts';

/** What a chat completion call asks for. */
export interface ChatCall {
  readonly request: PredictRequest;
  readonly stream: boolean;
  /** `stream_options.include_usage`: ends the stream with a chunk that holds the usage. */
  readonly includeUsage: boolean;
  /** The request has the `functions` that `tools` replaced: its caller looks for a call in `function_call`. */
  readonly legacyFunctions: boolean;
}

/** Parses the body. Throws `invalid_request` with the path of the offending field. What Sluice has no name for is kept in `extra`. */
export function parseChatCall(value: unknown): ChatCall {
  const body = checkChatBody(value);
  const stream = body.stream === true;
  checkStreamOptions(body);
  return {
    request: parseRequest(body),
    stream,
    includeUsage: body.stream_options?.include_usage === true,
    legacyFunctions: Object.hasOwn(body, 'functions') && body.tools == null,
  };
}

/** Where the turns of a request stand in its body, which was parsed before. */
export function turnOrigins(value: unknown): TurnOrigin[] {
  return withToolMessages((value as ChatBody).messages).map(messageOrigin);
}

function parseRequest(body: ChatBody): PredictRequest {
  const request: Writable<PredictRequest> = {
    model: body.model,
    messages: withToolMessages(body.messages).map(parseMessage),
    sampling: parseSampling(body),
    dialect: 'openai',
  };
  if (body.tools != null) request.tools = body.tools.map(parseTool);
  if (body.tool_choice != null) request.toolChoice = parseToolChoice(body.tool_choice);
  if (body.parallel_tool_calls != null) request.parallelToolCalls = body.parallel_tool_calls;
  if (body.response_format != null) request.responseFormat = parseResponseFormat(body.response_format);
  if (body.reasoning_effort != null) request.reasoningEffort = body.reasoning_effort;
  const { extra } = extraOf(body);
  if (extra !== undefined) request.extra = extra;
  return request;
}

/** Unknown fields, and what else `stream_options` holds: whether usage is shown is ours to do, the rest is the provider's. */
function extraOf(body: ChatBody): WithExtra {
  const unknown = unknownFields(body, knownChatFields);
  if (body.stream_options == null) return unknown;
  const { include_usage: _, ...others } = body.stream_options;
  if (Object.keys(others).length === 0) return unknown;
  const streamOptions: JsonObject = others;
  return { extra: { ...unknown.extra, stream_options: streamOptions } };
}

function parseSampling(body: ChatBody): Sampling {
  checkTogether(body);
  const maxOutputTokens = body.max_completion_tokens ?? body.max_tokens;
  const sampling = parseSamplingFields(body);
  if (maxOutputTokens != null) sampling.maxOutputTokens = maxOutputTokens;
  if (body.logprobs != null) sampling.logprobs = body.logprobs;
  if (body.top_logprobs != null) sampling.topLogprobs = body.top_logprobs;
  return sampling;
}

/** Rules over two fields, which no schema of one field says. */
function checkTogether(body: ChatBody): void {
  if (body.max_tokens != null && body.max_completion_tokens != null) {
    throw new SluiceError('invalid_request', {
      message: "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      param: 'max_tokens',
    });
  }
  if (body.top_logprobs != null && body.logprobs !== true) {
    throw new SluiceError('invalid_request', {
      message: "The 'top_logprobs' parameter is only allowed when 'logprobs' is true.",
      param: 'top_logprobs',
    });
  }
}
