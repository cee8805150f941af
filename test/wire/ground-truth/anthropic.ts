// What a message of Anthropic's or a stream of one says.

import { eventsOf } from './events.ts';
import {
  argumentsOf,
  at,
  errorOf,
  listAt,
  numberAt,
  type SaidFinish,
  type SaidUsage,
  type Truth,
  textAt,
} from './said.ts';

const finishes: Readonly<Record<string, SaidFinish>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  refusal: 'content-filter',
};

/** A whole body of status 200. */
export function messageTruth(body: string): Truth {
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch {
    return { kind: 'broken', why: 'not JSON' };
  }
  if (at(message, 'type') === 'error') return { kind: 'failure', status: 200, error: errorOf(message) };
  return answer(listAt(message, 'content'), at(message, 'stop_reason'), at(message, 'usage'));
}

/** A whole stream of status 200. One recording holds a second answer behind the first: what follows the end is not read. */
export function messageStreamTruth(body: string): Truth {
  const blocks: Record<string, unknown>[] = [];
  let stopReason: unknown;
  let usage: Record<string, unknown> = {};
  for (const { data } of eventsOf(body)) {
    let event: unknown;
    try {
      event = JSON.parse(data);
    } catch {
      return { kind: 'broken', why: 'an event is not JSON' };
    }
    const type = at(event, 'type');
    const delta = at(event, 'delta');
    if (type === 'error') return { kind: 'failure', status: 200, error: errorOf(event) };
    if (type === 'message_start') usage = { ...(at(event, 'message', 'usage') as object) };
    if (type === 'content_block_start') blocks.push({ ...(at(event, 'content_block') as object), json: '' });
    if (type === 'content_block_delta') addDelta(blocks[numberAt(event, 'index') ?? -1], delta);
    if (type === 'message_delta') {
      stopReason = at(delta, 'stop_reason') ?? stopReason;
      const counted = Object.entries({ ...(at(event, 'usage') as object) }).filter(([, count]) => count !== null);
      usage = { ...usage, ...Object.fromEntries(counted) };
    }
    if (type === 'message_stop') return answer(blocks, stopReason, usage);
  }
  return { kind: 'broken', why: 'no message_stop' };
}

function addDelta(block: Record<string, unknown> | undefined, delta: unknown): void {
  if (block === undefined) return;
  if (at(delta, 'type') === 'text_delta') block['text'] = textAt(block, 'text') + textAt(delta, 'text');
  if (at(delta, 'type') === 'input_json_delta') block['json'] = textAt(block, 'json') + textAt(delta, 'partial_json');
}

function answer(blocks: readonly unknown[], stopReason: unknown, usage: unknown): Truth {
  const uses = blocks.filter((block) => at(block, 'type') === 'tool_use');
  return {
    kind: 'answer',
    said: {
      text: blocks.map((block) => (at(block, 'type') === 'text' ? textAt(block, 'text') : '')).join(''),
      calls: uses.map((block) => ({
        name: textAt(block, 'name'),
        arguments: textAt(block, 'json') === '' ? (at(block, 'input') ?? {}) : argumentsOf(at(block, 'json')),
      })),
      finish: typeof stopReason === 'string' ? (finishes[stopReason] ?? 'other') : undefined,
      usage: usageOf(usage),
    },
  };
}

/** Three figures make the input; the first alone is what no cache had to do with. */
function usageOf(wire: unknown): SaidUsage | undefined {
  const fresh = numberAt(wire, 'input_tokens');
  const output = numberAt(wire, 'output_tokens');
  if (fresh === undefined || output === undefined) return undefined;
  const read = numberAt(wire, 'cache_read_input_tokens') ?? 0;
  const written = numberAt(wire, 'cache_creation_input_tokens') ?? 0;
  return { input: fresh + read + written, output };
}
