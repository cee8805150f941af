// What a caller is told that an answer cost, against what the vendor said of it: every field that was recorded arrives under its own
// name, and no count is made up.

import { eventsOf } from './ground-truth/events.ts';
import { at } from './ground-truth/said.ts';
import type { Recording } from './recordings.ts';
import type { Tapped } from './wiretap.ts';

/** Other spellings of `cached_tokens`. */
const cachedTokens = ['cached_tokens', 'num_cached_tokens', 'prompt_cache_hit_tokens'] as const;

/** Counts that are shown as 0 though nobody gave them, as the caller's dialect requires the field. */
const requiredCounts: ReadonlySet<string> = new Set([
  'completion_tokens',
  'input_tokens_details.cached_tokens',
  'input_tokens_details.cache_write_tokens',
  'output_tokens_details.reasoning_tokens',
  'server_tool_use.web_search_requests',
  'server_tool_use.web_fetch_requests',
]);

/** Counts that are put together: Google's four make two of OpenAI's, and what a vendor counts beside a figure belongs in it. */
const googleCounts: ReadonlySet<string> = new Set([
  'promptTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'totalTokenCount',
  'cachedContentTokenCount',
]);

/** Counts checks and keeps complaints. */
export class UsageCheck {
  /** Answers whose usage was compared. */
  checked: number = 0;
  readonly complaints: string[] = [];

  /** Compares one answer with its recording. Both must be in the same dialect, but for Google's, which no caller speaks. */
  check(answer: Tapped, { label, wire, status, streamed, body }: Recording): void {
    if (status !== 200 || answer.status !== 200) return;
    const said = leavesOf(usageIn(body, streamed));
    const heard = leavesOf(usageIn(answer.text, answer.isStream));
    if (said.size === 0) return;
    if (heard.size === 0) {
      // A stream of chat completions has the usage only for callers that ask for it.
      if (!answer.isStream) this.complaints.push(`${label}: no usage in a whole answer`);
      return;
    }
    this.checked += 1;
    for (const [path, value] of said) {
      const isPutTogether = wire === 'generate' ? googleCounts.has(path) : isBeside(path, said) || isCut(path, said);
      const became = heard.get(path);
      if (!isPutTogether && became !== value) this.complaints.push(`${label}: ${path} ${value} became ${became}`);
    }
    for (const [path, value] of heard) {
      const isKnown = said.has(path) || requiredCounts.has(path) || wire === 'generate';
      const isRenamed = path === 'prompt_tokens_details.cached_tokens' && cachedTokens.some((name) => said.has(name));
      const isMadeUp = value === '0' && !isKnown && !isRenamed;
      if (isMadeUp || path === 'estimated') this.complaints.push(`${label}: ${path} ${value} was not said`);
    }
  }
}

/** The two figures that a vendor's total says are not all. */
function isBeside(path: string, said: ReadonlyMap<string, string>): boolean {
  if (path !== 'prompt_tokens' && path !== 'completion_tokens') return false;
  const count = (name: string): number => Number(said.get(name) ?? 0);
  return count('total_tokens') > count('prompt_tokens') + count('completion_tokens');
}

/** A part that is larger than its whole, which Azure has said, is cut down to it. */
function isCut(path: string, said: ReadonlyMap<string, string>): boolean {
  return path === 'prompt_tokens_details.cached_tokens' && Number(said.get(path)) > Number(said.get('prompt_tokens'));
}

/** The usage of a body, or of a stream: the last word on each figure. */
function usageIn(text: string, isStream: boolean): unknown {
  const values = isStream ? eventsOf(text).map(({ data }) => parsed(data)) : [parsed(text)].flat();
  let usage: object | undefined;
  for (const value of values) {
    const places = [
      at(value, 'usage'),
      at(value, 'x_groq', 'usage'),
      at(value, 'response', 'usage'),
      at(value, 'message', 'usage'),
      at(value, 'choices', 0, 'usage'),
      at(value, 'usageMetadata'),
    ];
    const found = places.find((place) => typeof place === 'object' && place !== null);
    if (found === undefined) continue;
    const isCumulative = at(value, 'type') === 'message_delta';
    const said = Object.entries(found as object).filter(([, field]) => field !== null);
    usage = { ...(isCumulative ? usage : {}), ...Object.fromEntries(said) };
    // Some files hold a second answer behind the first.
    if (isCumulative || at(value, 'type') === 'response.completed') break;
  }
  return usage;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Every value by its path; lists are one value, and what says nothing (null, empty) is none. */
function leavesOf(value: unknown, path: string = '', into: Map<string, string> = new Map()): Map<string, string> {
  if (value === undefined || value === null || value === '') return into;
  if (typeof value !== 'object' || Array.isArray(value)) {
    if (!Array.isArray(value) || value.length > 0) into.set(path, JSON.stringify(value));
    return into;
  }
  for (const [name, inner] of Object.entries(value)) leavesOf(inner, path === '' ? name : `${path}.${name}`, into);
  return into;
}
