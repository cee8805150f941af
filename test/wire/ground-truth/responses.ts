// What a response of OpenAI's Responses API or a stream of its events says.

import { eventsOf } from './events.ts';
import {
  argumentsOf,
  at,
  errorOf,
  listAt,
  numberAt,
  type SaidCall,
  type SaidFinish,
  type SaidUsage,
  type Truth,
  textAt,
} from './said.ts';

/** A whole body of status 200. */
export function responseTruth(body: string): Truth {
  try {
    return truthOf(JSON.parse(body));
  } catch {
    return { kind: 'broken', why: 'not JSON' };
  }
}

/** A whole stream of status 200. The text is that of its deltas, the rest that of the response in its last event. */
export function responseStreamTruth(body: string): Truth {
  let deltas = '';
  const items: unknown[] = [];
  for (const { data } of eventsOf(body)) {
    if (!data.trim().startsWith('{')) continue;
    let event: unknown;
    try {
      event = JSON.parse(data);
    } catch {
      return { kind: 'broken', why: 'an event is not JSON' };
    }
    const type = textAt(event, 'type');
    if (type === 'error' || type === 'response.error') {
      return {
        kind: 'failure',
        status: 200,
        error: errorOf(at(event, 'error') === undefined ? { error: event } : event),
      };
    }
    if (type === 'response.output_text.delta') deltas += textAt(event, 'delta');
    if (type === 'response.output_item.done') items.push(at(event, 'item'));
    if (type === 'response.completed' || type === 'response.incomplete' || type === 'response.failed') {
      const response = at(event, 'response');
      // Some vendors leave the output out of the last event.
      const output = listAt(response, 'output').length > 0 ? at(response, 'output') : items;
      return truthOf({ ...(response as object), output }, deltas);
    }
  }
  return { kind: 'broken', why: 'no last event' };
}

/** Items that ask something of the caller which is no call of a tool of its own making. */
const otherAsks: ReadonlySet<string> = new Set([
  'computer_call',
  'local_shell_call',
  'shell_call',
  'apply_patch_call',
  'mcp_approval_request',
  'tool_search_call',
]);

function truthOf(response: unknown, deltas = ''): Truth {
  if (at(response, 'error') != null) return { kind: 'failure', status: 200, error: errorOf(response) };
  if (!Array.isArray(at(response, 'output'))) return { kind: 'broken', why: 'no output' };
  const status = at(response, 'status');
  if (status === 'queued' || status === 'in_progress') return { kind: 'broken', why: 'the answer is not finished' };
  const output = listAt(response, 'output');
  const parts = output.filter((item) => at(item, 'type') === 'message').flatMap((item) => listAt(item, 'content'));
  const text = parts.map((part) => textAt(part, 'text')).join('');
  const calls = output.flatMap(callsOf);
  const asksMore = output.some((item) => otherAsks.has(textAt(item, 'type')));
  return {
    kind: 'answer',
    said: {
      text: deltas === '' ? text : deltas,
      refusal: parts.map((part) => textAt(part, 'refusal')).join(''),
      calls,
      // This API has no word for the end of an answer; what such an item means in another dialect is open.
      finish: asksMore ? undefined : finishOf(response, calls.length > 0),
      usage: usageOf(response),
    },
  };
}

function callsOf(item: unknown): SaidCall[] {
  const name = textAt(item, 'name');
  if (at(item, 'type') === 'function_call') return [{ name, arguments: argumentsOf(at(item, 'arguments')) }];
  return at(item, 'type') === 'custom_tool_call' ? [{ name, arguments: argumentsOf(at(item, 'input')) }] : [];
}

function finishOf(response: unknown, hasCalls: boolean): SaidFinish {
  if (at(response, 'status') !== 'incomplete') return hasCalls ? 'tool-calls' : 'stop';
  const reason = at(response, 'incomplete_details', 'reason');
  if (reason === 'max_output_tokens') return 'length';
  return reason === 'content_filter' ? 'content-filter' : 'other';
}

function usageOf(response: unknown): SaidUsage | undefined {
  const input = numberAt(response, 'usage', 'input_tokens');
  const output = numberAt(response, 'usage', 'output_tokens');
  return input === undefined || output === undefined ? undefined : { input, output };
}
