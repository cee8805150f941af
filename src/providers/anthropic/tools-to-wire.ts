// Tools and the choice among them in Anthropic's form.

import type { JsonObject } from '../../core/json.ts';
import type { PredictRequest, Tool, ToolChoice } from '../../core/predict.ts';
import { objectAt, set, unsupported } from '../translation/request-translation.ts';
import { closedSchema } from './schema-to-wire.ts';
import type { Translation } from './translation.ts';

const translated: ReadonlySet<string> = new Set(['cache_control', 'defer_loading', 'input_examples']);
const hints: ReadonlySet<string> = new Set(['provider_specific_fields']);

/**
 * Sets `tools` and `tool_choice`. A native `strict` goes as it came. Of other dialects it goes where the model knows it and
 * the schema is one for constrained decoding; else it is left out and reported, since the tool works without it. Tools that
 * another vendor runs itself throw `unsupported_capability`.
 */
export function setTools(body: JsonObject, request: PredictRequest, translation: Translation): void {
  const { tools } = request;
  if (tools !== undefined && (tools.length > 0 || translation.isNative)) {
    body['tools'] = tools.map((tool, index) => toolToWire(tool, `tools[${index}]`, translation));
  }
  const hasTools = tools !== undefined && tools.length > 0;
  setToolChoice(body, request, hasTools || translation.isNative);
}

function toolToWire(tool: Tool, path: string, translation: Translation): JsonObject {
  if (tool.kind === 'vendor') {
    if (tool.dialect === 'anthropic') return tool.value;
    throw unsupported(`a tool of the ${tool.dialect} API`, path);
  }
  const wire: JsonObject = {
    ...translation.extraOf(tool.extra, { path, shared: translated, hints }),
    name: tool.name,
    input_schema: inputSchemaOf(tool.parameters, translation),
  };
  set(wire, 'description', tool.description);
  if (translation.isNative) set(wire, 'strict', tool.strict);
  else if (tool.strict === true) makeStrict(wire, tool.parameters, translation);
  return wire;
}

/** Anthropic wants a schema, of an object; OpenAI takes a function without parameters. */
function inputSchemaOf(parameters: JsonObject | undefined, translation: Translation): JsonObject {
  if (parameters === undefined) return { type: 'object', properties: {} };
  return translation.isNative || parameters['type'] !== undefined ? parameters : { type: 'object', ...parameters };
}

function makeStrict(wire: JsonObject, parameters: JsonObject | undefined, translation: Translation): void {
  const schema = translation.features.jsonSchema ? closedSchema(parameters ?? { type: 'object' }) : undefined;
  if (schema === undefined) translation.downgrade('tools.strict');
  else Object.assign(wire, { input_schema: { type: 'object', ...schema }, strict: true });
}

/** Without tools a choice says nothing, and Anthropic refuses it. */
function setToolChoice(body: JsonObject, request: PredictRequest, hasTools: boolean): void {
  const { toolChoice, parallelToolCalls } = request;
  const isVoid = !hasTools && (toolChoice === undefined || toolChoice.kind === 'auto' || toolChoice.kind === 'none');
  if (toolChoice !== undefined && !isVoid) body['tool_choice'] = toolChoiceToWire(toolChoice);
  if (parallelToolCalls === undefined || isVoid || toolChoice?.kind === 'none') return;
  // What nobody says is what Anthropic does anyway; only a native `false` is kept as it came.
  if (parallelToolCalls && request.dialect !== 'anthropic') return;
  const choice = objectAt(body, 'tool_choice');
  body['tool_choice'] = { type: 'auto', ...choice, disable_parallel_tool_use: !parallelToolCalls };
}

function toolChoiceToWire(choice: ToolChoice): JsonObject {
  switch (choice.kind) {
    case 'auto':
    case 'none':
      return { type: choice.kind };
    case 'required':
      return { type: 'any' };
    case 'function':
      return { type: 'tool', name: choice.name };
    case 'vendor':
      if (choice.dialect === 'anthropic') return choice.value;
      throw unsupported(`a tool choice of the ${choice.dialect} API`, 'tool_choice');
  }
}
