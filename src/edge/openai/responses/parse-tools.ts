// From the flat tools, tool choice and text format of the Responses API to ours.

import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import type { ResponseFormat, Tool, ToolChoice } from '../../../core/predict.ts';
import { unknownFields } from '../../unknown-fields.ts';
import { invalid, optionalTextAt, textAt } from './invalid.ts';

const functionFields: ReadonlySet<string> = new Set(['type', 'name', 'description', 'parameters', 'strict']);

const choiceFields: ReadonlySet<string> = new Set(['type', 'name']);

/** Parses one tool. What is not a function is run by the vendor or has a form of its own, and is passed on as it came. */
export function parseTool(wire: JsonObject, index: number): Tool {
  if (wire['type'] !== 'function') return { kind: 'vendor', dialect: 'openai-responses', value: wire };
  const path = `tools[${index}]`;
  const name = nameAt(wire, path);
  const description = optionalTextAt(wire, 'description', path);
  const { parameters, strict } = wire;
  if (parameters != null && !isJsonObject(parameters)) {
    throw invalid(`${path}.parameters`, 'must be a JSON Schema object');
  }
  if (strict != null && typeof strict !== 'boolean') throw invalid(`${path}.strict`, 'must be a boolean');
  return {
    kind: 'function',
    name,
    ...(description === undefined ? {} : { description }),
    ...(parameters == null ? {} : { parameters }),
    ...(strict == null ? {} : { strict }),
    ...unknownFields(wire, functionFields),
  };
}

/**
 * Parses `tool_choice`. An object that names no function (`allowed_tools`, `web_search`, `mcp`, …), or says more than its name, is
 * passed on as it came.
 */
export function parseToolChoice(wire: string | JsonObject): ToolChoice {
  if (wire === 'auto' || wire === 'none' || wire === 'required') return { kind: wire };
  if (typeof wire === 'string') throw invalid('tool_choice', 'must be "none", "auto", "required" or an object');
  if (wire['type'] !== 'function') return { kind: 'vendor', dialect: 'openai-responses', value: wire };
  const name = nameAt(wire, 'tool_choice');
  const more = Object.values(unknownFields(wire, choiceFields).extra ?? {});
  const isPlain = more.every((value) => value === null);
  return isPlain ? { kind: 'function', name } : { kind: 'vendor', dialect: 'openai-responses', value: wire };
}

const typeField: ReadonlySet<string> = new Set(['type']);
const schemaFields: ReadonlySet<string> = new Set(['type', 'name', 'schema', 'description', 'strict']);

/** Parses `text.format`, whose `type` was checked. */
export function parseTextFormat(wire: JsonObject): ResponseFormat {
  if (wire['type'] === 'text') return { kind: 'text', ...unknownFields(wire, typeField) };
  if (wire['type'] === 'json_object') return { kind: 'json-object', ...unknownFields(wire, typeField) };
  const path = 'text.format';
  const { schema, strict } = wire;
  if (!isJsonObject(schema)) throw invalid(`${path}.schema`, 'must be a JSON Schema object');
  if (strict != null && typeof strict !== 'boolean') throw invalid(`${path}.strict`, 'must be a boolean');
  const description = optionalTextAt(wire, 'description', path);
  return {
    kind: 'json-schema',
    name: nameAt(wire, path),
    schema,
    ...(description === undefined ? {} : { description }),
    ...(strict == null ? {} : { strict }),
    ...unknownFields(wire, schemaFields),
  };
}

function nameAt(wire: JsonObject, path: string): string {
  const name = textAt(wire, 'name', path);
  if (name === '') throw invalid(`${path}.name`, 'must be a string that is not empty');
  return name;
}
