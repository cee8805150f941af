// Our request as the JSON body of POST /chat/completions.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { PredictRequest, ResponseFormat, Tool, ToolChoice } from '../../core/predict.ts';
import { set, unsupported, type WireRequest } from '../translation/request-translation.ts';
import { objectOf } from '../translation/wire-values.ts';
import { mergeExtra } from './extra-to-wire.ts';
import { messagesToWire } from './messages-to-wire.ts';
import { type Recipient, Translation } from './translation.ts';

/** The two names of one field: OpenAI's reasoning models take only the newer, most other servers only the older. */
export type MaxTokensField = 'max_tokens' | 'max_completion_tokens';

/** What the body depends on beside the request. */
export interface ToWireOptions {
  /** The model's name at the provider. */
  readonly model: string;
  readonly stream: boolean;
  readonly maxTokensField: MaxTokensField;
  /** Default `any`. */
  readonly recipient?: Recipient | undefined;
}

/**
 * The body, and what is not in it. Fields that Sluice has no name for (`extra`) go under their own names when the request came
 * in OpenAI's chat dialect and never replace a typed one; those of other dialects by the tables of extra-to-wire.ts. `top_k` is
 * not OpenAI's, but vLLM, TGI, llama.cpp and Ollama take it. Throws `unsupported_capability` for parts, tools and fields that
 * exist only in another dialect.
 */
export function predictToWire(request: PredictRequest, options: ToWireOptions): WireRequest {
  const translation = new Translation(request.dialect, 'openai', options.recipient);
  const body: JsonObject = { model: options.model, messages: messagesToWire(request, translation) };
  addSampling(body, request, options.maxTokensField);
  if (request.tools !== undefined) {
    body['tools'] = request.tools.map((tool, index) => toolToWire(tool, `tools[${index}]`, translation));
  }
  if (request.toolChoice !== undefined) body['tool_choice'] = toolChoiceToWire(request.toolChoice);
  set(body, 'parallel_tool_calls', request.parallelToolCalls);
  if (request.responseFormat !== undefined) body['response_format'] = formatToWire(request.responseFormat, translation);
  set(body, 'reasoning_effort', request.reasoningEffort);
  if (options.stream) body['stream'] = true;
  mergeExtra(body, request, translation);
  if (options.stream) body['stream_options'] = { ...objectOf(body['stream_options']), include_usage: true };
  return { body, downgrades: translation.downgrades };
}

/** How tokens are chosen; the names are those of chat completions and of legacy completions alike. */
export function addSampling(body: JsonObject, { sampling }: PredictRequest, maxTokensField: MaxTokensField): void {
  set(body, maxTokensField, sampling.maxOutputTokens);
  set(body, 'temperature', sampling.temperature);
  set(body, 'top_p', sampling.topP);
  set(body, 'top_k', sampling.topK);
  set(body, 'seed', sampling.seed);
  set(body, 'stop', sampling.stop === undefined ? undefined : [...sampling.stop]);
  set(body, 'presence_penalty', sampling.presencePenalty);
  set(body, 'frequency_penalty', sampling.frequencyPenalty);
  set(body, 'logprobs', sampling.logprobs);
  set(body, 'top_logprobs', sampling.topLogprobs);
  if ((sampling.choiceCount ?? 1) > 1) set(body, 'n', sampling.choiceCount);
}

/** The caller's own function, with the fields that the edge found inside `function` back in their place. */
function toolToWire(tool: Tool, path: string, translation: Translation): JsonObject {
  if (tool.kind === 'vendor') {
    if (tool.dialect === 'openai') return tool.value;
    const custom = tool.dialect === 'openai-responses' ? customToolToWire(tool.value) : undefined;
    if (custom !== undefined) return custom;
    throw unsupported(`a tool of the ${tool.dialect} API`, path);
  }
  const definition: JsonObject = { name: tool.name };
  set(definition, 'description', tool.description);
  set(definition, 'parameters', tool.parameters);
  set(definition, 'strict', tool.strict);
  const { function: inner, ...outer } = tool.extra ?? {};
  translation.addToolExtra(definition, objectOf(inner), `${path}.function`);
  return translation.addToolExtra({ type: 'function', function: definition }, outer, path);
}

/** A custom tool (free text in place of JSON arguments), which chat completions have too, but nested. */
function customToolToWire(value: JsonObject): JsonObject | undefined {
  const { type, format, ...definition } = value;
  if (type !== 'custom') return undefined;
  if (format === undefined) return { type, custom: definition };
  const { type: kind, ...grammar } = objectOf(format) ?? {};
  const nested = kind === 'grammar' ? { type: kind, grammar } : format;
  return { type, custom: { ...definition, format: nested } };
}

function toolChoiceToWire(choice: ToolChoice): JsonValue {
  switch (choice.kind) {
    case 'function':
      return { type: 'function', function: { name: choice.name } };
    case 'vendor': {
      const { dialect, value } = choice;
      if (dialect === 'openai') return value;
      if (dialect === 'openai-responses' && value['type'] === 'custom') {
        return { type: 'custom', custom: { name: value['name'] ?? '' } };
      }
      throw unsupported(`a tool choice of the ${dialect} API`, 'tool_choice');
    }
    default:
      return choice.kind;
  }
}

function formatToWire(format: ResponseFormat, translation: Translation): JsonObject {
  if (format.kind === 'text') return translation.addFormatExtra({ type: 'text' }, format);
  if (format.kind === 'json-object') return translation.addFormatExtra({ type: 'json_object' }, format);
  const schema: JsonObject = { name: format.name, schema: format.schema };
  set(schema, 'description', format.description);
  set(schema, 'strict', format.strict);
  return translation.addFormatExtra({ type: 'json_schema', json_schema: schema }, format);
}
