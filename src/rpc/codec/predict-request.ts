// PredictRequest, core ↔ wire, losing nothing. An empty list of tools or stop sequences is the same as none.

import { SluiceError } from '../../core/error.ts';
import type { PredictRequest, Question, ResponseFormat, Sampling, Tool, ToolChoice } from '../../core/predict.ts';
import * as wire from '../generated/sluice/inference/v1/inference.ts';
import { messageFromWire, messageToWire, opaqueFromWire, opaqueToWire } from './content.ts';
import { dialectFromWire, dialectToWire } from './enums.ts';
import { jsonObjectFromWire, jsonToWire, optionalJsonObjectFromWire } from './json.ts';
import { present, unlessEmpty } from './present.ts';
import { wholeNumber } from './whole-number.ts';

/** Throws `invalid_request` for a number that the wire cannot carry: a fraction where a whole number is meant. */
export function predictRequestToWire(request: PredictRequest): wire.PredictRequest {
  return {
    model: request.model,
    messages: request.messages.map(messageToWire),
    sampling: samplingToWire(request.sampling),
    tools: request.tools?.map(toolToWire) ?? [],
    toolChoice: request.toolChoice && toolChoiceToWire(request.toolChoice),
    parallelToolCalls: request.parallelToolCalls,
    responseFormat: request.responseFormat && responseFormatToWire(request.responseFormat),
    reasoningEffort: request.reasoningEffort,
    dialect: dialectToWire[request.dialect],
    extraJson: jsonToWire(request.extra),
    prompt: request.prompt,
  };
}

/**
 * The reverse of `predictRequestToWire`. Throws `invalid_request` with the path of the offending field, also for a raw prompt
 * beside messages.
 */
export function predictRequestFromWire(request: wire.PredictRequest): PredictRequest {
  const options = present({
    model: request.model,
    sampling: samplingFromWire(request.sampling),
    tools: unlessEmpty(request.tools.map((tool, index) => toolFromWire(tool, `tools[${index}]`))),
    toolChoice: request.toolChoice && toolChoiceFromWire(request.toolChoice),
    parallelToolCalls: request.parallelToolCalls,
    responseFormat: request.responseFormat && responseFormatFromWire(request.responseFormat),
    reasoningEffort: request.reasoningEffort,
    dialect: dialectFromWire(request.dialect),
    extra: optionalJsonObjectFromWire(request.extraJson, 'extra_json'),
  });
  return { ...options, ...questionFromWire(request) };
}

function questionFromWire({ messages, prompt }: wire.PredictRequest): Question {
  if (prompt === undefined) {
    return { messages: messages.map((message, index) => messageFromWire(message, `messages[${index}]`)) };
  }
  if (messages.length > 0) {
    throw new SluiceError('invalid_request', { message: 'prompt must be absent beside messages.', param: 'prompt' });
  }
  return { messages: [], prompt };
}

function samplingToWire(sampling: Sampling): wire.Sampling {
  return {
    maxOutputTokens: wholeNumber(sampling.maxOutputTokens, 'max_output_tokens'),
    temperature: sampling.temperature,
    topP: sampling.topP,
    topK: wholeNumber(sampling.topK, 'top_k'),
    seed: wholeNumber(sampling.seed, 'seed'),
    stop: [...(sampling.stop ?? [])],
    presencePenalty: sampling.presencePenalty,
    frequencyPenalty: sampling.frequencyPenalty,
    logprobs: sampling.logprobs,
    topLogprobs: wholeNumber(sampling.topLogprobs, 'top_logprobs'),
    choiceCount: wholeNumber(sampling.choiceCount, 'choice_count'),
  };
}

function samplingFromWire(sampling: wire.Sampling | undefined): Sampling {
  return sampling === undefined ? {} : present({ ...sampling, stop: unlessEmpty(sampling.stop) });
}

function toolToWire(tool: Tool): wire.Tool {
  if (tool.kind === 'vendor') return { tool: { $case: 'vendor', value: opaqueToWire(tool) } };
  const { name, description, parameters, strict, extra } = tool;
  return {
    tool: {
      $case: 'function',
      value: { name, description, parametersJson: jsonToWire(parameters), strict, extraJson: jsonToWire(extra) },
    },
  };
}

function toolFromWire({ tool }: wire.Tool, param: string): Tool {
  switch (tool?.$case) {
    case 'vendor':
      return { kind: 'vendor', ...opaqueFromWire(tool.value, `${param}.vendor`) };
    case 'function': {
      const { parametersJson, extraJson, ...named } = tool.value;
      return present({
        kind: 'function',
        ...named,
        parameters: optionalJsonObjectFromWire(parametersJson, `${param}.function.parameters_json`),
        extra: optionalJsonObjectFromWire(extraJson, `${param}.function.extra_json`),
      } as const);
    }
    default:
      throw new SluiceError('invalid_request', { message: `${param} must be a known kind of tool.`, param });
  }
}

const modeToWire = {
  auto: wire.ToolChoice_Mode.AUTO,
  none: wire.ToolChoice_Mode.NONE,
  required: wire.ToolChoice_Mode.REQUIRED,
} as const;

function toolChoiceToWire(choice: ToolChoice): wire.ToolChoice {
  switch (choice.kind) {
    case 'function':
      return { choice: { $case: 'function', value: choice.name } };
    case 'vendor':
      return { choice: { $case: 'vendor', value: opaqueToWire(choice) } };
    default:
      return { choice: { $case: 'mode', value: modeToWire[choice.kind] } };
  }
}

function toolChoiceFromWire({ choice }: wire.ToolChoice): ToolChoice {
  const param = 'tool_choice';
  switch (choice?.$case) {
    case 'function':
      return { kind: 'function', name: choice.value };
    case 'vendor':
      return { kind: 'vendor', ...opaqueFromWire(choice.value, `${param}.vendor`) };
    case 'mode':
      if (choice.value === wire.ToolChoice_Mode.AUTO) return { kind: 'auto' };
      if (choice.value === wire.ToolChoice_Mode.NONE) return { kind: 'none' };
      if (choice.value === wire.ToolChoice_Mode.REQUIRED) return { kind: 'required' };
  }
  throw new SluiceError('invalid_request', { message: `${param} must be a known choice.`, param });
}

function responseFormatToWire(format: ResponseFormat): wire.ResponseFormat {
  const extraJson = jsonToWire(format.extra);
  switch (format.kind) {
    case 'text':
      return { format: { $case: 'text', value: {} }, extraJson };
    case 'json-object':
      return { format: { $case: 'jsonObject', value: {} }, extraJson };
    case 'json-schema': {
      const { name, schema, description, strict } = format;
      const value = { name, schemaJson: JSON.stringify(schema), description, strict };
      return { format: { $case: 'jsonSchema', value }, extraJson };
    }
  }
}

function responseFormatFromWire({ format, extraJson }: wire.ResponseFormat): ResponseFormat {
  const param = 'response_format';
  const extra = optionalJsonObjectFromWire(extraJson, `${param}.extra_json`);
  switch (format?.$case) {
    case 'text':
      return present({ kind: 'text', extra } as const);
    case 'jsonObject':
      return present({ kind: 'json-object', extra } as const);
    case 'jsonSchema': {
      const { schemaJson, ...named } = format.value;
      const schema = jsonObjectFromWire(schemaJson, `${param}.json_schema.schema_json`);
      return present({ kind: 'json-schema', ...named, schema, extra } as const);
    }
    default:
      throw new SluiceError('invalid_request', { message: `${param} must be a known format.`, param });
  }
}
