// Port TokenEstimator over gpt-tokenizer with OpenAI's vocabulary o200k_base. Exact for OpenAI's models since gpt-4o; for the
// models of others an estimate, 10 to 20 % off on prose.

import type { TokenEstimator } from '../../ports/token-estimator.ts';
import { maxPieces, piecesPerTurn, pieceUnits } from './defaults.ts';

/** Counts the tokens of a text. */
export type CountTokens = (
  text: string,
  options: { disallowedSpecial: Set<string>; allowedSpecial: Set<string> },
) => number;

/** Spellings of special tokens within a text are text. */
const asText = { disallowedSpecial: new Set<string>(), allowedSpecial: new Set<string>() };

/**
 * The estimator. The vocabulary (a quarter of a second, 40 MB) is loaded by the first call, so that a deployment whose vendors
 * all report usage never pays for it. Of texts beyond `maxPieces` pieces, evenly spread pieces are counted and scaled up.
 */
export function createTokenEstimator(load: () => Promise<CountTokens> = loadVocabulary): TokenEstimator {
  let loading: Promise<CountTokens> | undefined;
  return {
    async count(texts) {
      const pieces = sample(texts);
      if (pieces.length === 0) return 0;
      loading ??= load();
      const countTokens = await loading.catch((failure: unknown) => {
        loading = undefined; // The next call tries again.
        throw failure;
      });
      let tokens = 0;
      let units = 0;
      for (const [index, piece] of pieces.entries()) {
        if (index > 0 && index % piecesPerTurn === 0) await new Promise((resolve) => setImmediate(resolve));
        tokens += countTokens(piece, asText);
        units += piece.length;
      }
      const total = texts.reduce((sum, text) => sum + text.length, 0);
      return Math.round((tokens * total) / units);
    },
  };
}

async function loadVocabulary(): Promise<CountTokens> {
  return (await import('gpt-tokenizer/encoding/o200k_base')).countTokens;
}

/** All pieces when there are few, else `maxPieces` of them, evenly spread. */
function sample(texts: readonly string[]): string[] {
  const counts = texts.map((text) => Math.ceil(text.length / pieceUnits));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const step = Math.max(1, total / maxPieces);
  const pieces: string[] = [];
  let before = 0;
  let next = 0;
  for (const [index, text] of texts.entries()) {
    const count = counts[index] ?? 0;
    while (next < before + count) {
      const at = (Math.floor(next) - before) * pieceUnits;
      pieces.push(text.slice(at, at + pieceUnits));
      next += step;
    }
    before += count;
  }
  return pieces;
}
