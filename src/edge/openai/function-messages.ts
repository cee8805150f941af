// Calls of functions and their results in the form that `tools` replaced, as the messages of today: every vendor knows those, and
// OpenAI takes them beside `functions` too.

import { SluiceError } from '../../core/error.ts';
import { isJsonObject, type JsonValue } from '../../core/json.ts';
import type { FunctionMessage, WireMessage } from './chat-body.ts';

type OldMessage = WireMessage & { readonly function_call?: JsonValue };

/**
 * The messages, the same list where none is of the old form. An old call has no id and its result names the function: a result is
 * that of the last call of its function which has none yet. Throws `invalid_request` for one without such a call.
 */
export function withToolMessages(messages: readonly (WireMessage | FunctionMessage)[]): readonly WireMessage[] {
  if (!messages.some(isOld)) return messages as readonly WireMessage[];
  const open = new Map<string, string[]>();
  return messages.map((message, index) => {
    if (message.role === 'function') return resultOf(message, `messages[${index}]`, open);
    const { function_call: call, ...others } = message as OldMessage;
    if (!isJsonObject(call)) return message;
    const path = `messages[${index}].function_call`;
    const { name, arguments: text } = call;
    if (typeof name !== 'string' || name === '') throw invalid(`${path}.name`, 'must be a string that is not empty');
    if (typeof text !== 'string') throw invalid(`${path}.arguments`, 'must be a string');
    const id = `call_function_${index}`;
    const ids = open.get(name);
    if (ids === undefined) open.set(name, [id]);
    else ids.push(id);
    const calls = [...(others.tool_calls ?? []), { id, type: 'function', function: { name, arguments: text } }];
    return { ...others, tool_calls: calls };
  });
}

function isOld(message: WireMessage | FunctionMessage): boolean {
  return message.role === 'function' || isJsonObject((message as OldMessage).function_call);
}

function resultOf(message: FunctionMessage, path: string, open: ReadonlyMap<string, string[]>): WireMessage {
  const { name, ...others } = message;
  if (name == null) {
    throw new SluiceError('invalid_request', {
      message: `Missing required parameter: '${path}.name'.`,
      param: `${path}.name`,
    });
  }
  const id = open.get(name)?.pop();
  if (id === undefined) throw invalid(`${path}.name`, 'must be the name of a function that was called before');
  return { ...others, role: 'tool', tool_call_id: id };
}

function invalid(param: string, rule: string): SluiceError {
  return new SluiceError('invalid_request', { message: `Invalid value for '${param}': it ${rule}.`, param });
}
