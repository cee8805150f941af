// What a chat completion, a legacy completion or a stream of either says. Vendors that nearly speak OpenAI's dialect are read by
// the same rules, with their own words for an ending.

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

const finishes: Readonly<Record<string, SaidFinish>> = {
  stop: 'stop',
  eos: 'stop',
  eos_token: 'stop',
  stop_sequence: 'stop',
  length: 'length',
  model_length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
};

/** A whole body of status 200. */
export function chatTruth(body: string): Truth {
  const answer = parsed(body);
  if (answer === undefined) return { kind: 'broken', why: 'not JSON' };
  if (at(answer, 'error') != null) return { kind: 'failure', status: 200, error: errorOf(answer) };
  const choice = at(answer, 'choices', 0);
  if (choice === undefined) return { kind: 'broken', why: 'no choice' };
  const message = at(choice, 'message');
  const calls = new Calls();
  for (const [index, call] of listAt(message, 'tool_calls').entries()) calls.add(index, call);
  calls.addLegacy(at(message, 'function_call'));
  return {
    kind: 'answer',
    said: {
      text: contentText(at(message, 'content')) + textAt(choice, 'text'),
      refusal: textAt(message, 'refusal'),
      calls: calls.list(),
      finish: finishOf(at(choice, 'finish_reason')),
      usage: usageOf(at(answer, 'usage')),
    },
  };
}

/** A whole stream of status 200. */
export function chatStreamTruth(body: string): Truth {
  let text = '';
  let refusal = '';
  let finish: SaidFinish | undefined;
  let usage: SaidUsage | undefined;
  let isDone = false;
  const calls = new Calls();
  for (const { name, data } of eventsOf(body)) {
    if (data.trim() === '[DONE]') isDone = true;
    if (!data.trim().startsWith('{')) continue;
    const chunk = parsed(data);
    if (chunk === undefined) return { kind: 'broken', why: 'a chunk is not JSON' };
    if (name === 'error' || at(chunk, 'error') != null) return { kind: 'failure', status: 200, error: errorOf(chunk) };
    usage = usageOf(at(chunk, 'usage')) ?? usageOf(at(chunk, 'choices', 0, 'usage')) ?? usage;
    for (const choice of listAt(chunk, 'choices')) {
      if ((at(choice, 'index') ?? 0) !== 0) continue;
      finish = finishOf(at(choice, 'finish_reason')) ?? finish;
      text += contentText(at(choice, 'delta', 'content')) + textAt(choice, 'text');
      refusal += textAt(choice, 'delta', 'refusal');
      for (const call of listAt(choice, 'delta', 'tool_calls')) calls.add(numberAt(call, 'index') ?? 0, call);
      calls.addLegacy(at(choice, 'delta', 'function_call'));
    }
  }
  // A gateway has left the reason out once, but not the usage and the mark of the end.
  const isWhole = finish !== undefined || (isDone && usage !== undefined);
  if (!isWhole) return { kind: 'broken', why: 'the stream ends before the answer' };
  return { kind: 'answer', said: { text, refusal, calls: calls.list(), finish, usage } };
}

/** Calls by position, whose arguments may come in pieces. */
class Calls {
  readonly #calls: { readonly at: number; readonly id: string; name: string; text: string; value?: unknown }[] = [];

  add(index: number, wire: unknown): void {
    const id = textAt(wire, 'id');
    const fn = at(wire, 'function') ?? at(wire, 'custom');
    const name = textAt(fn, 'name');
    let call = this.#calls.findLast((one) => one.at === index);
    // A vendor that gives all calls the same position tells them apart by id.
    if (call === undefined || (name !== '' && id !== '' && call.id !== '' && call.id !== id)) {
      call = { at: index, id, name: '', text: '' };
      this.#calls.push(call);
    }
    if (call.name === '') call.name = name;
    const piece = at(fn, 'arguments') ?? at(fn, 'input');
    if (typeof piece === 'string') call.text += piece;
    else if (piece != null) call.value = piece;
  }

  addLegacy(wire: unknown): void {
    if (wire != null) this.add(0, { function: wire });
  }

  list(): SaidCall[] {
    return this.#calls.map(({ name, text, value }) => ({ name, arguments: value ?? argumentsOf(text) }));
  }
}

/** Content as text, or as a list of parts of which some are text. */
function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  const texts = listAt({ content }, 'content').filter((part) => at(part, 'type') === 'text');
  return texts.map((part) => textAt(part, 'text')).join('');
}

function finishOf(raw: unknown): SaidFinish | undefined {
  return typeof raw === 'string' && raw !== '' ? (finishes[raw] ?? 'other') : undefined;
}

/** One vendor counts reasoning beside the completion, one sound beside the prompt: there only the total tells. */
function usageOf(wire: unknown): SaidUsage | undefined {
  const input = numberAt(wire, 'prompt_tokens');
  const output = numberAt(wire, 'completion_tokens');
  if (input === undefined || output === undefined) return undefined;
  const reasoning = numberAt(wire, 'completion_tokens_details', 'reasoning_tokens') ?? 0;
  const sound = numberAt(wire, 'prompt_tokens_details', 'audio_tokens') ?? 0;
  const beside = (numberAt(wire, 'total_tokens') ?? 0) - input - output;
  if (beside > 0 && beside === reasoning) return { input, output: output + beside };
  return { input: beside > 0 && beside === sound ? input + beside : input, output };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
