// What an answer of Gemini's or a stream of its chunks says.

import { eventsOf } from './events.ts';
import {
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
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content-filter',
  RECITATION: 'content-filter',
  BLOCKLIST: 'content-filter',
  PROHIBITED_CONTENT: 'content-filter',
  SPII: 'content-filter',
  IMAGE_SAFETY: 'content-filter',
};

/** A whole body of status 200: one chunk, whole by itself. */
export function generateTruth(body: string): Truth {
  try {
    return truthOf([JSON.parse(body)], true);
  } catch {
    return { kind: 'broken', why: 'not JSON' };
  }
}

/** A stream of status 200. Some recordings are one JSON list, as the API sends without `alt=sse`. */
export function generateStreamTruth(body: string): Truth {
  try {
    if (body.trimStart().startsWith('[')) return truthOf(JSON.parse(body) as unknown[], false);
    return truthOf(
      eventsOf(body).map(({ data }) => JSON.parse(data) as unknown),
      false,
    );
  } catch {
    return { kind: 'broken', why: 'a chunk is not JSON' };
  }
}

function truthOf(chunks: readonly unknown[], isWhole: boolean): Truth {
  let text = '';
  let raw: unknown;
  let usage: SaidUsage | undefined;
  const calls = new Calls();
  const error = chunks.find((chunk) => at(chunk, 'error') != null);
  if (error !== undefined) return { kind: 'failure', status: 200, error: errorOf(error) };
  const isBlocked = chunks.some((chunk) => at(chunk, 'promptFeedback', 'blockReason') !== undefined);
  const hasCandidates = chunks.some((chunk) => at(chunk, 'candidates') !== undefined);
  if (isBlocked && !chunks.some((chunk) => listAt(chunk, 'candidates', 0, 'content', 'parts').length > 0)) {
    return { kind: 'blocked' };
  }
  if (!hasCandidates) return { kind: 'broken', why: 'no candidate' };
  for (const chunk of chunks) {
    usage = usageOf(at(chunk, 'usageMetadata')) ?? usage;
    const candidate = at(chunk, 'candidates', 0);
    raw = at(candidate, 'finishReason') ?? raw;
    for (const part of listAt(candidate, 'content', 'parts')) {
      if (at(part, 'thought') !== true) text += textAt(part, 'text');
      calls.add(at(part, 'functionCall'));
    }
  }
  if (raw === undefined && !isWhole) return { kind: 'broken', why: 'no finish reason' };
  return { kind: 'answer', said: { text, calls: calls.list(), finish: finishOf(raw, calls.list().length > 0), usage } };
}

/** Google says STOP after calls too, which no other dialect does. Some clients' transport has numbers for the words. */
function finishOf(raw: unknown, hasCalls: boolean): SaidFinish | undefined {
  if (raw === undefined) return undefined;
  const word = typeof raw === 'number' ? [undefined, 'STOP', 'MAX_TOKENS', 'SAFETY', 'RECITATION'][raw] : String(raw);
  const finish = finishes[word ?? ''] ?? 'other';
  return finish === 'stop' && hasCalls ? 'tool-calls' : finish;
}

function usageOf(wire: unknown): SaidUsage | undefined {
  const prompt = numberAt(wire, 'promptTokenCount');
  if (prompt === undefined) return undefined;
  const of = (name: string): number => numberAt(wire, name) ?? 0;
  return {
    input: prompt + of('toolUsePromptTokenCount'),
    output: of('candidatesTokenCount') + of('thoughtsTokenCount'),
  };
}

/** Calls, whose arguments may come in pieces under JSON paths (`$.a.b[0]`) while `willContinue` says that more follows. */
class Calls {
  readonly #calls: { readonly name: string; readonly root: { $: unknown }; isOpen: boolean }[] = [];

  add(wire: unknown): void {
    if (wire == null) return;
    const name = textAt(wire, 'name');
    const pieces = listAt(wire, 'partialArgs');
    const last = this.#calls.at(-1);
    if (last?.isOpen === true && name === '') {
      for (const piece of pieces) place(last.root, piece);
      last.isOpen = at(wire, 'willContinue') === true;
      return;
    }
    const call = { name, root: { $: at(wire, 'args') ?? {} }, isOpen: at(wire, 'willContinue') === true };
    for (const piece of pieces) place(call.root, piece);
    this.#calls.push(call);
  }

  list(): SaidCall[] {
    return this.#calls.map(({ name, root }) => ({ name, arguments: root.$ }));
  }
}

/** Puts a piece where its path says; a text joins what is there. */
function place(root: { $: unknown }, piece: unknown): void {
  const steps = [...textAt(piece, 'jsonPath').matchAll(/\[(\d+)\]|\['([^']*)'\]|([^.[\]]+)/g)].map(
    ([, index, quoted, name]) => (index === undefined ? (quoted ?? name ?? '') : Number(index)),
  );
  let here = root as unknown as Record<string | number, unknown>;
  for (const [position, step] of steps.entries()) {
    const next = steps[position + 1];
    if (next === undefined) {
      const text = at(piece, 'stringValue');
      const before = here[step];
      if (typeof text === 'string') here[step] = (typeof before === 'string' ? before : '') + text;
      else here[step] = at(piece, 'numberValue') ?? at(piece, 'boolValue') ?? null;
      return;
    }
    here[step] ??= typeof next === 'number' ? [] : {};
    here = here[step] as Record<string | number, unknown>;
  }
}
