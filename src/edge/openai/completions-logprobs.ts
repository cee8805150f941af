// Log probabilities in the form of legacy completions: four lists side by side, with offsets into the text.

import type { TokenLogprob } from '../../core/predict.ts';

/** `logprobs` of a choice. */
export interface LegacyLogprobs {
  readonly tokens: string[];
  /** Null for the first token of an echoed prompt, which nothing comes before. */
  readonly token_logprobs: (number | null)[];
  readonly top_logprobs: (Record<string, number> | null)[];
  /** Where each token begins in the text of the choice, in Unicode characters. */
  readonly text_offset: number[];
}

/** The lists, for text that begins at `offset` of the choice's text. */
export function legacyLogprobs(logprobs: readonly TokenLogprob[], offset: number = 0): LegacyLogprobs {
  const lists: LegacyLogprobs = { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] };
  let at = offset;
  for (const { token, logprob, top } of logprobs) {
    lists.tokens.push(token);
    lists.token_logprobs.push(logprob);
    lists.top_logprobs.push(alternatives(token, logprob, top));
    lists.text_offset.push(at);
    at += charactersOf(token);
  }
  return lists;
}

/**
 * The lists of an answer with an echoed prompt. The prompt's first token has no probability and so is not among ours; it is put
 * back, since who scores prompts counts tokens by their place.
 */
export function echoedLogprobs(logprobs: readonly TokenLogprob[], text: string): LegacyLogprobs {
  const known = logprobs.map(({ token }) => token).join('');
  const first = text.endsWith(known) ? text.slice(0, text.length - known.length) : '';
  if (first === '') return legacyLogprobs(logprobs);
  const { tokens, token_logprobs, top_logprobs, text_offset } = legacyLogprobs(logprobs, charactersOf(first));
  return {
    tokens: [first, ...tokens],
    token_logprobs: [null, ...token_logprobs],
    top_logprobs: [null, ...top_logprobs],
    text_offset: [0, ...text_offset],
  };
}

/** The length of a text in Unicode characters, as OpenAI counts offsets. */
export function charactersOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** The token that was chosen is always among them, as OpenAI promises. */
function alternatives(token: string, logprob: number, top: TokenLogprob['top']): Record<string, number> {
  const entries: [string, number][] = top.map((alternative) => [alternative.token, alternative.logprob]);
  if (!top.some((alternative) => alternative.token === token)) entries.push([token, logprob]);
  // From entries, as a token can be spelled __proto__.
  return Object.fromEntries(entries);
}
