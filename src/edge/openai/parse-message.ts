// From OpenAI's messages to ours.

import { SluiceError } from '../../core/error.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { ContentPart, Message, ToolCallPart, ToolResultPart } from '../../core/message.ts';
import type { TurnOrigin } from '../caller-place.ts';
import { unknownFields } from '../unknown-fields.ts';
import type { Writable } from '../writable.ts';
import { restoreCarried } from './carried-content.ts';
import { knownMessageFields, type WireMessage, type WireToolCall } from './chat-body.ts';
import { parseContentPart } from './parse-content.ts';
import { parseThoughts } from './thinking-blocks.ts';

/** Parses one message whose outer shape was checked. Throws `invalid_request` with a path such as `messages[2].content`. */
export function parseMessage(wire: WireMessage, index: number): Message {
  const path = `messages[${index}]`;
  const unknown = unknownFields(wire, knownMessageFields).extra;
  const { thoughts, extra } = wire.role === 'assistant' ? parseThoughts(unknown) : { thoughts: [], extra: unknown };
  const unusual = unusualToolCalls(wire);
  const kept = unusual === undefined ? extra : { ...extra, tool_calls: unusual };
  const content = wire.role === 'tool' ? [parseToolResult(wire, path)] : parseTurn(wire, path);
  const message: Writable<Message> = {
    role: wire.role,
    content: thoughts.length === 0 ? content : [...thoughts, ...content],
  };
  if (wire.name != null) message.name = wire.name;
  if (kept !== undefined) message.extra = kept;
  return restoreCarried(message);
}

/** Where a message's parts stand in the body. Its thoughts come first, then its content, then its refusal, then its calls. */
export function messageOrigin(wire: WireMessage, index: number): TurnOrigin {
  const path = `messages[${index}]`;
  const { content } = parseMessage(wire, index);
  if (wire.role === 'tool') return { path, parts: [{ path }] };
  const shown =
    typeof wire.content === 'string'
      ? [`${path}.content`]
      : (wire.content ?? []).map((_, at) => `${path}.content[${at}]`);
  const refusal = wire.role === 'assistant' && wire.refusal != null ? [`${path}.refusal`] : [];
  const calls = content.filter((part) => part.type === 'tool-call').map((_, at) => `${path}.tool_calls[${at}]`);
  const others = [...shown, ...refusal, ...calls];
  // Parts that the message carried stand among the others, in which they have no places of their own.
  if (carriesParts(wire)) return { path, parts: content.map(() => ({ path })) };
  const thoughts = Array.from({ length: content.length - others.length }, () => `${path}.reasoning_content`);
  return { path, parts: [...thoughts, ...others].map((at) => ({ path: at })) };
}

function carriesParts(wire: WireMessage): boolean {
  return Object.hasOwn(wire, 'provider_content') || Object.hasOwn(wire, 'images');
}

function parseToolResult(wire: WireMessage, path: string): ToolResultPart {
  if (wire.tool_call_id == null) throw missing(`${path}.tool_call_id`);
  return { type: 'tool-result', toolCallId: wire.tool_call_id, content: parseContent(wire, path) };
}

function parseTurn(wire: WireMessage, path: string): readonly ContentPart[] {
  const content = parseContent(wire, path);
  if (wire.role !== 'assistant') {
    if (wire.tool_calls != null) throw misplaced(`${path}.tool_calls`, 'an assistant');
    return content;
  }
  if (wire.refusal == null && wire.tool_calls == null) return content;
  const parts = [...content];
  if (wire.refusal != null) parts.push({ type: 'refusal', text: wire.refusal });
  if (wire.tool_calls != null && unusualToolCalls(wire) === undefined) {
    wire.tool_calls.forEach((call, index) => {
      parts.push(parseToolCall(call, `${path}.tool_calls[${index}]`));
    });
  }
  return parts;
}

/** Only an assistant may say nothing: its turn can consist of tool calls, of a refusal, or of fields that we do not know. */
function parseContent(wire: WireMessage, path: string): readonly ContentPart[] {
  const { content } = wire;
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (content == null) {
    if (wire.role === 'assistant') return [];
    throw missing(`${path}.content`);
  }
  return content.map((part, index) => parseContentPart(part, `${path}.content[${index}]`));
}

const knownCallFields: ReadonlySet<string> = new Set(['id', 'type', 'function']);
const knownFunctionFields: ReadonlySet<string> = new Set(['name', 'arguments']);

function parseToolCall(wire: WireToolCall, path: string): ToolCallPart {
  if (wire.function == null) throw missing(`${path}.function`);
  const { extra } = unknownFields(wire, knownCallFields);
  // Clients send back what their SDK added, such as `parsed_arguments`.
  const inner = unknownFields(wire.function, knownFunctionFields).extra;
  const kept = inner === undefined ? extra : { ...extra, function: inner };
  return {
    type: 'tool-call',
    id: wire.id,
    name: wire.function.name,
    arguments: wire.function.arguments,
    ...(kept === undefined ? {} : { extra: kept }),
  };
}

/**
 * The tool calls as they came when one of them is not a function call (OpenAI's `custom` tools): they have no internal form,
 * so all of the message's calls travel in `extra`, in order, and reach targets of the same dialect.
 */
function unusualToolCalls(wire: WireMessage): JsonValue[] | undefined {
  if (wire.tool_calls == null) return undefined;
  const isUnusual = wire.tool_calls.some((call) => call.type != null && call.type !== 'function');
  return isUnusual ? (wire.tool_calls as unknown as JsonObject[]) : undefined;
}

function missing(param: string): SluiceError {
  return new SluiceError('invalid_request', { message: `Missing required parameter: '${param}'.`, param });
}

function misplaced(param: string, whose: string): SluiceError {
  return new SluiceError('invalid_request', { message: `'${param}' is only allowed in ${whose} message.`, param });
}
