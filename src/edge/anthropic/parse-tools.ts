// Tools and tool choice of a request. Tools that Anthropic runs itself pass through whole.

import type { JsonObject } from '../../core/json.ts';
import type { PredictRequest, Tool, ToolChoice } from '../../core/predict.ts';
import { unknownFields } from '../unknown-fields.ts';
import { check, invalidField } from './check.ts';
import type { CustomToolBody, ToolChoiceBody } from './request-body.ts';
import { customToolValidator } from './request-schema.ts';

const knownToolFields = new Set(['type', 'name', 'description', 'input_schema', 'strict']);
const knownChoiceFields = new Set(['type', 'name', 'disable_parallel_tool_use']);

/** The tools, in order. A tool without a type, or of type `custom`, is run by the caller; any other by the vendor. */
export function parseTools(tools: readonly JsonObject[]): Tool[] {
  return tools.map((tool, index) => {
    const type = tool['type'] ?? 'custom';
    if (type !== 'custom') return { kind: 'vendor', dialect: 'anthropic', value: tool };
    const { name, description, input_schema, strict } = check<CustomToolBody>(
      customToolValidator,
      tool,
      `tools.${index}`,
    );
    return {
      kind: 'function',
      name,
      ...(typeof description === 'string' ? { description } : {}),
      parameters: input_schema,
      ...(typeof strict === 'boolean' ? { strict } : {}),
      ...unknownFields(tool, knownToolFields),
    };
  });
}

/** The tool choice, and whether several calls in one turn are allowed. A choice of an unknown form passes through whole. */
export function parseToolChoice(choice: ToolChoiceBody): Pick<PredictRequest, 'toolChoice' | 'parallelToolCalls'> {
  const isUnknown = unknownFields(choice, knownChoiceFields).extra !== undefined;
  const parallel = choice.disable_parallel_tool_use;
  return {
    toolChoice: isUnknown ? vendorChoice(choice) : choiceOf(choice),
    ...(typeof parallel === 'boolean' ? { parallelToolCalls: !parallel } : {}),
  };
}

function choiceOf(choice: ToolChoiceBody): ToolChoice {
  switch (choice.type) {
    case 'auto':
    case 'none':
      return { kind: choice.type };
    case 'any':
      return { kind: 'required' };
    case 'tool':
      if (choice.name === undefined) throw invalidField('tool_choice.name', 'Field required');
      return { kind: 'function', name: choice.name };
    default:
      return vendorChoice(choice);
  }
}

function vendorChoice(choice: ToolChoiceBody): ToolChoice {
  return { kind: 'vendor', dialect: 'anthropic', value: choice as unknown as JsonObject };
}
