// Our request as the JSON body of POST /chat/completions.

import { SluiceError } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { PredictRequest, ResponseFormat, Tool, ToolChoice } from '../../core/predict.ts';
import { effortBudgets } from './defaults.ts';
import { messagesToWire } from './messages-to-wire.ts';
import { isPresent, objectOf } from './wire-values.ts';

/** The two names of one field: OpenAI's reasoning models take only the newer, most other servers only the older. */
export type MaxTokensField = 'max_tokens' | 'max_completion_tokens';

/** What the body depends on beside the request. */
export interface ToWireOptions {
  /** The model's name at the provider. */
  readonly model: string;
  readonly stream: boolean;
  readonly maxTokensField: MaxTokensField;
}

/**
 * The body. Fields that Sluice has no name for (`extra`) go under their own names and never replace a typed one; those of a
 * request that came in Anthropic's dialect are first put into OpenAI's words where it has words (see `fromAnthropic`).
 * `top_k` is not OpenAI's, but vLLM, TGI, llama.cpp and Ollama take it. Throws `unsupported_capability` for parts and tools
 * that exist only in another dialect, and for more than one choice.
 */
export function predictToWire(request: PredictRequest, options: ToWireOptions): JsonObject {
  const { sampling } = request;
  const body: JsonObject = { model: options.model, messages: messagesToWire(request) };
  set(body, options.maxTokensField, sampling.maxOutputTokens);
  set(body, 'temperature', sampling.temperature);
  set(body, 'top_p', sampling.topP);
  set(body, 'top_k', sampling.topK);
  set(body, 'seed', sampling.seed);
  set(body, 'stop', sampling.stop === undefined ? undefined : [...sampling.stop]);
  set(body, 'presence_penalty', sampling.presencePenalty);
  set(body, 'frequency_penalty', sampling.frequencyPenalty);
  set(body, 'logprobs', sampling.logprobs);
  set(body, 'top_logprobs', sampling.topLogprobs);
  if (request.tools !== undefined) body['tools'] = request.tools.map((tool) => toolToWire(tool, request));
  if (request.toolChoice !== undefined) body['tool_choice'] = toolChoiceToWire(request.toolChoice);
  set(body, 'parallel_tool_calls', request.parallelToolCalls);
  if (request.responseFormat !== undefined) body['response_format'] = responseFormatToWire(request.responseFormat);
  set(body, 'reasoning_effort', request.reasoningEffort);
  if (options.stream) body['stream'] = true;
  if (request.extra !== undefined) mergeExtra(body, request, request.extra);
  if (options.stream) body['stream_options'] = { ...objectOf(body['stream_options']), include_usage: true };
  return body;
}

function set(body: JsonObject, name: string, value: JsonValue | undefined): void {
  if (value !== undefined) body[name] = value;
}

/** Names that `extra` must not bring in although the body may lack them: they would contradict a typed field. */
const ours: ReadonlySet<string> = new Set(['stream']);

function mergeExtra(body: JsonObject, request: PredictRequest, received: JsonObject): void {
  const extra = request.dialect === 'anthropic' ? fromAnthropic(received, body) : received;
  const hasMaxTokens = request.sampling.maxOutputTokens !== undefined;
  if (typeof extra['n'] === 'number' && extra['n'] > 1) {
    throw new SluiceError('unsupported_capability', {
      message: 'Only one choice per request is supported.',
      param: 'n',
    });
  }
  for (const name in extra) {
    const value = extra[name];
    if (value === undefined || Object.hasOwn(body, name) || ours.has(name)) continue;
    if (hasMaxTokens && (name === 'max_tokens' || name === 'max_completion_tokens')) continue;
    body[name] = value;
  }
}

/**
 * Fields of the Messages API in OpenAI's words: `metadata.user_id` → `user`; `thinking` with a budget → `reasoning_effort`
 * (by `effortBudgets`; a given effort wins; disabled thinking is what OpenAI servers do unasked); `service_tier: standard_only` → `default`. `cache_control` is left out: it changes no answer. All else passes
 * under its own name, so that the server can refuse what it does not know.
 */
function fromAnthropic(received: JsonObject, body: JsonObject): JsonObject {
  const { metadata, thinking, service_tier: tier, cache_control: _, ...rest } = received;
  const user = objectOf(metadata)?.['user_id'];
  if (typeof user === 'string') rest['user'] = user;
  else if (isPresent(metadata)) rest['metadata'] = metadata;
  const budget = objectOf(thinking)?.['budget_tokens'];
  if (typeof budget === 'number' && body['reasoning_effort'] === undefined) rest['reasoning_effort'] = effortOf(budget);
  if (tier !== undefined) rest['service_tier'] = tier === 'standard_only' ? 'default' : tier;
  return rest;
}

function effortOf(budgetTokens: number): string {
  return effortBudgets.find(({ upToTokens }) => budgetTokens <= upToTokens)?.effort ?? 'high';
}

function toolToWire(tool: Tool, request: PredictRequest): JsonObject {
  if (tool.kind === 'vendor') {
    if (tool.dialect === 'openai') return tool.value;
    throw foreign(`a tool of the ${tool.dialect} API`, 'tools');
  }
  const definition: JsonObject = { name: tool.name };
  set(definition, 'description', tool.description);
  set(definition, 'parameters', tool.parameters);
  set(definition, 'strict', tool.strict);
  const wire: JsonObject = { type: 'function', function: definition };
  for (const name in tool.extra) {
    const isHint = request.dialect === 'anthropic' && name === 'cache_control';
    if (!isHint && !Object.hasOwn(wire, name)) set(wire, name, tool.extra[name]);
  }
  return wire;
}

function toolChoiceToWire(choice: ToolChoice): JsonValue {
  switch (choice.kind) {
    case 'function':
      return { type: 'function', function: { name: choice.name } };
    case 'vendor':
      if (choice.dialect === 'openai') return choice.value;
      throw foreign(`a tool choice of the ${choice.dialect} API`, 'tool_choice');
    default:
      return choice.kind;
  }
}

function responseFormatToWire(format: ResponseFormat): JsonObject {
  if (format.kind === 'text') return { type: 'text' };
  if (format.kind === 'json-object') return { type: 'json_object' };
  const schema: JsonObject = { name: format.name, schema: format.schema };
  set(schema, 'description', format.description);
  set(schema, 'strict', format.strict);
  return { type: 'json_schema', json_schema: schema };
}

function foreign(what: string, param: string): SluiceError {
  return new SluiceError('unsupported_capability', {
    message: `The provider of the model has no form for ${what}.`,
    param,
  });
}
