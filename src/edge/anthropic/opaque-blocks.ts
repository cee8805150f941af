// The blocks of a part without an internal form. Calls of OpenAI's custom tools are tool calls here too; what Anthropic's dialect
// has no block for is carried (../carried-part.ts).

import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { OpaquePart } from '../../core/message.ts';
import type { OpaqueValue } from '../../core/opaque-part.ts';
import { sealPart } from '../carried-part.ts';
import { completeBlock } from './complete-fields.ts';
import type { AnswerBlock } from './response-body.ts';

/**
 * A call of a custom tool: its one text is the field `input` of the input, and `tool_type` tells it from a call of a function, so
 * that it goes back to OpenAI as what it was (`customCallIn`).
 */
export interface CustomCallBlock extends JsonObject {
  readonly type: 'tool_use';
  readonly tool_type: 'custom';
  readonly id: string;
  readonly name: string;
  readonly input: { readonly input: string };
}

/** The blocks; one for a vendor's part, one for each call in a list of calls. */
export function opaqueBlocks(part: OpaqueValue): AnswerBlock[] {
  if (part.dialect === 'anthropic') return [completeBlock(part.value)];
  if (part.dialect === 'openai-responses' && part.value['type'] === 'custom_tool_call') {
    const { call_id: id, name, input } = part.value;
    return [customCall(id, name, input)];
  }
  if (part.dialect === 'openai' && Array.isArray(part.value['tool_calls'])) return callBlocks(part.value);
  return [carrier(part)];
}

/** True for the block of a custom call. */
export function isCustomCall(block: AnswerBlock): block is CustomCallBlock {
  return block.type === 'tool_use' && 'tool_type' in block && block['tool_type'] === 'custom';
}

/** The part in a block that such a call was shown in; undefined for a call of a function. */
export function customCallIn(block: object): OpaquePart | undefined {
  const { tool_type: type, id = '', name = '', input } = block as Record<string, JsonValue>;
  const text = isJsonObject(input) ? input['input'] : undefined;
  if (type !== 'custom' || typeof text !== 'string') return undefined;
  const value = { type: 'custom_tool_call', call_id: id, name, input: text };
  return { type: 'opaque', dialect: 'openai-responses', value };
}

/** Calls in the form of chat completions. What stands beside them, and calls of another kind, is carried. */
function callBlocks({ tool_calls: calls, ...fields }: JsonObject): AnswerBlock[] {
  const blocks: AnswerBlock[] = Object.keys(fields).length === 0 ? [] : [carrier({ dialect: 'openai', value: fields })];
  for (const call of Array.isArray(calls) ? calls : []) {
    const custom = isJsonObject(call) ? call['custom'] : undefined;
    if (isJsonObject(call) && isJsonObject(custom))
      blocks.push(customCall(call['id'], custom['name'], custom['input']));
    else blocks.push(carrier({ dialect: 'openai', value: { tool_calls: [call] } }));
  }
  return blocks;
}

function customCall(id: JsonValue = '', name: JsonValue = '', input: JsonValue = ''): CustomCallBlock {
  return {
    caller: { type: 'direct' },
    tool_type: 'custom',
    type: 'tool_use',
    id: String(id),
    name: String(name),
    input: { input: String(input) },
  };
}

function carrier(part: OpaqueValue): AnswerBlock {
  return { type: 'redacted_thinking', data: sealPart(part) };
}
