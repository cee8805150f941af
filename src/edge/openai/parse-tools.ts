// From OpenAI's tools, tool choice and response format to ours.

import { SluiceError } from '../../core/error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ResponseFormat, Tool, ToolChoice } from '../../core/predict.ts';
import { unknownFields } from '../unknown-fields.ts';

const toolFields: ReadonlySet<string> = new Set(['type', 'function']);
const functionFields: ReadonlySet<string> = new Set(['name', 'description', 'parameters', 'strict']);
const nameField: ReadonlySet<string> = new Set(['name']);

/** Parses one tool. What is not a function is the vendor's own (web search, custom tools) and is passed on as it came. */
export function parseTool(wire: JsonObject, index: number): Tool {
  if (typeOf(wire, `tools[${index}].type`) !== 'function') return { kind: 'vendor', dialect: 'openai', value: wire };
  const path = `tools[${index}].function`;
  const definition = wire['function'];
  if (!isJsonObject(definition)) throw invalid(path, 'must be an object');
  const { name, description, parameters, strict } = definition;
  if (typeof name !== 'string' || name === '') throw invalid(`${path}.name`, 'must be a string that is not empty');
  if (description != null && typeof description !== 'string') throw invalid(`${path}.description`, 'must be a string');
  if (parameters != null && !isJsonObject(parameters))
    throw invalid(`${path}.parameters`, 'must be a JSON Schema object');
  if (strict != null && typeof strict !== 'boolean') throw invalid(`${path}.strict`, 'must be a boolean');
  const { extra } = unknownFields(wire, toolFields);
  const inner = unknownFields(definition, functionFields).extra;
  const kept = inner === undefined ? extra : { ...extra, function: inner };
  return {
    kind: 'function',
    name,
    ...(description == null ? {} : { description }),
    ...(parameters == null ? {} : { parameters }),
    ...(strict == null ? {} : { strict }),
    ...(kept === undefined ? {} : { extra: kept }),
  };
}

/** Mistral's clients leave the type of a function out. */
function typeOf(wire: JsonObject, param: string): JsonValue {
  if (wire['type'] != null) return wire['type'];
  if (wire['function'] !== undefined) return 'function';
  throw new SluiceError('invalid_request', { message: `Missing required parameter: '${param}'.`, param });
}

/**
 * Parses `tool_choice`. An object that names no function (OpenAI's `allowed_tools`, `custom`), or says more than its name, is passed
 * on as it came.
 */
export function parseToolChoice(wire: string | JsonObject): ToolChoice {
  if (wire === 'auto' || wire === 'none' || wire === 'required') return { kind: wire };
  if (wire === 'any') return { kind: 'required' }; // Mistral's word.
  if (typeof wire === 'string') throw invalid('tool_choice', 'must be "none", "auto", "required" or an object');
  if (wire['type'] !== 'function') return { kind: 'vendor', dialect: 'openai', value: wire };
  const named = wire['function'];
  const name = isJsonObject(named) ? named['name'] : undefined;
  if (typeof name !== 'string' || name === '')
    throw invalid('tool_choice.function.name', 'must be a string that is not empty');
  const isPlain = isSaid(wire, toolFields) && isSaid(named as JsonObject, nameField);
  return isPlain ? { kind: 'function', name } : { kind: 'vendor', dialect: 'openai', value: wire };
}

/** True when an object says nothing but these fields: null says nothing. */
function isSaid(wire: JsonObject, known: ReadonlySet<string>): boolean {
  return Object.entries(unknownFields(wire, known).extra ?? {}).every(([, value]) => value === null);
}

const formatFields: ReadonlySet<string> = new Set(['type', 'json_schema']);
const schemaFields: ReadonlySet<string> = new Set(['name', 'schema', 'description', 'strict']);

/** Parses `response_format`, whose `type` was checked. */
export function parseResponseFormat(wire: JsonObject): ResponseFormat {
  const { extra } = unknownFields(wire, formatFields);
  const beside = extra === undefined ? {} : { extra };
  if (wire['type'] === 'text') return { kind: 'text', ...beside };
  // Some servers take a schema here: `{"type": "json_object", "schema": {…}}`.
  if (wire['type'] === 'json_object') return { kind: 'json-object', ...beside };
  return parseSchemaFormat(wire['json_schema'], extra);
}

function parseSchemaFormat(definition: JsonValue | undefined, outer: JsonObject | undefined): ResponseFormat {
  const path = 'response_format.json_schema';
  if (!isJsonObject(definition)) throw invalid(path, 'must be an object');
  const { name, schema, description, strict } = definition;
  if (typeof name !== 'string' || name === '') throw invalid(`${path}.name`, 'must be a string that is not empty');
  if (schema != null && !isJsonObject(schema)) throw invalid(`${path}.schema`, 'must be a JSON Schema object');
  if (description != null && typeof description !== 'string') throw invalid(`${path}.description`, 'must be a string');
  if (strict != null && typeof strict !== 'boolean') throw invalid(`${path}.strict`, 'must be a boolean');
  const inner = unknownFields(definition, schemaFields).extra;
  const kept = inner === undefined ? outer : { ...outer, json_schema: inner };
  return {
    kind: 'json-schema',
    name,
    // OpenAI lets it be absent: any object will do then.
    schema: schema ?? {},
    ...(description == null ? {} : { description }),
    ...(strict == null ? {} : { strict }),
    ...(kept === undefined ? {} : { extra: kept }),
  };
}

function invalid(param: string, rule: string): SluiceError {
  return new SluiceError('invalid_request', { message: `Invalid value for '${param}': it ${rule}.`, param });
}
