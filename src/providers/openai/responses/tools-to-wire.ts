// Tools and the choice among them in the flat form of the Responses API.

import type { JsonObject, JsonValue } from '../../../core/json.ts';
import type { PredictRequest, Tool, ToolChoice } from '../../../core/predict.ts';
import type { Translation } from '../../openai-compatible/translation.ts';
import { set, unsupported } from '../../translation/request-translation.ts';
import { listOf, objectOf } from '../../translation/wire-values.ts';

/** Sets `tools`, `tool_choice` and `parallel_tool_calls`. */
export function addTools(body: JsonObject, request: PredictRequest, translation: Translation): void {
  const { tools, toolChoice } = request;
  if (tools !== undefined) body['tools'] = tools.map((tool, index) => toolToWire(tool, `tools[${index}]`, translation));
  if (toolChoice !== undefined) body['tool_choice'] = toolChoiceToWire(toolChoice);
  set(body, 'parallel_tool_calls', request.parallelToolCalls);
}

/**
 * One tool. `strict` is true here when it is left out, and false everywhere else: callers of other dialects get what they
 * asked for. A tool that the vendor runs passes as it came; a custom tool of chat completions loses its inner object.
 */
function toolToWire(tool: Tool, path: string, translation: Translation): JsonObject {
  if (tool.kind === 'vendor') return vendorTool(tool.value, tool.dialect, path);
  const wire: JsonObject = { type: 'function', name: tool.name };
  set(wire, 'description', tool.description);
  if (translation.sendsExtra) {
    set(wire, 'parameters', tool.parameters);
    set(wire, 'strict', tool.strict);
  } else {
    wire['parameters'] = tool.parameters ?? null;
    wire['strict'] = tool.strict ?? false;
  }
  const { function: inner, ...outer } = tool.extra ?? {};
  translation.addToolExtra(wire, objectOf(inner), `${path}.function`);
  return translation.addToolExtra(wire, outer, path);
}

function vendorTool(value: JsonObject, dialect: string, path: string): JsonObject {
  if (dialect === 'openai-responses') return value;
  const custom = objectOf(value['custom']);
  if (dialect !== 'openai' || custom === undefined) throw unsupported(`a tool of the ${dialect} API`, path);
  const format = objectOf(custom['format']);
  const grammar = objectOf(format?.['grammar']);
  return { type: 'custom', ...custom, ...(grammar === undefined ? {} : { format: { type: 'grammar', ...grammar } }) };
}

function toolChoiceToWire(choice: ToolChoice): JsonValue {
  switch (choice.kind) {
    case 'function':
      return { type: 'function', name: choice.name };
    case 'vendor':
      if (choice.dialect === 'openai-responses') return choice.value;
      if (choice.dialect === 'openai') return chatChoice(choice.value);
      throw unsupported(`a tool choice of the ${choice.dialect} API`, 'tool_choice');
    default:
      return choice.kind;
  }
}

/** The two objects that chat completions have beside the choice of a function, without their inner objects. */
function chatChoice(value: JsonObject): JsonObject {
  const allowed = objectOf(value['allowed_tools']);
  if (value['type'] === 'allowed_tools' && allowed !== undefined) {
    return { type: 'allowed_tools', ...allowed, tools: listOf(allowed['tools']).map(flattened) };
  }
  if (value['type'] === 'custom') return flattened(value);
  throw unsupported(`a tool choice of type \`${String(value['type'])}\``, 'tool_choice');
}

function flattened(value: JsonValue): JsonObject {
  const { type = '', ...fields } = objectOf(value) ?? {};
  const inner = typeof type === 'string' ? objectOf(fields[type]) : undefined;
  return { type, ...(inner ?? fields) };
}
