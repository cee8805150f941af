// Turns tokens into text as they come, never showing half a character: a token may end in the middle of a UTF-8 sequence, and
// some tokenizers join neighbours (spaces, word pieces), so a token's text depends on those before it.

/** Decodes a run of tokens, special tokens left out. */
export type DecodeTokens = (tokens: readonly number[]) => string;

/** The text of one answer as it grows. */
export interface Detokenizer {
  /** The text that this token makes certain: '' while a character is incomplete. */
  add(token: number): string;
  /** What is left when the answer ends, an incomplete character shown as U+FFFD. */
  rest(): string;
}

const incomplete = '\ufffd';

/**
 * Tokens that are decoded together at most while a character stays incomplete. A UTF-8 character has 4 bytes, so more than
 * this means that the model really wrote U+FFFD.
 */
const maxHeldTokens = 8;

/** Creates a detokenizer. Each step decodes a few tokens only, whatever the length of the answer. */
export function createDetokenizer(decode: DecodeTokens): Detokenizer {
  // `window` are the tokens being decoded: first those whose text was shown (context for the next), then those held back.
  let window: number[] = [];
  let shownTokens = 0;
  let shownText = '';

  const advance = (force: boolean): string => {
    const text = decode(window);
    const held = window.length - shownTokens;
    if (!force && text.endsWith(incomplete) && held < maxHeldTokens) return '';
    const fresh = text.startsWith(shownText) ? text.slice(shownText.length) : decode(window.slice(shownTokens));
    window = window.slice(shownTokens);
    shownTokens = window.length;
    shownText = decode(window);
    return fresh;
  };

  return {
    add(token) {
      window.push(token);
      return advance(false);
    },
    rest() {
      if (window.length === shownTokens) return '';
      return advance(true);
    },
  };
}
