// Input items as they are kept and listed: in full form and with an id each, so that they can be paged and referred to.

import { entryOf, type JsonObject, type JsonValue } from '../../../core/json.ts';
import type { Ids } from '../../../ports/ids.ts';

/** Prefixes of ids, as OpenAI has them; `item_` for all other types. */
const idPrefixes: Readonly<Record<string, string>> = {
  message: 'msg_',
  reasoning: 'rs_',
  function_call: 'fc_',
  function_call_output: 'fco_',
  custom_tool_call: 'ctc_',
  custom_tool_call_output: 'ctco_',
};

/** The item as a resource: its type, its id, a status where its type has one, and content as a list of parts. */
export function inputResource(item: JsonObject, ids: Ids): JsonObject {
  const { type = 'message' } = item;
  const name = typeof type === 'string' ? type : 'message';
  const id = typeof item['id'] === 'string' ? item['id'] : ids.next(entryOf(idPrefixes, name) ?? 'item_');
  const resource: JsonObject = { ...item, type: name, id };
  if (name === 'message') Object.assign(resource, messageFields(item));
  else if (withStatus.has(name)) resource['status'] = item['status'] ?? 'completed';
  return resource;
}

/**
 * The item as a request has it: what a caller says needs no id and no status, and providers may look for ids that they never
 * gave. What a model said keeps both, as its vendor knows it by them.
 */
export function inputOfResource(item: JsonObject): JsonObject {
  const isCallers = item['type'] === 'message' ? item['role'] !== 'assistant' : callersTypes.has(item['type']);
  if (!isCallers) return item;
  const { id: _, status: __, ...input } = item;
  return input;
}

const callersTypes: ReadonlySet<unknown> = new Set(['function_call_output', 'custom_tool_call_output']);

const withStatus: ReadonlySet<string> = new Set(['function_call', 'function_call_output', 'custom_tool_call_output']);

function messageFields({ role, content, status }: JsonObject): JsonObject {
  const isAnswer = role === 'assistant';
  const text = (value: string): JsonObject =>
    isAnswer
      ? { type: 'output_text', text: value, annotations: [], logprobs: [] }
      : { type: 'input_text', text: value };
  const parts = typeof content === 'string' ? [text(content)] : (content ?? []);
  return { status: status ?? 'completed', content: Array.isArray(parts) ? parts.map(partResource) : parts };
}

/** Fields that OpenAI's document demands of a part and lets a request leave out. */
function partResource(part: JsonValue): JsonValue {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
  if (part['type'] === 'output_text') return { annotations: [], logprobs: [], ...part };
  return part['type'] === 'input_image' ? { detail: 'auto', ...part } : part;
}
