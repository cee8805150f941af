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
  type SaidChoice,
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
  const [first, ...others] = listAt(answer, 'choices').map((wire) => {
    const choice = new Choice();
    choice.add(wire, true);
    return choice.said();
  });
  if (first === undefined) return { kind: 'broken', why: 'no choice' };
  return { kind: 'answer', said: { ...first, ...othersOf(others), usage: usageOf(at(answer, 'usage')) } };
}

/** A whole stream of status 200. */
export function chatStreamTruth(body: string): Truth {
  const choices: Choice[] = [new Choice()];
  let usage: SaidUsage | undefined;
  let isDone = false;
  for (const { name, data } of eventsOf(body)) {
    if (data.trim() === '[DONE]') isDone = true;
    if (!data.trim().startsWith('{')) continue;
    const chunk = parsed(data);
    if (chunk === undefined) return { kind: 'broken', why: 'a chunk is not JSON' };
    if (name === 'error' || at(chunk, 'error') != null) return { kind: 'failure', status: 200, error: errorOf(chunk) };
    const places = [at(chunk, 'usage'), at(chunk, 'x_groq', 'usage'), at(chunk, 'choices', 0, 'usage')];
    usage = places.map(usageOf).find((found) => found !== undefined) ?? usage;
    for (const wire of listAt(chunk, 'choices')) {
      const index = numberAt(wire, 'index') ?? 0;
      choices[index] ??= new Choice();
      choices[index].add(wire, false);
    }
  }
  const [first, ...others] = choices.map((choice) => choice.said());
  // A gateway has left the reason out once, but not the usage and the mark of the end.
  const isWhole = first?.finish !== undefined || (isDone && usage !== undefined);
  if (first === undefined || !isWhole) return { kind: 'broken', why: 'the stream ends before the answer' };
  return { kind: 'answer', said: { ...first, ...othersOf(others), usage } };
}

/** Nothing where there are none. */
function othersOf(others: readonly SaidChoice[]): { readonly others?: readonly SaidChoice[] } {
  return others.length === 0 ? {} : { others };
}

/** What one choice says, whole or piece by piece. */
class Choice {
  readonly #calls = new Calls();
  #text = '';
  #refusal = '';
  #finish: SaidFinish | undefined;

  add(wire: unknown, isWhole: boolean): void {
    const message = at(wire, isWhole ? 'message' : 'delta');
    this.#text += contentText(at(message, 'content')) + textAt(wire, 'text');
    this.#refusal += textAt(message, 'refusal');
    this.#finish = finishOf(at(wire, 'finish_reason')) ?? this.#finish;
    for (const [place, call] of listAt(message, 'tool_calls').entries()) {
      this.#calls.add(isWhole ? place : (numberAt(call, 'index') ?? 0), call);
    }
    this.#calls.addLegacy(at(message, 'function_call'));
  }

  said(): SaidChoice {
    return { text: this.#text, refusal: this.#refusal, calls: this.#calls.list(), finish: this.#finish };
  }
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
