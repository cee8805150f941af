// The demanded form of the answer: Anthropic's own structured outputs, or the next best thing, reported as a downgrade.

import type { JsonObject, JsonValue } from '../../core/json.ts';
import { isJsonObject } from '../../core/json.ts';
import type { PredictRequest, ResponseFormat } from '../../core/predict.ts';
import { objectAt, unsupported } from '../translation/request-translation.ts';
import { jsonObjectInstruction, maxToolNameLength } from './defaults.ts';
import { closedSchema } from './schema-to-wire.ts';
import type { Translation } from './translation.ts';

type SchemaFormat = Extract<ResponseFormat, { kind: 'json-schema' }>;

/**
 * Sets the form of the answer, once tools and system are set. Returns the name of the tool whose input is the answer, where
 * one was made up for it.
 *
 * `json-schema`: `output_config.format`, for native requests always, for others where the model has it and the schema is one
 * for constrained decoding. Otherwise emulated: a tool with the schema as its input, which the model must call; its input
 * becomes the text of the answer. With tools of the caller's beside it the model must call one, and only one, of them all; while the caller
 * forces a call of its own, no answer is due and none is demanded. The emulation follows the schema closely but without a
 * guarantee, so `response_format` is reported.
 *
 * `json-object`: an instruction in the system prompt, reported.
 */
export function setResponseFormat(
  body: JsonObject,
  request: PredictRequest,
  translation: Translation,
): string | undefined {
  const { responseFormat: format } = request;
  if (format === undefined) return undefined;
  translation.refuseFormatExtra(format);
  if (format.kind === 'text') return undefined;
  if (format.kind === 'json-object') {
    translation.downgrade('response_format');
    body['system'] = withInstruction(body['system']);
    return undefined;
  }
  const schema = nativeSchemaOf(format, translation);
  if (schema === undefined) return emulate(body, format, request, translation);
  objectAt(body, 'output_config')['format'] = { type: 'json_schema', schema: described(schema, format, translation) };
  return undefined;
}

function nativeSchemaOf(format: SchemaFormat, translation: Translation): JsonObject | undefined {
  if (translation.isNative) return format.schema;
  return translation.features.jsonSchema ? closedSchema(format.schema) : undefined;
}

/** The description of a format has no field here; that of the schema is what the model reads, unless it has one of its own. */
function described(schema: JsonObject, { description }: SchemaFormat, translation: Translation): JsonObject {
  if (description === undefined || description === schema['description']) return schema;
  if (schema['description'] === undefined) return { ...schema, description };
  translation.downgrade('response_format.description');
  return schema;
}

function withInstruction(system: JsonValue | undefined): JsonValue {
  if (system === undefined) return jsonObjectInstruction;
  if (typeof system === 'string') return `${system}\n\n${jsonObjectInstruction}`;
  return [...(Array.isArray(system) ? system : []), { type: 'text', text: jsonObjectInstruction }];
}

function emulate(
  body: JsonObject,
  format: SchemaFormat,
  request: PredictRequest,
  translation: Translation,
): string | undefined {
  translation.downgrade('response_format');
  const { toolChoice } = request;
  const mustCall = toolChoice?.kind === 'required' || toolChoice?.kind === 'function' || toolChoice?.kind === 'vendor';
  if (mustCall) return undefined;
  const { schema } = format;
  if (schema['type'] !== undefined && schema['type'] !== 'object') {
    throw unsupported('a JSON schema of anything but an object', 'response_format');
  }
  const tools = Array.isArray(body['tools']) ? body['tools'] : [];
  const name = freeName(format.name, tools);
  const description = format.description ?? 'Gives the final answer. Call it with the whole answer, and only once.';
  body['tools'] = [...tools, { name, description, input_schema: { type: 'object', ...schema } }];
  const isAlone = tools.length === 0 || toolChoice?.kind === 'none';
  if (!isAlone && request.parallelToolCalls === true) translation.downgrade('parallel_tool_calls');
  // Two calls could be two answers, or an answer and a call.
  body['tool_choice'] = { ...(isAlone ? { type: 'tool', name } : { type: 'any' }), disable_parallel_tool_use: true };
  return name;
}

/** The name of the format as the name of a tool that is not taken yet. */
function freeName(wanted: string, tools: readonly JsonValue[]): string {
  const taken = new Set(tools.map((tool) => (isJsonObject(tool) ? tool['name'] : undefined)));
  let name = wanted.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, maxToolNameLength / 2) || 'answer';
  while (taken.has(name)) name += '_';
  return name;
}
