// How one token is written, for log probabilities: its text, and its bytes where the tokenizer works on bytes.

import type { TextTokenizer } from '../engine/text-tokenizer.ts';

/** The spelling of a token id. */
export type TokenSpelling = (id: number) => { readonly token: string; readonly bytes?: readonly number[] };

/** Byte-fallback tokens of SentencePiece models: `<0x0A>`. */
const byteToken = /^<0x([0-9A-Fa-f]{2})>$/;

/** Creates the spelling of a tokenizer. A token that holds part of a character has U+FFFD in its text and the truth in `bytes`. */
export function createTokenSpelling(tokenizer: TextTokenizer): TokenSpelling {
  const bytesByCharacter = byteAlphabet();
  const isByteLevel = decodesBytes(tokenizer);
  return (id) => {
    const raw = tokenizer.tokenOf(id);
    if (tokenizer.controlTokens.has(id)) return { token: raw, bytes: [...Buffer.from(raw)] };
    const fallback = byteToken.exec(raw)?.[1];
    if (fallback !== undefined) {
      const bytes = [Number.parseInt(fallback, 16)];
      return { token: Buffer.from(bytes).toString('utf8'), bytes };
    }
    if (!isByteLevel) return { token: tokenizer.decode([id]) };
    const bytes = [...raw].map((character) => bytesByCharacter.get(character) ?? 0x3f);
    return { token: Buffer.from(bytes).toString('utf8'), bytes };
  };
}

/** True when the tokenizer writes a space as U+0120, as GPT-2's byte alphabet does. */
function decodesBytes(tokenizer: TextTokenizer): boolean {
  const id = tokenizer.idOf('\u0120');
  return id !== undefined && tokenizer.decode([id]) === ' ';
}

/**
 * GPT-2's alphabet: printable Latin-1 bytes stand for themselves, the others for the characters from U+0100 on, in order
 * (openai/gpt-2, encoder.py).
 */
function byteAlphabet(): ReadonlyMap<string, number> {
  const alphabet = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte += 1) {
    const isPrintable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    alphabet.set(String.fromCodePoint(isPrintable ? byte : next), byte);
    if (!isPrintable) next += 1;
  }
  return alphabet;
}
