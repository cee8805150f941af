// Calls of OpenAI's custom tools as calls of functions, for vendors that have no other kind.

import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ContentPart, Message, ToolCallPart } from '../../core/message.ts';
import { isMessageFields } from '../../core/opaque-part.ts';
import { unsupported } from './request-translation.ts';
import { listOf, objectOf } from './wire-values.ts';

/**
 * The turn with all of its calls as parts, the same turn where they are that already. A custom tool has one text as its input: its
 * call has the argument `input`. Calls are found where the edge and the providers leave those without a form of their own: in
 * the turn's `tool_calls`, which come last, and in opaque parts. Throws `unsupported_capability` for a call of any other kind.
 */
export function withFunctionCalls(message: Message, path: string): Message {
  const { tool_calls: late, ...extra } = message.extra ?? {};
  const isPlain = late === undefined && !message.content.some(holdsCalls);
  if (isPlain) return message;
  const content = message.content.flatMap((part) => partsOf(part, path));
  return { ...message, content: [...content, ...chatCalls(late, path)], extra };
}

function holdsCalls(part: ContentPart): boolean {
  if (part.type !== 'opaque') return false;
  const { type, tool_calls: calls } = part.value;
  return isMessageFields(part) ? calls !== undefined : type === 'custom_tool_call';
}

function partsOf(part: ContentPart, path: string): ContentPart[] {
  if (part.type !== 'opaque' || !holdsCalls(part)) return [part];
  if (!isMessageFields(part)) return [customCall(part.value['call_id'], part.value)];
  const { tool_calls: calls, ...fields } = part.value;
  return [{ ...part, value: fields }, ...chatCalls(calls, path)];
}

function chatCalls(calls: JsonValue | undefined, path: string): ToolCallPart[] {
  return listOf(calls).map((value) => {
    const { id, function: definition, custom } = objectOf(value) ?? {};
    if (isJsonObject(custom)) return customCall(id, custom);
    const { name, arguments: text } = objectOf(definition) ?? {};
    if (typeof name !== 'string') throw unsupported('a tool call that is none of a function', `${path}.tool_calls`);
    return { type: 'tool-call', id: String(id), name, arguments: String(text ?? '') };
  });
}

function customCall(id: JsonValue | undefined, { name, input }: JsonObject): ToolCallPart {
  return { type: 'tool-call', id: String(id), name: String(name), arguments: JSON.stringify({ input: input ?? '' }) };
}
